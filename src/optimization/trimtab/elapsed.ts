import { normalCdf, normalQuantile } from "../../statistics/normal.ts"

/** A step's time as its median and the quantile at `percentile`, ms. */
export interface StepTime {
  readonly medianMs: number
  readonly percentileMs: number
  readonly percentile: number
}

/**
 * What a step that has run for `elapsedMs` typically still takes, ms: the median of a normal time given that it is
 * above what has elapsed. A step that should have ended long ago is expected to end soon, but never at once.
 */
export function expectedRest({ medianMs, percentileMs, percentile }: StepTime, elapsedMs: number): number {
  const z = normalQuantile(percentile)
  const sd = z > 0 ? Math.max(0, percentileMs - medianMs) / z : 0
  if (!(sd > 0)) return Math.max(0, medianMs - elapsedMs)
  const distance = (elapsedMs - medianMs) / sd
  const survival = 1 - normalCdf(distance)
  // Too far out for a difference to 1: half of the survival is left at e with e (d + 1/d) + e^2 / 2 = ln 2, nearly.
  if (survival < 1e-9) {
    const rate = distance + 1 / distance
    return (2 * Math.LN2 * sd) / (rate + Math.sqrt(rate * rate + 2 * Math.LN2))
  }
  return Math.max(0, medianMs + sd * normalQuantile(1 - survival / 2) - elapsedMs)
}
