import type { ConfigDocument, Configs } from "../publishing/config-document.ts"
import { beginning } from "./absorb.ts"
import { inForce } from "./judging.ts"
import type { TunerState } from "./tuner-state.ts"
import { NO_RUNS } from "./worse.ts"

/**
 * The state to go on from when the newest version is not the one that the state is of: somebody else published, a rollback
 * by hand, or a state that was lost with its process. Their configurations count as the plan; what was seen of the
 * content stays. A trial that goes on is judged as one that promised nothing.
 */
export function adopted(state: TunerState | null, document: ConfigDocument): TunerState {
  const { configs, canary, version } = document
  const base = state === null ? beginning(configs, version) : inForce({ ...state, watch: null }, configs, configs)
  const trial = canary === undefined ? null : { ...trialOf({ ...configs, ...canary.configs }), centre: configs }
  return { ...base, version, trial }
}

function trialOf(configs: Configs) {
  const expected = { latencyRatio: 1, costRatio: 1 }
  return { how: "replan", configs, expected, changed: NO_RUNS, others: NO_RUNS, windows: 0, restores: 0 } as const
}
