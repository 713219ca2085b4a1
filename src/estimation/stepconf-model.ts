/**
 * StepConf eq. (1), the compute model of "Joint Optimization of Parallelism and Resource Configuration for Serverless
 * Function Steps" (TPDS 35(4), 2024), as a baseline beside the roofline of compute-model.ts.
 *
 *   case 1: (a1 n + b1) exp(-rate x) + phi1        case 2: a2 n / (x + b2) + phi2
 *   x = u for multi-core code, min(u, q) for single-thread code, u = m / m_s; delta_s of the paper is 1
 *   case 1 for m >= m_s and (multi-core code or q > 1), case 2 otherwise
 *
 * `published` takes the misprint as it stands: the decay rate of case 1 is the slope a2 of case 2. `repaired` gives the
 * rate a parameter of its own and sets phi1 so that both cases agree at one vCPU, for every n.
 */
import type { Random } from "../base/random.ts"
import { logUniform, multiStart } from "../statistics/least-squares.ts"
import type { Cell } from "./cells.ts"
import type { ComputePoint, ThreadKind } from "./compute-model.ts"

export type StepConfPreset = "published" | "repaired"

export interface StepConfParameters {
  readonly preset: StepConfPreset
  readonly kind: ThreadKind
  readonly mbPerVcpu: number
  readonly a1: number
  readonly b1: number
  /** Equal to a2 in the published preset. */
  readonly rate: number
  readonly a2: number
  readonly b2: number
  /** Ignored by the repaired preset, which ties case 1 to case 2. */
  readonly phi1: number
  readonly phi2: number
}

/** Compute time in ms by eq. (1); `tasks` may be a fraction, as the paper divides g / p. */
export function stepConfMs(parameters: StepConfParameters, point: ComputePoint): number {
  const { kind, preset, a1, b1, rate, a2, b2, phi1, phi2 } = parameters
  const u = point.memoryMB / parameters.mbPerVcpu
  const x = kind === "multi" ? u : Math.min(u, point.processes)
  const n = point.tasks
  if (u < 1 || (kind === "single" && point.processes <= 1)) return (a2 * n) / (x + b2) + phi2
  if (preset === "published") return (a1 * n + b1) * Math.exp(-rate * x) + phi1
  return (a1 * n + b1) * (Math.exp(-rate * x) - Math.exp(-rate)) + (a2 * n) / (1 + b2) + phi2
}

export interface StepConfFitOptions {
  readonly preset: StepConfPreset
  readonly kind: ThreadKind
  readonly mbPerVcpu: number
  readonly random: Random
  /** 40 where absent. */
  readonly starts?: number
}

/**
 * Fits eq. (1) to cell medians on relative residuals by Levenberg-Marquardt from log-uniform starts. Needs at least
 * two task counts: with one, a2, b2 and phi2 hardly separate. Some 50 ms for 15 cells.
 */
export function fitStepConf(
  cells: readonly Cell[],
  options: StepConfFitOptions,
): { readonly parameters: StepConfParameters; readonly loss: number } {
  if (cells.length === 0) throw new Error("eq. (1) needs at least one cell")
  const yMax = Math.max(...cells.map((cell) => cell.ms))
  const y1 = yMax / Math.max(...cells.map((cell) => cell.tasks))
  const { preset, kind, mbPerVcpu } = options
  const unpack = (theta: ArrayLike<number>): StepConfParameters => ({
    preset,
    kind,
    mbPerVcpu,
    a1: theta[0]!,
    b1: theta[1]!,
    rate: preset === "published" ? theta[3]! : theta[2]!,
    a2: theta[3]!,
    b2: theta[4]!,
    phi1: theta[5]!,
    phi2: theta[6]!,
  })
  const fit = multiStart(
    {
      size: cells.length,
      residuals: (theta, out) => {
        const parameters = unpack(theta)
        for (const [i, cell] of cells.entries()) out[i] = stepConfMs(parameters, cell) / cell.ms - 1
      },
      lower: [0, 0, 0, 0, -0.25, -yMax, -yMax],
      upper: [1e6 * y1, 1e3 * yMax, 1e3, 1e6 * y1, 1e3, yMax, yMax],
    },
    {
      starts: options.starts ?? 40,
      random: options.random,
      draw: (random) => [
        y1 * logUniform(random, 1e-3, 20),
        yMax * logUniform(random, 1e-5, 2),
        logUniform(random, 0.02, 3),
        y1 * logUniform(random, 1e-3, 5),
        logUniform(random, 1e-3, 2),
        yMax * logUniform(random, 1e-5, 1),
        yMax * logUniform(random, 1e-5, 1),
      ],
    },
  )
  return { parameters: unpack(fit.theta), loss: fit.loss }
}
