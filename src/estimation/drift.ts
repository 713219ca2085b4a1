/**
 * Drift of a model: whether what is observed still is what it predicts.
 *
 * Two-sided CUSUM (Page 1954) on z = Phi^-1(F(x)), clipped to +-3, with reference k = .5 and bound h = 8: by simulation
 * a false alarm per about 9,000 samples, a shift of one sd found after 17 and of 1.4 sd after 10. Beside it a spread
 * alarm where far more than 5 % of the last hundred lie above P95.
 */
import { type Distribution } from "../statistics/distribution.ts"
import { normalQuantile } from "../statistics/normal.ts"
import { cdf } from "../statistics/quantile-table.ts"

const REFERENCE = 0.5
const BOUND = 8
const CLIP = 3
/** P95 of a standard normal. */
const Z95 = 1.6448536269514722
/** Spread is judged on whole windows: on a sliding one the same bound would ring five times as often. */
const SPREAD_WINDOW = 100
const SPREAD_BOUND = 12
/** A second alarm within so many samples says that refitting is not enough. */
const PROFILING_WITHIN = 50

export type DriftAlarm = "slower" | "faster" | "wider"

/** What a detector remembers; all of it is data. */
export interface DriftState {
  /** Observations so far. */
  readonly seen: number
  readonly slower: Sum
  readonly faster: Sum
  /** Observations and those above P95 in the current window of the spread alarm. */
  readonly window: { readonly seen: number; readonly above: number }
  /** Alarms so far: each begins an epoch of the model. */
  readonly epoch: number
  /** The newest alarm, if there was one. */
  readonly last?: DriftChange
}

/** One side of the CUSUM: its sum and the observation after which it last was 0. */
interface Sum {
  readonly value: number
  readonly from: number
}

export interface DriftChange {
  readonly alarm: DriftAlarm
  /** Index of the observation that rang. */
  readonly at: number
  /** Index of the first observation after the estimated change. */
  readonly from: number
  /** True when the alarm before was within 50 observations: the profile is to be measured anew. */
  readonly wantsProfiling: boolean
}

export const NO_DRIFT: DriftState = {
  seen: 0,
  slower: { value: 0, from: 0 },
  faster: { value: 0, from: 0 },
  window: { seen: 0, above: 0 },
  epoch: 0,
}

/** z of a time under what was predicted for it: standard normal where the prediction is right, within +-3. */
export function zScore(predicted: Distribution, ms: number): number {
  const share = cdf(predicted, ms)
  return share <= 0 ? -CLIP : share >= 1 ? CLIP : clip(normalQuantile(share))
}

function clip(z: number): number {
  // What is not a number says nothing.
  if (Number.isNaN(z)) return 0
  return Math.min(CLIP, Math.max(-CLIP, z))
}

/** The state after one more z. An alarm is in `last` with `at` = `seen` before; the sums then begin anew. O(1). */
export function observe(state: DriftState, z: number): DriftState {
  const at = state.seen
  const clipped = clip(z)
  const slower = added(state.slower, clipped - REFERENCE, at)
  const faster = added(state.faster, -clipped - REFERENCE, at)
  const window = { seen: state.window.seen + 1, above: state.window.above + (clipped > Z95 ? 1 : 0) }
  const next = {
    ...state,
    seen: at + 1,
    slower,
    faster,
    window: window.seen < SPREAD_WINDOW ? window : NO_DRIFT.window,
  }
  if (slower.value > BOUND) return rung(next, "slower", { at, from: slower.from })
  if (faster.value > BOUND) return rung(next, "faster", { at, from: faster.from })
  return window.above >= SPREAD_BOUND ? rung(next, "wider", { at, from: at + 1 - window.seen }) : next
}

function added(sum: Sum, step: number, at: number): Sum {
  const value = Math.max(0, sum.value + step)
  return { value, from: value === 0 ? at + 1 : sum.from }
}

function rung(
  state: DriftState,
  alarm: DriftAlarm,
  { at, from }: { readonly at: number; readonly from: number },
): DriftState {
  const empty: Sum = { value: 0, from: at + 1 }
  const wantsProfiling = state.last !== undefined && at - state.last.at <= PROFILING_WITHIN
  return {
    seen: state.seen,
    slower: empty,
    faster: empty,
    window: NO_DRIFT.window,
    epoch: state.epoch + 1,
    last: { alarm, at, from, wantsProfiling },
  }
}
