import type { Distribution } from "./distribution.ts"
import { excessQuantile, MAX_XI } from "./gpd.ts"
import { fromQuantiles, quantile } from "./quantile-table.ts"

/** Of the times beyond P99, a tenth are beyond P99.9. */
const BEYOND = 0.1

/**
 * A table from quantiles in ms at PROBABILITIES whose tail beyond P99 meets P99.9 as well, as far as a shape in
 * [0, MAX_XI] can. About 2 us.
 */
export function fromQuantilesAndP999(quantilesMs: readonly number[], p999Ms: number): Distribution {
  const exponential = fromQuantiles(quantilesMs, { xi: 0, fromP: 0.99 })
  const t = quantile(exponential, 0.99)
  const beta = (quantile(exponential, 0.999) - t) / -Math.log(BEYOND)
  return { logMs: exponential.logMs, tail: { xi: beta > 0 ? shapeFor((p999Ms - t) / beta) : 0, fromP: 0.99 } }
}

/** The shape at which a tail of scale 1 reaches `excess` after nine tenths of its mass, by bisection. */
function shapeFor(excess: number): number {
  let low = 0
  let high = MAX_XI
  if (excess <= excessQuantile({ xi: low, beta: 1 }, BEYOND)) return low
  if (excess >= excessQuantile({ xi: high, beta: 1 }, BEYOND)) return high
  for (let i = 0; i < 30; i++) {
    const middle = (low + high) / 2
    if (excessQuantile({ xi: middle, beta: 1 }, BEYOND) < excess) low = middle
    else high = middle
  }
  return (low + high) / 2
}
