import { normalCdf, normalQuantile } from "../statistics/normal.ts"

/** A time with a median and a spread: ln t is normal with this standard deviation. */
export interface SpreadTime {
  readonly medianMs: number
  readonly sd: number
}

/** Standard deviation of ln t that no prediction of the engine is better than. */
const LEAST_SD = 0.05

/** A time whose median and one upper percentile are predicted. */
export function spreadTime(medianMs: number, percentileMs: number, percentile: number): SpreadTime {
  const z = normalQuantile(percentile)
  const sd = z > 0 && medianMs > 0 && percentileMs > medianMs ? Math.log(percentileMs / medianMs) / z : 0
  return { medianMs, sd: Math.max(LEAST_SD, sd) }
}

export function quantileOf({ medianMs, sd }: SpreadTime, p: number): number {
  return medianMs * Math.exp(sd * normalQuantile(p))
}

/** A parent that runs: it began then and takes that time. */
export interface RunningParent {
  readonly sinceMs: number
  readonly takes: SpreadTime
}

/** When a step starts, as a distribution: the latest of its parents' ends, none of which is past. */
export interface StartLaw {
  /** Instant before which it starts with probability `p`, in (0, 1). */
  readonly quantile: (p: number) => number
}

/** What is left of a law beyond this is no information any more: the parent may end at any moment. */
const LEAST_SURVIVAL = 1e-6

/** Halvings of the interval that holds a quantile: to a millionth of it. */
const HALVINGS = 20

/**
 * The start of a step whose other parents ended at `endedMs`. Each running parent is taken to end independently of the
 * others, given that it has not ended yet. A quantile costs some 20 evaluations for each parent.
 */
export function startLaw(parents: readonly RunningParent[], nowMs: number, endedMs: number): StartLaw {
  const fromMs = Math.max(nowMs, endedMs)
  const open = parents.map(({ sinceMs, takes }) => ({ sinceMs, takes, survival: 1 - cdf(takes, nowMs - sinceMs) }))
  const alive = open.filter(({ survival }) => survival > LEAST_SURVIVAL)
  const before = (atMs: number): number =>
    alive.reduce(
      (product, { sinceMs, takes, survival }) => product * Math.max(0, 1 - (1 - cdf(takes, atMs - sinceMs)) / survival),
      1,
    )
  return {
    quantile: (p) => {
      if (alive.length === 0) return fromMs
      let low = fromMs
      let high = fromMs + 1
      while (before(high) < p && high - fromMs < 1e12) high = fromMs + 2 * (high - fromMs)
      for (let i = 0; i < HALVINGS; i++) {
        const middle = (low + high) / 2
        if (before(middle) < p) low = middle
        else high = middle
      }
      return high
    },
  }
}

function cdf({ medianMs, sd }: SpreadTime, ms: number): number {
  return ms <= 0 || medianMs <= 0 ? (medianMs <= 0 ? 1 : 0) : normalCdf(Math.log(ms / medianMs) / sd)
}
