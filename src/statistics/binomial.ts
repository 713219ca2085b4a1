/** Lanczos coefficients (g = 7), good to 1e-14. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const

/** ln of the gamma function for x >= 0.5. */
function logGamma(x: number): number {
  const shifted = x - 1
  const base = shifted + 7.5
  const sum = LANCZOS.reduce((total, c, i) => (i === 0 ? c : total + c / (shifted + i)), 0)
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(base) - base + Math.log(sum)
}

/** Regularised incomplete beta function I_x(a, b) for a, b >= 0.5, by Lentz's continued fraction; to about 1e-12. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a)
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a
  let c = 1
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1))
  let fraction = d
  for (let m = 1; m <= 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / nonZero(1 + even * d)
    c = nonZero(1 + even / c)
    fraction *= d * c
    d = 1 / nonZero(1 + odd * d)
    c = nonZero(1 + odd / c)
    fraction *= d * c
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return front * fraction
}

function nonZero(x: number): number {
  return Math.abs(x) < 1e-300 ? 1e-300 : x
}

/** The x with I_x(a, b) = p, by bisection. */
function betaQuantile(p: number, a: number, b: number): number {
  let low = 0
  let high = 1
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (incompleteBeta(middle, a, b) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

export interface ShareInterval {
  readonly low: number
  readonly high: number
}

/**
 * Clopper and Pearson's exact interval (1934) of a share from `hits` of `trials` independent trials: each of its ends is
 * wrong with probability (1 - confidence) / 2 at most. No trials give [0, 1].
 */
export function clopperPearson(hits: number, trials: number, confidence: number): ShareInterval {
  const alpha = (1 - confidence) / 2
  return { low: atLeastShare(hits, trials, 1 - alpha), high: 1 - atLeastShare(trials - hits, trials, 1 - alpha) }
}

/** The share that `hits` of `trials` prove at that one-sided confidence: Clopper and Pearson's lower end. */
export function atLeastShare(hits: number, trials: number, confidence: number): number {
  return hits <= 0 ? 0 : betaQuantile(1 - confidence, hits, trials - hits + 1)
}
