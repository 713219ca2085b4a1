import type { PrewarmRule } from "./prewarm-rule.ts"
import { quantileOf } from "./start-law.ts"

/**
 * StepConf's rule (section 5): `tau_p = tau - t_m - s`, one mapping delay before the step has to start by the plan, t_m
 * at the goal's percentile. tau - s, latest finish less sub-SLO, is the latest finish of the parents, so a run that is
 * ahead of its plan is warmed for too late; and nothing is weighed.
 */
export const paperRule: PrewarmRule = {
  name: "paper",
  weighsBranches: false,
  time: ({ latestStartMs, delay, percentile }) => ({
    kind: "fire",
    atMs: latestStartMs - quantileOf(delay, percentile),
  }),
}
