import type { Distribution } from "../statistics/distribution.ts"
import { maxOf } from "../statistics/quantile-table-operations.ts"
import { tableMean, tableSd } from "../statistics/table-reading.ts"
import { type StepModel, type TransferPoint, transferQuantiles, transferTable } from "./step-model.ts"
import { stretched } from "./step-forecasts.ts"
import type { Direction } from "./transfer-model.ts"

/** Parts that were worked out before: the estimates of a search share most of theirs. */
export interface PartMemo {
  readonly download: Map<number, TransferPart>
  readonly upload: Map<number, TransferPart>
  readonly mapping: Map<number, Distribution>
}

/** The transfer of one direction: of the slowest instance, and mean and sd of a single one, ms. */
export interface TransferPart {
  readonly slowest: Distribution
  readonly mean: number
  readonly sd: number
}

/**
 * Entries kept of each kind; then all are dropped. Enough for a curve over memory and few enough to stay young: entries
 * that outlive a collection cost more than they save where configurations do not come back.
 */
const KEPT = 256

export function partMemo(): PartMemo {
  return { download: new Map(), upload: new Map(), mapping: new Map() }
}

/** Three counts below 2^20, 2^16 and 2^16 as one number. */
function keyOf(a: number, b: number, c: number): number {
  return (a * 65_536 + b) * 65_536 + c
}

function remembered<T>(memo: Map<number, T>, key: number, make: () => T): T {
  const known = memo.get(key)
  if (known !== undefined) return known
  if (memo.size >= KEPT) memo.clear()
  const made = make()
  memo.set(key, made)
  return made
}

/** Download or upload where `slowest` instances run the most tasks. */
export function transferPart(
  model: StepModel,
  direction: Direction,
  { point, slowest }: { readonly point: TransferPoint; readonly slowest: number },
): TransferPart {
  const make = (): TransferPart => {
    const quantiles = transferQuantiles(model, direction, point)
    return {
      slowest: stretched(maxOf(transferTable(quantiles), slowest), model.online?.warm),
      mean: tableMean(quantiles),
      sd: tableSd(quantiles),
    }
  }
  if (point.bytes !== undefined) return make()
  return remembered(model.memo[direction], keyOf(point.memoryMB, point.tasks, slowest), make)
}

/** Mean and sd of one instance's transfer alone, ms: a third of the work, so not worth remembering. */
export function transferMoments(
  model: StepModel,
  direction: Direction,
  point: TransferPoint,
): Pick<TransferPart, "mean" | "sd"> {
  const quantiles = transferQuantiles(model, direction, point)
  return { mean: tableMean(quantiles), sd: tableSd(quantiles) }
}

/** Mapping delay of `instances` of which `cold` start cold. */
export function mappingPart(
  model: StepModel,
  at: { readonly memoryMB: number; readonly instances: number; readonly cold: number },
): Distribution {
  return remembered(model.memo.mapping, keyOf(at.memoryMB, at.instances, at.cold), () => {
    const slowestInit = at.cold > 0 ? model.init.slowestMs(at.memoryMB, at.cold) : []
    const quantiles = model.mappingDelay.quantilesMs({ instances: at.instances, cold: at.cold, slowestInit })
    return stretched(transferTable(quantiles), at.cold > 0 ? model.online?.cold : model.online?.warm)
  })
}
