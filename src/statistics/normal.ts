/**
 * The standard normal distribution to machine precision: the common polynomials stop at 1e-7, too coarse for tails.
 * Phi after W. J. Cody, "Rational Chebyshev approximation for the error function" (1969).
 */

const SQRT_TWO_PI = 2.5066282746310007
const INV_SQRT_TWO_PI = 0.3989422804014327

/** Density of the standard normal distribution. */
export function normalDensity(z: number): number {
  return INV_SQRT_TWO_PI * Math.exp(-0.5 * z * z)
}

const CENTRE_TOP = [
  2.2352520354606837, 161.02823106855587, 1067.6894854603709, 18154.98125334356, 0.06568233791820745,
] as const
const CENTRE_BOTTOM = [47.202581904688245, 976.0985517377767, 10260.932208618979, 45507.78933502673] as const
const MIDDLE_TOP = [
  0.39894151208813466, 8.883149794388377, 93.50665613217785, 597.2702763948002, 2494.5375852903726, 6848.190450536283,
  11602.65143764735, 9842.714838383978, 1.0765576773720192e-8,
] as const
const MIDDLE_BOTTOM = [
  22.266688044328117, 235.387901782625, 1519.3775994075547, 6485.558298266761, 18615.571640885097, 34900.95272114598,
  38912.00328609327, 19685.429676859992,
] as const
const FAR_TOP = [
  0.215898534057957, 0.12740116116024736, 0.022235277870649807, 0.0014216191932278934, 0.000029112874951168793,
  0.023073441764940174,
] as const
const FAR_BOTTOM = [
  1.284260096144911, 0.4682382124808651, 0.06598813786892856, 0.0037823963320275824, 0.00007297515550839662,
] as const

/** P(Z <= z) of the standard normal distribution; relative error below 1e-13 also far in the lower tail. */
export function normalCdf(z: number): number {
  if (Number.isNaN(z)) return Number.NaN
  const y = Math.abs(z)
  if (y <= 0.67448975) return 0.5 + centre(z)
  if (y > 38) return z < 0 ? 0 : 1
  const tail = y <= 5.656854249492381 ? middle(y) : far(y)
  return z < 0 ? tail : 1 - tail
}

function centre(z: number): number {
  const squared = z * z
  let top = CENTRE_TOP[4] * squared
  let bottom = squared
  for (let i = 0; i < 3; i++) {
    top = (top + CENTRE_TOP[i]!) * squared
    bottom = (bottom + CENTRE_BOTTOM[i]!) * squared
  }
  return (z * (top + CENTRE_TOP[3])) / (bottom + CENTRE_BOTTOM[3])
}

function middle(y: number): number {
  let top = MIDDLE_TOP[8] * y
  let bottom = y
  for (let i = 0; i < 7; i++) {
    top = (top + MIDDLE_TOP[i]!) * y
    bottom = (bottom + MIDDLE_BOTTOM[i]!) * y
  }
  return tailFactor(y) * ((top + MIDDLE_TOP[7]) / (bottom + MIDDLE_BOTTOM[7]))
}

function far(y: number): number {
  const inverse = 1 / (y * y)
  let top = FAR_TOP[5] * inverse
  let bottom = inverse
  for (let i = 0; i < 4; i++) {
    top = (top + FAR_TOP[i]!) * inverse
    bottom = (bottom + FAR_BOTTOM[i]!) * inverse
  }
  const ratio = (inverse * (top + FAR_TOP[4])) / (bottom + FAR_BOTTOM[4])
  return (tailFactor(y) * (INV_SQRT_TWO_PI - ratio)) / y
}

/** exp(-y^2/2) without the loss of squaring a large y: y is cut at 1/16 first. */
function tailFactor(y: number): number {
  const cut = Math.trunc(y * 16) / 16
  return Math.exp(-cut * cut * 0.5) * Math.exp(-(y - cut) * (y + cut) * 0.5)
}

const ACKLAM_TAIL_TOP = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
] as const
const ACKLAM_TAIL_BOTTOM = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1] as const
const ACKLAM_TOP = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
] as const
const ACKLAM_BOTTOM = [
  -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1,
] as const

/** The z with P(Z <= z) = p. Acklam's start (1e-9) and two Halley steps on Phi: 1e-14. 0 and 1 give infinities. */
export function normalQuantile(p: number): number {
  if (!(p > 0)) return p === 0 ? -Infinity : Number.NaN
  if (!(p < 1)) return p === 1 ? Infinity : Number.NaN
  if (p > 0.5) return -normalQuantile(1 - p)
  let z = startQuantile(p)
  for (let i = 0; i < 2; i++) {
    const step = (normalCdf(z) - p) * SQRT_TWO_PI * Math.exp(0.5 * z * z)
    if (!Number.isFinite(step)) return z
    z -= step / (1 + 0.5 * z * step)
  }
  return z
}

/** For p <= 0.5. */
function startQuantile(p: number): number {
  if (p < 0.02425) {
    const r = Math.sqrt(-2 * Math.log(p))
    return horner(ACKLAM_TAIL_TOP, r) / horner(ACKLAM_TAIL_BOTTOM, r)
  }
  const d = p - 0.5
  return (d * horner(ACKLAM_TOP, d * d)) / horner(ACKLAM_BOTTOM, d * d)
}

function horner(coefficients: readonly number[], x: number): number {
  let sum = 0
  for (const coefficient of coefficients) sum = sum * x + coefficient
  return sum
}
