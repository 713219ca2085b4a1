import { describePlanner } from "../testing/planner-conformance.ts"
import { aquatopePlanner, bayesianPlanner, charmseekerPlanner } from "./search-planners.ts"

const memoryOnly = (config: { readonly instances: number; readonly processes: number }): boolean =>
  config.instances === 1 && config.processes === 1

describePlanner(() => bayesianPlanner({ evaluations: 10 }), { complete: false, problems: 1, knobs: memoryOnly })
describePlanner(() => aquatopePlanner({ evaluations: 12 }), { complete: false, problems: 1, knobs: memoryOnly })
describePlanner(() => charmseekerPlanner({ evaluations: 10 }), {
  complete: false,
  problems: 1,
  knobs: ({ processes }) => processes === 1,
})
