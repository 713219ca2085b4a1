/**
 * Form error: how far a fitted compute curve is off at sizes it was not fitted on. A prediction is
 * t = f(theta) exp(noise) exp(form error); residuals at fitted sizes flatter the curve and are never used for it.
 *
 * A function's own errors come from leaving out one of its memory sizes at a time. They are few and larger than those
 * of the whole fit, so they are calibrated on, and shrunk to, a library of densely profiled functions.
 */
import { PROBABILITIES } from "../statistics/distribution.ts"
import { mean, median, sampleQuantile } from "../statistics/order-statistics.ts"
import type { HeldOut } from "./compute-curve.ts"

/** One fit of a densely profiled function to few of its sizes. */
export interface FitErrors {
  /** Root mean square of the log errors at the fitted sizes, each left out in turn. */
  readonly leftOut: number
  /** The same at all sizes that it was not fitted on. */
  readonly unseen: number
}

/** What is known of the form error of one densely profiled function. */
export interface FormErrorEntry {
  readonly name: string
  /** Sd of ln t from run to run, where single runs were published. */
  readonly noise?: number
  readonly fits: readonly FitErrors[]
  /** Ascending quantiles, equally spaced from 0 to 1, of |error| / rms over the unseen sizes of all fits. */
  readonly shape: readonly number[]
}

/**
 * Scales by which an error is predicted. Noisy functions err more at unseen sizes: their medians are less certain, and
 * what makes them noisy is not the same at all sizes.
 */
interface Scales {
  /** Rms that a function of typical noise has, in logs: geometric mean over the library. */
  readonly sd: number
  /** Typical noise, and the power of noise with which the error grows. */
  readonly noise: number
  readonly noisePower: number
  /** Error at unseen sizes of the whole fit over that at sizes left out. */
  readonly perLeftOut: number
}

export interface FormErrorLibrary extends Scales {
  /** ln of the error factor at PROBABILITIES in units of the predicted rms; symmetric. */
  readonly shape: readonly number[]
}

/** Form error of one function: ln of the factor on the curve at PROBABILITIES. */
export interface FormError {
  /** Predicted rms, in logs. */
  readonly sd: number
  readonly logs: readonly number[]
}

/** Own left-out sizes that the library counts for. */
const LIBRARY_WEIGHT = 2
/** The library's curves were fitted to so many sizes; own left-out errors count from so many on. */
const LIBRARY_MEMORIES = 5
/** One size left out may be this far off in logs before it counts no more. */
const MOST_LEFT_OUT = 0.3
const BOUNDS = { least: 0.005, most: 0.3 } as const

/** Condenses entries. Leave a function out of them to predict that function's own error. Throws without an entry. */
export function formErrorLibrary(entries: readonly FormErrorEntry[]): FormErrorLibrary {
  const scales = scalesOf(entries)
  const ratios = entries.flatMap((entry) => {
    // What an entry's error would have been predicted from the others: its shape holds that mistake too.
    const rest = entries.filter((other) => other !== entry)
    const known = rest.length > 0 ? scalesOf(rest) : scales
    return entry.fits.flatMap((fit) => {
      const leftOut = Array.from({ length: LIBRARY_MEMORIES }, () => fit.leftOut)
      const predicted = predictedSd(known, { leftOut, noise: entry.noise ?? known.noise })
      return entry.shape.map((size) => (size * fit.unseen) / predicted)
    })
  })
  const shape = PROBABILITIES.map((p) => Math.sign(p - 0.5) * sampleQuantile(ratios, Math.abs(2 * p - 1)))
  return { ...scales, shape }
}

function scalesOf(entries: readonly FormErrorEntry[]): Scales {
  if (entries.length === 0) throw new Error("a library of form errors needs an entry")
  const fits = entries.flatMap((entry) => entry.fits)
  const sd = geometricMean(fits.map((fit) => fit.unseen))
  const leftOut = geometricMean(fits.map((fit) => Math.min(fit.leftOut, MOST_LEFT_OUT)))
  return { sd, perLeftOut: sd / leftOut, ...noiseScales(entries) }
}

/** Slope of ln(unseen error) on ln(noise) over the entries that know their noise, held in [0, 1]. */
function noiseScales(entries: readonly FormErrorEntry[]): Pick<Scales, "noise" | "noisePower"> {
  const points = entries
    .filter((entry) => entry.noise !== undefined)
    .map(({ noise, fits }) => ({ x: Math.log(noise!), y: Math.log(geometricMean(fits.map((fit) => fit.unseen))) }))
  if (points.length < 3) return { noise: 1, noisePower: 0 }
  const x = mean(points.map((point) => point.x))
  const y = mean(points.map((point) => point.y))
  let product = 0
  let square = 0
  for (const point of points) {
    product += (point.x - x) * (point.y - y)
    square += (point.x - x) ** 2
  }
  return { noise: Math.exp(x), noisePower: square > 0 ? Math.min(1, Math.max(0, product / square)) : 0 }
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(mean(values.map((value) => Math.log(Math.max(value, 1e-4)))))
}

/** What is known of a function's own form error. */
export interface FormEvidence {
  /** Log errors at its own sizes, each left out in turn: their count is that of its sizes. */
  readonly leftOut: readonly number[]
  /** Sd of ln t from run to run. */
  readonly noise: number
}

/** Rms from own left-out errors and the library's, by their counts. */
function predictedSd(scales: Scales, { leftOut, noise }: FormEvidence): number {
  const prior = scales.sd * (noise / scales.noise) ** scales.noisePower
  const memories = Math.max(1, leftOut.length)
  // Fewer sizes err more, about as the root: 2.7 % from three against 2.2 % from five.
  if (memories < LIBRARY_MEMORIES) return bounded(prior * Math.sqrt(LIBRARY_MEMORIES / memories))
  let squares = LIBRARY_WEIGHT * prior ** 2
  for (const error of leftOut) squares += (scales.perLeftOut * Math.min(Math.abs(error), MOST_LEFT_OUT)) ** 2
  return bounded(Math.sqrt(squares / (LIBRARY_WEIGHT + leftOut.length)))
}

function bounded(sd: number): number {
  return Math.min(BOUNDS.most, Math.max(BOUNDS.least, sd))
}

/** Form error of a function. Below five sizes of its own the library alone tells it. */
export function formErrorOf(library: FormErrorLibrary, evidence: FormEvidence): FormError {
  const sd = predictedSd(library, evidence)
  return { sd, logs: library.shape.map((size) => size * sd) }
}

/** One log error for each size left out: errors at one size go together and count as one. One size alone gives 0. */
export function leftOutErrors(heldOut: readonly HeldOut[]): readonly number[] {
  const errors = heldOut.filter(({ logErrors }) => logErrors.length > 0).map(({ logErrors }) => median(logErrors))
  return errors.length > 0 ? errors : [0]
}
