import { boostedValue, type BoostedTrees, DEFAULT_TREES, fitBoostedTrees } from "../../statistics/boosted-trees.ts"
import { type Distribution, PROBABILITIES } from "../../statistics/distribution.ts"
import { normalQuantile } from "../../statistics/normal.ts"
import { mean, sampleQuantile } from "../../statistics/order-statistics.ts"
import { DEFAULT_XI, fromLogs } from "../../statistics/quantile-table.ts"

/** What the spread of repeated runs goes with: any features, of which the share of wait picks the shape. */
export interface NoiseKey {
  /** Share of the time that is wait, [0, 1]. */
  readonly waitShare: number
  /** Sd of ln t over the starts of a simulated run: the spread of the stairs. */
  readonly phaseSd: number
  readonly features: readonly number[]
}

export interface NoiseCell {
  readonly key: NoiseKey
  /** ln t of repeated runs. */
  readonly logs: readonly number[]
}

/** Spread of ln t of one run, and the shape of that noise in units of the spread. */
export interface NoiseModel {
  /** ln of the sd; null where too few cells taught it. */
  readonly trees: BoostedTrees | null
  /** Typical sd of ln t. */
  readonly typicalSd: number
  /** Standardised quantiles at PROBABILITIES, by share of wait. */
  readonly shapes: readonly (readonly number[])[]
}

const WAIT_EDGES = [0.1, 0.4, 0.75] as const

/** Sd of ln t before anything was repeated, worth so many cells. */
const PRIOR_SD = 0.05
const PRIOR_CELLS = 6
const SD_BOUNDS = [0.003, 0.7] as const
const LEAST_REPEATS = 3
/** Trees of fewer cells learn their noise. */
const LEAST_CELLS = 120
const TREES = { ...DEFAULT_TREES, depth: 4, leafRows: 20 }

/** Learns how much the runs of unseen functions spread; cells of fewer than three runs tell nothing. */
export function learnNoise(cells: readonly NoiseCell[]): NoiseModel {
  const known = cells
    .filter((cell) => cell.logs.length >= LEAST_REPEATS)
    .map((cell) => ({ key: cell.key, ...centred(cell.logs) }))
  const logs = known.map((cell) => cell.logSd)
  const typical =
    (PRIOR_CELLS * Math.log(PRIOR_SD) + logs.reduce((sum, log) => sum + log, 0)) / (PRIOR_CELLS + logs.length)
  const trees =
    known.length < LEAST_CELLS
      ? null
      : fitBoostedTrees(
          known.map((cell) => rowOf(cell.key)),
          logs,
          TREES,
        )
  const draft: NoiseModel = { trees, typicalSd: Math.exp(typical), shapes: [] }
  const shapes = [0, 1, 2, 3].map((wait) =>
    shapeOf(
      known
        .filter((cell) => waitBin(cell.key) === wait)
        .flatMap((cell) => cell.deviations.map((deviation) => deviation / noiseSd(draft, cell.key))),
    ),
  )
  return { ...draft, shapes }
}

/** Sd of ln t of one run. */
export function noiseSd({ trees, typicalSd }: NoiseModel, key: NoiseKey): number {
  const sd = trees === null ? Math.hypot(typicalSd, key.phaseSd) : Math.exp(boostedValue(trees, rowOf(key)))
  return Math.min(SD_BOUNDS[1], Math.max(SD_BOUNDS[0], sd))
}

/** Times of repeated runs whose ln has the given mean. */
export function noiseAround(noise: NoiseModel, key: NoiseKey, meanLogMs: number): Distribution {
  const sd = noiseSd(noise, key)
  return fromLogs(
    noise.shapes[waitBin(key)]!.map((point) => meanLogMs + sd * point),
    // Few runs have no P99 of their own: the tail from P95 on stands for it.
    { xi: DEFAULT_XI, fromP: noise.trees === null ? 0.95 : 0.99 },
  )
}

function rowOf({ waitShare, phaseSd, features }: NoiseKey): readonly number[] {
  return [waitShare, Math.log(phaseSd + SD_BOUNDS[0]), ...features]
}

function waitBin({ waitShare }: NoiseKey): number {
  return WAIT_EDGES.filter((edge) => waitShare >= edge).length
}

interface Centred {
  readonly logSd: number
  readonly deviations: readonly number[]
}

function centred(logs: readonly number[]): Centred {
  const count = logs.length
  const centre = mean(logs)
  const variance = logs.reduce((sum, log) => sum + (log - centre) ** 2, 0) / (count - 1)
  const sd = Math.min(SD_BOUNDS[1], Math.max(SD_BOUNDS[0], Math.sqrt(variance)))
  // The logarithm of a sample sd is too small by 1 / (2 (n - 1)) on average, deviations from few by sqrt((n - 1) / n).
  const inflate = Math.sqrt(count / (count - 1))
  return {
    logSd: Math.log(sd) + 0.5 / (count - 1),
    deviations: logs.map((log) => (log - centre) * inflate),
  }
}

/** Scores that are worth as much as the normal shape. */
const SHAPE_PRIOR = 100

function shapeOf(scores: readonly number[]): readonly number[] {
  const trust = scores.length / (scores.length + SHAPE_PRIOR)
  return PROBABILITIES.map((p) => {
    const own = scores.length === 0 ? 0 : sampleQuantile(scores, p)
    return trust * own + (1 - trust) * normalQuantile(p)
  }).sort((a, b) => a - b)
}
