import type { Distribution } from "../statistics/distribution.ts"
import { fromQuantiles, momentsOf } from "../statistics/quantile-table.ts"
import { scale, shift } from "../statistics/quantile-table-operations.ts"
import type { CompileContext } from "./compile.ts"
import { ROUND_UP_MS, coldStarts, usedInstances } from "./compiled-space.ts"
import type { Estimate, EstimateRequest, Parts } from "./estimator.ts"
import { supportAt } from "./measured-points.ts"
import { mappingPart, transferMoments, transferPart, type TransferPart } from "./part-memo.ts"
import {
  busyProcesses,
  coldBilledMs,
  coldExtraMs,
  computeMedianMs,
  factorOf,
  type InstancePoint,
  longestComputeMs,
  slowestOf,
  type StepModel,
  type TransferPoint,
} from "./step-model.ts"

export interface EstimateContext extends CompileContext {
  /** Only contended or unenforced samples stand behind the model. */
  readonly doubtful: boolean
}

/** The Estimate of one configuration. The same formulas as the compiled space, at all seven levels. */
export function estimateStep(request: EstimateRequest, context: EstimateContext): Estimate {
  const { model } = context
  const { config, tasks } = request
  const used = usedInstances(tasks, config.instances)
  const cold = coldStarts(tasks, config.instances, request.warmInstances)
  const point: InstancePoint = {
    memoryMB: config.memoryMB,
    processes: config.processes,
    tasks: Math.ceil(tasks / used),
  }
  const slowest = slowestOf(tasks, point.tasks)
  const single = singleInstance(model, point, { bytes: bytesOf(request, point.tasks), slowest })
  const parts = partsOf(model, { point, single, cold, instances: config.instances, slowest })
  const latencyMs = together([parts.mappingDelay, parts.download, parts.compute, parts.upload])
  const blocked = blockOf(model, point, single)
  return {
    latencyMs,
    parts,
    ...billOf(request, context, { point, single, parts, used, cold }),
    modelVersion: context.modelVersion,
    support: supportOf(model, parts, {
      cold,
      measured: supportAt(model.functionModel.measured, point, context.doubtful),
    }),
    ...(blocked === undefined ? {} : { blocked }),
  }
}

/** From this share of the time on, a part that rests on a prior or on other functions makes the whole a transfer. */
const BORROWED_SHARE = 0.1

function supportOf(
  model: StepModel,
  parts: Parts,
  { cold, measured }: { readonly cold: number; readonly measured: Estimate["support"] },
): Estimate["support"] {
  if (measured === "extrapolated") return measured
  if (model.transferred) return "transferred"
  const launch = medianOf(parts.mappingDelay)
  const download = medianOf(parts.download)
  const upload = medianOf(parts.upload)
  const borrowed =
    (model.mappingDelay.transferred || (cold > 0 && model.init.samples === 0) ? launch : 0) +
    (model.download.transferred ? download : 0) +
    (model.upload.transferred ? upload : 0)
  const whole = launch + download + upload + medianOf(parts.compute)
  return borrowed > BORROWED_SHARE * whole ? "transferred" : measured
}

function medianOf(d: Distribution): number {
  return Math.exp(d.logMs[2]!)
}

/** Mean and sd of what one warm instance is billed for, ms. */
interface Moments {
  readonly mean: number
  readonly sd: number
}

/** One warm instance by itself; its transfers also as those of the slowest. */
interface Single extends Moments {
  readonly download: TransferPart
  readonly upload: TransferPart
  readonly computeMs: number
}

function singleInstance(
  model: StepModel,
  point: InstancePoint,
  { bytes, slowest }: { readonly bytes: number | undefined; readonly slowest: number },
): Single {
  const { memoryMB, tasks } = point
  const download = transferPart(model, "download", { point: inputOf(point, bytes), slowest })
  const upload = transferPart(model, "upload", { point: { memoryMB, tasks }, slowest })
  const computeMs = computeMedianMs(model, point)
  const { mean, sd } = momentsTogether(model, computeMs, [download, upload])
  return { download, upload, computeMs, mean, sd }
}

/** The bill of an instance needs no distributions. */
function instanceMoments(model: StepModel, point: InstancePoint, bytes: number | undefined): Moments {
  const { memoryMB, tasks } = point
  const download = transferMoments(model, "download", inputOf(point, bytes))
  const upload = transferMoments(model, "upload", { memoryMB, tasks })
  return momentsTogether(model, computeMedianMs(model, point), [download, upload])
}

function inputOf({ memoryMB, tasks }: InstancePoint, bytes: number | undefined): TransferPoint {
  return bytes === undefined ? { memoryMB, tasks } : { memoryMB, tasks, bytes }
}

function momentsTogether(
  model: StepModel,
  computeMs: number,
  [download, upload]: readonly [Moments, Moments],
): Moments {
  const factor = factorOf(model, 1)
  const computeSd = computeMs * factor.sd
  return {
    mean: download.mean + computeMs * factor.mean + upload.mean,
    sd: Math.sqrt(download.sd * download.sd + computeSd * computeSd + upload.sd * upload.sd),
  }
}

/** This instance's share of the step's input, where that is known. */
function bytesOf({ inputBytes, tasks }: EstimateRequest, ownTasks: number): number | undefined {
  return inputBytes === undefined ? undefined : (inputBytes * ownTasks) / Math.max(1, tasks)
}

interface StepPoint {
  readonly point: InstancePoint
  readonly single: Single
  readonly cold: number
  readonly instances: number
  /** Instances that run the most tasks. */
  readonly slowest: number
}

/** The parts of the step: those of its slowest instance. A cold first call's extra work is compute. */
function partsOf(model: StepModel, { point, single, cold, instances, slowest }: StepPoint): Parts {
  const compute = scale(factorOf(model, slowest, point.tasks).distribution, single.computeMs)
  return {
    mappingDelay: mappingPart(model, { memoryMB: point.memoryMB, instances, cold }),
    download: single.download.slowest,
    compute: cold > 0 ? shift(compute, coldExtraMs(model, point.memoryMB)) : compute,
    upload: single.upload.slowest,
  }
}

/** Sum of nearly independent times: medians add, spreads around them add in squares (compiled-space.ts, L1). */
function together(parts: readonly Distribution[]): Distribution {
  let centre = 0
  let xi = 0
  const sums = [0, 0, 0, 0, 0, 0, 0]
  for (const { logMs, tail } of parts) {
    // The table's own points are its quantiles at PROBABILITIES, that of P99 too: no slope at P95 replaces it.
    const median = Math.exp(logMs[2]!)
    centre += median
    xi = Math.max(xi, tail.xi)
    for (let i = 0; i < sums.length; i++) {
      const off = Math.exp(logMs[i]!) - median
      sums[i]! += off * off
    }
  }
  for (let i = 0; i < sums.length; i++) sums[i] = centre + (i < 2 ? -1 : 1) * Math.sqrt(sums[i]!)
  return fromQuantiles(sums, { xi, fromP: 0.99 })
}

function blockOf(model: StepModel, point: InstancePoint, single: Single): Estimate["blocked"] {
  if (point.memoryMB < model.functionModel.floor.needMB(busyProcesses(point))) return "memory-floor"
  const transferMs = 2 * (single.download.mean + single.upload.mean)
  return single.computeMs > longestComputeMs(model, transferMs) ? "timeout" : undefined
}

interface Billed {
  readonly point: InstancePoint
  readonly single: Single
  readonly parts: Parts
  readonly used: number
  readonly cold: number
}

function billOf(
  request: EstimateRequest,
  context: EstimateContext,
  billed: Billed,
): Pick<Estimate, "billedMs" | "costUsd"> {
  const { model, rates } = context
  const { point, single, used, cold } = billed
  const usdPerMs = ((point.memoryMB / 1024) * rates.usdPerGbSecond) / 1000
  const full: Moments = single
  // L3: instances that run one task less are billed for less.
  const most = used === 0 ? 0 : request.tasks - used * (point.tasks - 1)
  const less =
    most < used && point.tasks > 1
      ? instanceMoments(model, { ...point, tasks: point.tasks - 1 }, bytesOf(request, point.tasks - 1))
      : full
  const fullCount = less === full ? used : most
  const coldMs = cold * coldBilledMs(model, point.memoryMB)
  const instancesMs = fullCount * full.mean + (used - fullCount) * less.mean + used * ROUND_UP_MS + coldMs
  const sdMs = Math.sqrt(
    fullCount * full.sd ** 2 + (used - fullCount) * less.sd ** 2 + (0.3 * coldMs) ** 2 / Math.max(1, cold),
  )
  const perInstance = instancesMs / used
  const paid = { mean: instancesMs * usdPerMs + used * rates.usdPerRequest, sd: sdMs * usdPerMs }
  return {
    billedMs: { mean: perInstance, p95: perInstance + 1.645 * (sdMs / Math.sqrt(used)) },
    costUsd: context.billMappingDelay ? paperCost(request, context, billed) : paid,
  }
}

/** c = p (t m usdPerGbSecond + usdPerRequest) with the mapping delay in t, as the papers bill. */
function paperCost(
  { config }: EstimateRequest,
  { rates, model }: EstimateContext,
  { point, single, parts, cold }: Billed,
): Estimate["costUsd"] {
  const delay = momentsOf(parts.mappingDelay)
  const t = single.mean + delay.mean + (cold > 0 ? coldExtraMs(model, point.memoryMB) : 0)
  const usdPerMs = (config.instances * (point.memoryMB / 1024) * rates.usdPerGbSecond) / 1000
  return { mean: t * usdPerMs + config.instances * rates.usdPerRequest, sd: Math.hypot(single.sd, delay.sd) * usdPerMs }
}
