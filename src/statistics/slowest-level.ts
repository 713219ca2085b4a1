import { normalCdf, normalDensity, normalQuantile } from "./normal.ts"

/** Steps and reach of the trapezoidal rule over the common noise: exact to 1e-9 up to a share of .97. */
const STEP = 0.1
const REACH = 8
const NODES: readonly number[] = Array.from({ length: (2 * REACH) / STEP + 1 }, (_, i) => i * STEP - REACH)
const WEIGHTS: readonly number[] = NODES.map((node) => normalDensity(node) * STEP)

/**
 * The level of one time's distribution at which the longest of `count` times has its quantile p. Of independent times it
 * is p^(1/count). Where a share `commonShare` in [0, 1] of the variance of their noise is common to all (same input, same
 * host), scores are z_j = sqrt(c) C + sqrt(1 - c) E_j with C and E_j standard normal, and only E_j is raised to `count`:
 *   p = E_C[ Phi((z - sqrt(c) C) / sqrt(1 - c))^count ],  level = Phi(z).
 * 0 of the common share is exact; else found by bisection to 1e-10 of z, about 0.3 ms.
 */
export function slowestLevel(p: number, count: number, commonShare = 0): number {
  if (count <= 1 || commonShare >= 1) return p
  const independent = p ** (1 / count)
  if (commonShare <= 0) return independent
  // One time is at most as long as the longest, and common noise only makes the longest shorter.
  let low = normalQuantile(p)
  let high = normalQuantile(independent)
  if (!Number.isFinite(low) || !Number.isFinite(high)) return p
  while (high - low > 1e-10) {
    const middle = (low + high) / 2
    if (shareBelow(middle, count, commonShare) < p) low = middle
    else high = middle
  }
  return normalCdf((low + high) / 2)
}

function shareBelow(z: number, count: number, commonShare: number): number {
  const common = Math.sqrt(commonShare)
  const own = Math.sqrt(1 - commonShare)
  let sum = 0
  for (let i = 0; i < NODES.length; i++) sum += WEIGHTS[i]! * normalCdf((z - common * NODES[i]!) / own) ** count
  return sum
}
