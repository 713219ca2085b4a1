import { TrimtabError } from "../../base/errors.ts"
import type { CompiledSpace } from "../../estimation/estimator.ts"
import type { StepConfig } from "../../workflow/config.ts"
import { stepOf } from "../../workflow/workflow.ts"
import type { Decision, RunView } from "../policy.ts"
import { predictedOf } from "../predicted.ts"

/** What a baseline has decided for the first ready step. */
export interface Decided {
  readonly config: StepConfig
  readonly latestFinishMs: number
  readonly infeasible: boolean
  readonly reason: string
}

/** The step to decide. */
export function firstReady(view: RunView): string {
  const name = view.ready[0]
  if (name === undefined) throw new TrimtabError("internal", "a policy was asked to decide, but no step is ready")
  return name
}

/** The deadline of the run, ms; the policies of the StepConf paper know no other goal. */
export function deadlineOf({ goal }: RunView, policy: string): number {
  if (goal.kind === "cost") return goal.sloMs
  throw new TrimtabError("unsupported", `${policy} keeps deadlines and knows no budgets`, {
    fix: "give an SLO, or choose another policy",
  })
}

/** The decision as every policy gives it, predicted at the goal's percentile whatever the baseline planned with. */
export function decisionOf(view: RunView, space: CompiledSpace, decided: Decided): Decision {
  const warm = view.warm(stepOf(view.workflow, space.step).function, decided.config.memoryMB)
  return { ...decided, runnerUp: null, predicted: predictedOf(space, decided.config, warm) }
}
