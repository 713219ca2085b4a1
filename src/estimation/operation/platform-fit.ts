import { levenbergMarquardt } from "../../statistics/least-squares.ts"
import type { OperationProfile } from "../operation-profile.ts"
import { platformDemand } from "./demand.ts"
import { type PlatformParameters, quotaCurve } from "./quota-curve.ts"
import { TICK_MS } from "./quota-simulation.ts"
import { type MeasuredFunction, type OperationPlatform, quotaCores, type TrainingSet } from "./training-set.ts"

/** One function at one size, as the fit sees it. */
export interface FitCell {
  readonly profile: OperationProfile
  readonly quotaCores: number
  /** Mean of ln t. */
  readonly logMs: number
}

/** Mean of the logarithms: as robust as a median, and smooth over stairs. */
export function meanLog(warmMs: readonly number[]): number {
  return warmMs.reduce((sum, ms) => sum + Math.log(Math.max(ms, 1e-3)), 0) / warmMs.length
}

export function fitCells(functions: readonly MeasuredFunction[], platform: OperationPlatform): readonly FitCell[] {
  return functions.flatMap(({ operations, cells }) =>
    cells.map(({ memoryMB, warmMs }) => ({
      profile: operations,
      quotaCores: quotaCores(platform, memoryMB, operations.threads),
      logMs: meanLog(warmMs),
    })),
  )
}

/** Residuals are held to this by a square root beyond it, so that a few wild functions do not bend the platform. */
const ROBUST = 0.25

/** k0 to k4, gamma, h and lambda: neutral values, at which the local run carries over one to one, and bounds. */
const NEUTRAL = [0, 1, 1, 1, 0, 0, 0.7, 0.7] as const
const LOWER = [0, 0.2, 0.1, 0.2, 0, 0, 0, 0] as const
const UPPER = [50, 5, 10, 5, 5, 0.5, 2, 1.5] as const
/** How far each may lie from its neutral value where the data say nothing. */
const PRIOR_SD = [2, 0.3, 0.5, 0.3, 0.1, 0.1, 0.5, 0.4] as const
/** A prior counts as much as one cell of this log error. */
const PRIOR_ERROR = 0.3
/** Places of h and lambda, which simulated cells do not have. */
const FIRST_LAW_PARAMETER = 6

/** Fits the platform once; the simulation joins in where it lowers the error of the cells. At least one cell. */
export function fitPlatform(set: TrainingSet): PlatformParameters {
  const data: FitData = { cells: fitCells(set.functions, set.platform), platform: set.platform }
  const law = fitLaw(data, { start: unpack(NEUTRAL, NOT_SIMULATED), offsets: null })
  const simulated = fitSimulation(data, law)
  return lossOf(data, simulated) < SIMULATION_GAIN * lossOf(data, law) ? simulated : law
}

interface FitData {
  readonly cells: readonly FitCell[]
  readonly platform: OperationPlatform
}

type Simulation = Pick<PlatformParameters, "simulatedPeriods" | "turns" | "startSpread" | "tickMs">

const NOT_SIMULATED: Simulation = { simulatedPeriods: 0, turns: 1, startSpread: 1, tickMs: TICK_MS }

function unpack(
  theta: ArrayLike<number>,
  { simulatedPeriods, turns, startSpread, tickMs }: Simulation,
): PlatformParameters {
  return {
    simulatedPeriods,
    turns,
    startSpread,
    tickMs,
    k0: theta[0]!,
    k1: theta[1]!,
    k2: theta[2]!,
    k3: theta[3]!,
    k4: theta[4]!,
    throttleGrowth: theta[5]!,
    headStart: theta[6]!,
    waitShare: theta[7]!,
  }
}

function pack(parameters: PlatformParameters): readonly number[] {
  const { k0, k1, k2, k3, k4, throttleGrowth, headStart, waitShare } = parameters
  return [k0, k1, k2, k3, k4, throttleGrowth, headStart, waitShare]
}

/**
 * Levenberg-Marquardt on log ratios of the closed law. Offsets are what a simulation adds to each cell: h and lambda
 * are held then, since simulated cells do not depend on them.
 */
function fitLaw(
  { cells, platform }: FitData,
  at: { readonly start: PlatformParameters; readonly offsets: Float64Array | null },
): PlatformParameters {
  const start = pack(at.start)
  const held = (bound: readonly number[]): readonly number[] =>
    bound.map((value, k) => (at.offsets !== null && k >= FIRST_LAW_PARAMETER ? start[k]! : value))
  const fit = levenbergMarquardt(
    {
      size: cells.length + NEUTRAL.length,
      residuals: (theta, out) => {
        const parameters = unpack(theta, NOT_SIMULATED)
        for (const [i, cell] of cells.entries())
          out[i] = robust(logCurve(parameters, platform, cell) + (at.offsets?.[i] ?? 0) - cell.logMs)
        for (let k = 0; k < NEUTRAL.length; k++)
          out[cells.length + k] = (PRIOR_ERROR * (theta[k]! - NEUTRAL[k]!)) / PRIOR_SD[k]!
      },
      lower: held(LOWER),
      upper: held(UPPER),
    },
    start,
  )
  return unpack(fit.theta, at.start)
}

/** Grows as the root of the residual beyond ROBUST, so that its square grows linearly (Huber). */
function robust(residual: number): number {
  const size = Math.abs(residual)
  return size <= ROBUST ? residual : Math.sign(residual) * Math.sqrt(ROBUST * (2 * size - ROBUST))
}

const SIMULATED_PERIODS = [8, 32, 256] as const
const TURNS = [1, 2, 4, 8, 16] as const
const START_SPREADS = [0.4, 0.7, 1] as const
/** Ticks of kernels at 1,000 and at 250 Hz, ms. */
const TICKS_MS = [TICK_MS, 4] as const
const SIMULATION_ROUNDS = 3
/** The simulation has three choices more than the law: it must lower the loss by 2 %. */
const SIMULATION_GAIN = 0.98

/**
 * Chooses what is simulated and refits the rest around it, in turn. Stairs have no slope to follow: the fit sees the
 * closed law times what the simulation made of it at the last parameters.
 */
function fitSimulation(data: FitData, law: PlatformParameters): PlatformParameters {
  let best = bestSimulation(data, unpack([...NEUTRAL.slice(0, FIRST_LAW_PARAMETER), law.headStart, law.waitShare], law))
  let current = best
  for (let round = 0; round < SIMULATION_ROUNDS; round++) {
    const offsets = Float64Array.from(
      data.cells,
      (cell) =>
        logCurve(current, data.platform, cell) - logCurve({ ...current, ...NOT_SIMULATED }, data.platform, cell),
    )
    current = fitLaw(data, { start: current, offsets })
    if (round === 0) current = bestSimulation(data, current)
    if (lossOf(data, current) < lossOf(data, best)) best = current
  }
  return best
}

function bestSimulation(data: FitData, start: PlatformParameters): PlatformParameters {
  const candidates = SIMULATED_PERIODS.flatMap((simulatedPeriods) =>
    TURNS.flatMap((turns) =>
      START_SPREADS.flatMap((startSpread) =>
        TICKS_MS.map((tickMs) => ({ ...start, simulatedPeriods, turns, startSpread, tickMs })),
      ),
    ),
  )
  const every = Math.ceil(data.cells.length / MAX_CHOICE_CELLS)
  const some = { ...data, cells: data.cells.filter((_cell, i) => i % every === 0) }
  const losses = candidates.map((candidate) => lossOf(some, candidate))
  return candidates[losses.indexOf(Math.min(...losses))]!
}

const MAX_CHOICE_CELLS = 600

function lossOf({ cells, platform }: FitData, parameters: PlatformParameters): number {
  return cells.reduce((sum, cell) => sum + robust(logCurve(parameters, platform, cell) - cell.logMs) ** 2, 0)
}

function logCurve(parameters: PlatformParameters, platform: OperationPlatform, cell: FitCell): number {
  const demand = platformDemand(cell.profile, parameters, { cores: platform.cores, quotaCores: cell.quotaCores })
  return quotaCurve(demand, { parameters, platform, phases: FIT_PHASES }, cell.quotaCores).logMs
}

const FIT_PHASES = 8
