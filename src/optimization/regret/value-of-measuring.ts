import type { LossTable } from "./loss-table.ts"

/** The plans of a table that a measurement could lead to. */
export interface LossColumns {
  readonly draws: number
  readonly plans: number
  /** [draw * plans + plan] */
  readonly loss: Float64Array
}

/** Plans of least expected loss that are looked at: the rest are worse nearly everywhere. */
const MOST_PLANS = 16

/** The plans of a table that are worth most on the whole. */
export function likelyPlans({ loss, plans, best }: LossTable): LossColumns {
  const draws = best.length
  const sums = plans.map((_, k) => best.reduce((sum, _least, b) => sum + loss[b * plans.length + k]!, 0))
  const kept = [...sums.keys()].sort((a, b) => sums[a]! - sums[b]! || a - b).slice(0, MOST_PLANS)
  const out = new Float64Array(draws * kept.length)
  for (let b = 0; b < draws; b++)
    for (const [j, k] of kept.entries()) out[b * kept.length + j] = loss[b * plans.length + k]!
  return { draws, plans: kept.length, loss: out }
}

/**
 * How much less the plan is expected to cost after one measurement of something whose ln t is `logMs[b]` in draw b:
 * were b true, the measurement would leave draw c with weight w_bc = exp(-(ln t_b - ln t_c)^2 / (2 sd^2)), and the plan
 * of least expected loss under these weights would be taken. In the unit of the losses; never negative, 0 where the
 * measurement could not change the plan. O(draws^2 x plans).
 */
export function valueOfMeasuring(table: LossColumns, logMs: ArrayLike<number>, noiseSd: number): number {
  const { loss, plans, draws } = table
  const always = new Float64Array(plans)
  const now = new Float64Array(plans)
  const weights = new Float64Array(draws)
  let after = 0
  for (let b = 0; b < draws; b++) {
    const total = weigh(weights, logMs, { true: b, noiseSd })
    now.fill(0)
    for (let c = 0; c < draws; c++) {
      const weight = weights[c]! / total
      if (weight < LEAST_WEIGHT) continue
      const row = c * plans
      for (let k = 0; k < plans; k++) now[k]! += weight * loss[row + k]!
    }
    let least = Infinity
    for (let k = 0; k < plans; k++) {
      always[k]! += now[k]! / draws
      least = Math.min(least, now[k]!)
    }
    after += least / draws
  }
  // With the same weights throughout, so that the mere choice among the plans at hand is no gain.
  return Math.max(0, always.reduce((least, value) => Math.min(least, value), Infinity) - after)
}

/** Draws with less than this share would not change an answer. */
const LEAST_WEIGHT = 1e-5

function weigh(
  weights: Float64Array,
  logMs: ArrayLike<number>,
  { true: b, noiseSd }: { readonly true: number; readonly noiseSd: number },
): number {
  let total = 0
  for (let c = 0; c < weights.length; c++) {
    const distance = (logMs[b]! - logMs[c]!) / noiseSd
    weights[c] = Math.exp(-0.5 * distance * distance)
    total += weights[c]!
  }
  return total
}
