import { seededRandom } from "../../../src/base/random.ts"

export interface Floor {
  /** Expected share of cells within the bound, percent. */
  readonly withinPct: number
  /** Expected largest error over all cells, percent. */
  readonly maxPct: number
}

const REPLICATES = 1000
const SEED = 1

/**
 * What a model that knows every cell's true value would score, given that the measured ones come from few runs: by the
 * bootstrap of each cell. A replicate draws as many runs as the cell has, with replacement; the statistic of the draws
 * stands for the measured value and that of the cell for the true one. Log deviations from the cell's mean log are first
 * widened by sqrt(n / (n - 1)), since n draws of n runs spread less than n runs do. Cells with one run are left out.
 * Runs of a cell that share a slow or a fast minute spread less than measurements do: the floor is on the low side of
 * the error there.
 */
export function perfectModelFloor(
  cells: readonly (readonly number[])[],
  statistic: (values: readonly number[]) => number,
  boundPct: number = 4,
): Floor {
  const random = seededRandom(SEED)
  const wide = cells.filter((runs) => runs.length > 1).map(widened)
  const truths = wide.map(statistic)
  let within = 0
  let largest = 0
  for (let replicate = 0; replicate < REPLICATES; replicate++) {
    let most = 0
    for (const [i, runs] of wide.entries()) {
      const measured = statistic(runs.map(() => runs[Math.floor(random.next() * runs.length)]!))
      const error = 100 * Math.abs(truths[i]! / measured - 1)
      if (error <= boundPct) within++
      most = Math.max(most, error)
    }
    largest += most
  }
  return { withinPct: (100 * within) / (REPLICATES * wide.length), maxPct: largest / REPLICATES }
}

function widened(runs: readonly number[]): readonly number[] {
  const logs = runs.map(Math.log)
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length
  const factor = Math.sqrt(logs.length / (logs.length - 1))
  return logs.map((log) => Math.exp(mean + factor * (log - mean)))
}
