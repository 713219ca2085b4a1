/** ln(P / (1 - P)) = intercept + slope (x - centre). */
export interface LogisticFit {
  readonly intercept: number
  readonly slope: number
  readonly centre: number
}

export interface LogisticPrior {
  readonly slope: { readonly mean: number; readonly sd: number }
  readonly interceptSd: number
}

const ROUNDS = 50

/**
 * Logistic regression on one input with normal priors on both parameters, which keep it finite where the outcomes
 * separate. Newton's method with halved steps: the posterior is concave. Needs one observation.
 */
export function fitLogistic(
  observations: readonly { readonly x: number; readonly happened: boolean }[],
  { slope: expected, interceptSd }: LogisticPrior,
): LogisticFit {
  const centre = observations.reduce((sum, { x }) => sum + x, 0) / observations.length
  const logPosterior = (a: number, b: number): number => {
    let sum = -0.5 * (a / interceptSd) ** 2 - 0.5 * ((b - expected.mean) / expected.sd) ** 2
    for (const { x, happened } of observations) {
      const logit = (a + b * (x - centre)) * (happened ? 1 : -1)
      sum -= logit > 0 ? Math.log1p(Math.exp(-logit)) : Math.log1p(Math.exp(logit)) - logit
    }
    return sum
  }
  let [a, b] = [0, expected.mean]
  for (let round = 0; round < ROUNDS; round++) {
    let [ga, gb] = [-a / interceptSd ** 2, -(b - expected.mean) / expected.sd ** 2]
    let [haa, hab, hbb] = [1 / interceptSd ** 2, 0, 1 / expected.sd ** 2]
    for (const { x, happened } of observations) {
      const p = 1 / (1 + Math.exp(-(a + b * (x - centre))))
      const weight = p * (1 - p)
      ga += (happened ? 1 : 0) - p
      gb += ((happened ? 1 : 0) - p) * (x - centre)
      haa += weight
      hab += weight * (x - centre)
      hbb += weight * (x - centre) ** 2
    }
    const determinant = haa * hbb - hab * hab
    const [da, db] = [(hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant]
    let step = 1
    const before = logPosterior(a, b)
    while (step > 1e-6 && !(logPosterior(a + step * da, b + step * db) >= before)) step /= 2
    a += step * da
    b += step * db
    if (Math.abs(da) + Math.abs(db) < 1e-10) break
  }
  return { intercept: a, slope: b, centre }
}

/** The x at which the probability is p; infinite for a slope of 0. */
export function logisticInverse({ intercept, slope, centre }: LogisticFit, p: number): number {
  return centre + (Math.log(p / (1 - p)) - intercept) / slope
}
