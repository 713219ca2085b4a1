import type { SpreadTime, StartLaw } from "./start-law.ts"

/** A step that instances could be warmed for. Instants are ms since the run's start, money is USD. */
export interface PrewarmAsk {
  readonly nowMs: number
  /** When the step is expected to start. */
  readonly start: StartLaw
  /** When it has to start by the plan: the latest finish of the parents that run. */
  readonly latestStartMs: number
  /** That it runs at all: the probability of its branch. */
  readonly probability: number
  /** Mapping delay of its cold start, which a prewarm takes, too. */
  readonly delay: SpreadTime
  /** The goal's percentile. */
  readonly percentile: number
  /** Instances that would be started. */
  readonly instances: number
  /** What a millisecond of the step is worth. */
  readonly usdPerMs: number
  readonly prices: PrewarmPrices
}

/** Of one instance. */
export interface PrewarmPrices {
  /** A dummy call that finds its instance warm, and one that starts it. */
  readonly warmCallUsd: number
  readonly coldCallUsd: number
  /** What an idle instance costs; 0 where only work is billed. */
  readonly idleUsdPerMs: number
  /** Share of instances that are still there after so long idle. */
  readonly warmAfter: (idleMs: number) => number
}

export type PrewarmTiming =
  | { readonly kind: "fire"; readonly atMs: number }
  /** It would cost more than it is expected to gain. */
  | { readonly kind: "declined"; readonly gainUsd: number; readonly costUsd: number }

/** When instances are warmed for a step, if at all. */
export interface PrewarmRule {
  readonly name: Exclude<PrewarmRuleName, "none">
  /** False where a branch that is not decided yet is none of its business. */
  readonly weighsBranches: boolean
  time(ask: PrewarmAsk): PrewarmTiming
}

/** `newsvendor` weighs idle against late, `paper` is StepConf's (section 5), `none` warms nothing. */
export type PrewarmRuleName = "newsvendor" | "paper" | "none"

export const PREWARM_RULES: readonly PrewarmRuleName[] = ["newsvendor", "paper", "none"]
