// Laws of compute time over memory, fitted to the medians of a few sizes: ours and those it is compared with.
import { seededRandom } from "../../../src/base/random.ts"
import type { Cell } from "../../../src/estimation/cells.ts"
import { fitComputeCurve } from "../../../src/estimation/compute-curve.ts"
import { fitCompute } from "../../../src/estimation/compute-fit.ts"
import { computeMs, type CoreGrant } from "../../../src/estimation/compute-model.ts"
import { fitStepConf, stepConfMs } from "../../../src/estimation/stepconf-model.ts"
import { logUniform, multiStart } from "../../../src/statistics/least-squares.ts"
import { addEquation, normalEquations, solveNonNegative } from "../../../src/statistics/non-negative-least-squares.ts"
import { mean } from "../../../src/statistics/order-statistics.ts"

export interface Point {
  readonly memoryMB: number
  readonly ms: number
}

/** Milliseconds by memory in MB. */
export type Prediction = (memoryMB: number) => number

/** Fits a law to a few points of one function with one task in one process. */
export type Law = (points: readonly Point[]) => Prediction

export const LAMBDA = { mbPerVcpu: 1769, maxMemoryMB: 10_240 } as const

export function curveLaw(cores: CoreGrant): Law {
  return (points) => {
    const curve = fitComputeCurve(points.map(cellOf), { ...LAMBDA, cores })
    return (memoryMB) => curve.ms({ memoryMB, processes: 1, tasks: 1 })
  }
}

/** The roofline of single-threaded code alone, with its learned breakpoint. */
export function rooflineLaw(points: readonly Point[]): Prediction {
  const { parameters } = fitCompute(points.map(cellOf), { ...LAMBDA, kind: "single" })
  return (memoryMB) => computeMs(parameters, { memoryMB, processes: 1, tasks: 1 })
}

/** StepConf eq. (1), repaired, for single-threaded code. */
export function eq1Law(points: readonly Point[]): Prediction {
  const options = { preset: "repaired", kind: "single", mbPerVcpu: LAMBDA.mbPerVcpu, random: seededRandom(1) } as const
  const { parameters } = fitStepConf(points.map(cellOf), options)
  return (memoryMB) => stepConfMs(parameters, { memoryMB, processes: 1, tasks: 1 })
}

/** a / m + b. */
export function inverseLaw(points: readonly Point[]): Prediction {
  const sums = normalEquations(2)
  for (const { memoryMB, ms } of points) addEquation(sums, [1 / memoryMB / ms, 1 / ms], { target: 1, weight: 1 })
  const [a = 0, b = 0] = solveNonNegative(sums).coefficients
  return (memoryMB) => a / memoryMB + b
}

/** a + b exp(-m / c), the form of Parrotfish (SoCC 2023). */
export function exponentialLaw(points: readonly Point[]): Prediction {
  const most = Math.max(...points.map(({ ms }) => ms))
  const { theta } = multiStart(
    {
      size: points.length,
      residuals: (theta, out) => {
        const [a, b, c] = Array.from(theta)
        for (const [i, { memoryMB, ms }] of points.entries()) out[i] = (a! + b! * Math.exp(-memoryMB / c!)) / ms - 1
      },
      lower: [0, 0, 10],
      upper: [most, 1e3 * most, 1e5],
    },
    {
      starts: 20,
      random: seededRandom(1),
      draw: (random) => [
        most * logUniform(random, 0.01, 1),
        most * logUniform(random, 0.1, 10),
        logUniform(random, 30, 3e3),
      ],
    },
  )
  return (memoryMB) => theta[0]! + theta[1]! * Math.exp(-memoryMB / theta[2]!)
}

/** Mean absolute relative error in percent at the points that were not fitted. */
export function unseenErrorPct(points: readonly Point[], fitted: readonly Point[], prediction: Prediction): number {
  return meanPct(
    points.filter((point) => !fitted.includes(point)).map(({ memoryMB, ms }) => prediction(memoryMB) / ms - 1),
  )
}

/**
 * What the points themselves allow: each is predicted from its two neighbours, linear in logs. Noise alone gives 1.2
 * times its own mean size.
 */
export function interpolationFloorPct(points: readonly Point[]): number {
  return meanPct(
    points.slice(1, -1).map((point, i) => {
      const [left, right] = [points[i]!, points[i + 2]!]
      const share = Math.log(point.memoryMB / left.memoryMB) / Math.log(right.memoryMB / left.memoryMB)
      return (left.ms * (right.ms / left.ms) ** share) / point.ms - 1
    }),
  )
}

export function rounded(value: number): number {
  return Math.round(value * 100) / 100
}

/** `count` of the points, chosen by chance, ascending as they were. */
export function randomSubset(points: readonly Point[], count: number, seed: number): readonly Point[] {
  const random = seededRandom(seed)
  const left = [...points.keys()]
  const chosen = new Set<number>()
  while (chosen.size < Math.min(count, points.length)) {
    chosen.add(left.splice(Math.floor(random.next() * left.length), 1)[0]!)
  }
  return points.filter((_, i) => chosen.has(i))
}

function meanPct(errors: readonly number[]): number {
  return 100 * mean(errors.map(Math.abs))
}

function cellOf({ memoryMB, ms }: Point): Cell {
  return { memoryMB, processes: 1, tasks: 1, cold: false, ms, weight: 1 }
}
