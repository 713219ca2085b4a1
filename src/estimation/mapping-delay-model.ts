import { PROBABILITIES } from "../statistics/distribution.ts"
import type { InitModel } from "./cold-start.ts"
import { latestRows } from "./delay-window.ts"
import {
  absoluteLoss,
  fitLinearQuantiles,
  fitMedianPlane,
  type LinearQuantiles,
  type LinearRows,
} from "./linear-quantiles.ts"
import { LOCAL_LAUNCH, type LaunchPrior } from "./launch-priors.ts"
import type { StepSample } from "./sample.ts"

/** Time from the start of a step until its last instance runs. */
export interface MappingDelayModel {
  /**
   * Seven quantiles in ms for `instances` of which `cold` start cold; `slowestInit` are those of the longest of `cold`
   * inits of that function (`InitModel.slowestMs`), and are not looked at when none is cold.
   */
  quantilesMs(at: {
    readonly instances: number
    readonly cold: number
    readonly slowestInit: readonly number[]
  }): number[]
  /** Step samples behind the fit. */
  readonly samples: number
  /** True when there were fewer than five steps a column and the platform's prior stands in. */
  readonly transferred: boolean
  /** Instances up to which starts overlap without stairs; Infinity where there are none. */
  readonly knee: number
  /** False when only cold starts matter, not how many instances there are. */
  readonly dependsOnInstances: boolean
}

/** Instances up to which starts may overlap without stairs; Infinity: no stairs, as with direct invocation. */
const KNEES = [8, 16, 24, 32, 40, 64] as const
const ROWS_FOR_KNEE = 30
/** From this many cold steps on the fitted spread of launches already contains that of init. */
const COLD_STEPS_FOR_SPREAD = 20

export interface MeasuredStep {
  readonly sample: StepSample
  readonly init: InitModel
}

export interface MappingDelayOptions {
  /** What is expected of the platform; that of processes on one machine where absent. */
  readonly prior?: LaunchPrior
  /** Steps in the window; 200 where absent, up to 1,000 where delays change slowly. */
  readonly latest?: number
}

/**
 * Mapping delay = launch + init of the slowest cold instance. The launch is a quantile regression on 1, c cold
 * instances, p instances and max(0, p - knee), pooled over the functions of a platform; the init is the function's own.
 * How long the function runs is no column: bursts of 1 s and of 8 s functions start alike where each is invoked
 * directly. Fits the latest 200 steps and five of each rarer (instances, cold).
 */
export function fitMappingDelay(
  steps: readonly MeasuredStep[],
  { prior = LOCAL_LAUNCH, latest }: MappingDelayOptions = {},
): MappingDelayModel {
  const ordered = latestRows(
    steps.toSorted((a, b) => a.sample.atMs - b.sample.atMs),
    ({ sample }) => `${sample.config.instances}:${sample.cold}`,
    latest === undefined ? {} : { latest },
  )
  const knee = bestKnee(ordered)
  const fit = fitLaunch(ordered, knee, prior)
  const learnedSpread = ordered.filter(({ sample }) => sample.cold > 0).length >= COLD_STEPS_FOR_SPREAD
  return {
    samples: ordered.length,
    transferred: fit.transferred,
    knee,
    dependsOnInstances: fit.usesColumn(2) || fit.usesColumn(3),
    quantilesMs: ({ instances, cold, slowestInit }) => {
      const launch = fit.predict(columnsOf(instances, cold, knee))
      return cold <= 0 ? launch : together(launch, slowestInit, learnedSpread)
    },
  }
}

/**
 * The instances and cold starts whose last start stands for the start of rank r, 1 first, among p instances: warm
 * ones start first, and later launches do not hold earlier ones up. For steps of unequal tasks, whose time is the
 * maximum over instances of start and work. An upper bound where launches overlap, exact at r = p.
 */
export function startOfRank(
  rank: number,
  { instances, cold }: { readonly instances: number; readonly cold: number },
): { readonly instances: number; readonly cold: number } {
  return { instances: rank, cold: Math.max(0, rank - (instances - cold)) }
}

/** Medians add; the spreads add in squares, or that of the launch stands for both. */
function together(launch: readonly number[], init: readonly number[], launchHasAll: boolean): number[] {
  const centre = launch[2]! + init[2]!
  return launch.map((value, i) => {
    const own = value - launch[2]!
    if (launchHasAll) return centre + own
    return centre + Math.sign(PROBABILITIES[i]! - 0.5) * Math.hypot(own, init[i]! - init[2]!)
  })
}

function columnsOf(instances: number, cold: number, knee: number): readonly number[] {
  return [1, cold, instances, Math.max(0, instances - knee)]
}

function fitLaunch(steps: readonly MeasuredStep[], knee: number, prior: LaunchPrior): LinearQuantiles {
  return fitLinearQuantiles(rowsAt(steps, knee), {
    prior: [prior.launchMs, prior.perColdMs, prior.perInstanceMs, 0],
    priorLogSd: prior.logSd,
    // A cold step's rest contains the jitter of its init, which says nothing about launches.
    tellsSpread: (row) => row[1] === 0,
  })
}

function rowsAt(steps: readonly MeasuredStep[], knee: number): LinearRows {
  return {
    rows: steps.map(({ sample }) => columnsOf(sample.config.instances, sample.cold, knee)),
    targets: steps.map(launchMs),
  }
}

/** Mapping delay without the init of the slowest cold instance; may be negative by chance. */
function launchMs({ sample, init }: MeasuredStep): number {
  if (sample.cold === 0) return sample.mappingDelayMs
  return sample.mappingDelayMs - init.slowestMs(sample.config.memoryMB, sample.cold)[2]!
}

function bestKnee(steps: readonly MeasuredStep[]): number {
  const most = Math.max(0, ...steps.map(({ sample }) => sample.config.instances))
  const candidates = KNEES.filter((knee) => knee < most)
  if (steps.length < ROWS_FOR_KNEE || candidates.length === 0) return Infinity
  const lossOf = (knee: number): number => {
    const data = rowsAt(steps, knee)
    return absoluteLoss(data, fitMedianPlane(data))
  }
  let best = Infinity
  // Stairs must explain clearly more than a straight line.
  let bestLoss = 0.95 * lossOf(Infinity)
  for (const knee of candidates) {
    const loss = lossOf(knee)
    if (loss < bestLoss) [best, bestLoss] = [knee, loss]
  }
  return best
}
