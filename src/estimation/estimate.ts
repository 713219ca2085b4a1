import { type Distribution, PROBABILITIES } from "../statistics/distribution.ts"
import { DEFAULT_XI, fromQuantiles, momentsOf, quantile } from "../statistics/quantile-table.ts"
import { maxOf, shift } from "../statistics/quantile-table-operations.ts"
import { tableMean, tableSd } from "../statistics/table-reading.ts"
import type { CompileContext } from "./compile.ts"
import { ROUND_UP_MS, coldStarts, usedInstances } from "./compiled-space.ts"
import type { Estimate, EstimateRequest, Parts } from "./estimator.ts"
import { supportAt } from "./function-model.ts"
import { slowestInit } from "./mapping-delay-model.ts"
import {
  busyProcesses,
  coldBilledMs,
  coldExtraMs,
  computeDistribution,
  computeMedianMs,
  factorOf,
  type InstancePoint,
  longestComputeMs,
  slowestOf,
  type StepModel,
  transferQuantiles,
  transferTable,
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
  const single = singleInstance(model, point, bytesOf(request, point.tasks))
  const parts = partsOf(model, {
    point,
    single,
    cold,
    instances: config.instances,
    slowest: slowestOf(tasks, point.tasks),
  })
  const latencyMs = together([parts.mappingDelay, parts.download, parts.compute, parts.upload])
  const blocked = blockOf(model, point, single)
  return {
    latencyMs,
    parts,
    ...billOf(request, context, { point, single, parts, used, cold }),
    modelVersion: context.modelVersion,
    support: supportOf(model, parts, { cold, measured: supportAt(model.functionModel, point, context.doubtful) }),
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

/** One warm instance by itself; transfers as their seven quantiles. */
interface Single {
  readonly download: readonly number[]
  readonly upload: readonly number[]
  readonly mean: number
  readonly sd: number
}

function singleInstance(model: StepModel, point: InstancePoint, bytes: number | undefined): Single {
  const { memoryMB, tasks } = point
  const input = bytes === undefined ? { memoryMB, tasks } : { memoryMB, tasks, bytes }
  const download = transferQuantiles(model, "download", input)
  const upload = transferQuantiles(model, "upload", { memoryMB, tasks })
  const computeMs = computeMedianMs(model, point)
  const factor = factorOf(model, 1)
  return {
    download,
    upload,
    mean: tableMean(download) + computeMs * factor.mean + tableMean(upload),
    sd: Math.hypot(tableSd(download), computeMs * factor.sd, tableSd(upload)),
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
  const init = slowestInit(model.init.distribution(point.memoryMB), Math.max(1, cold))
  const mapping = model.mappingDelay.quantilesMs({ instances, cold, slowestInit: init })
  const compute = computeDistribution(model, point, slowest)
  return {
    mappingDelay: fromQuantiles(mapping, { xi: DEFAULT_XI, fromP: 0.95 }),
    download: maxOf(transferTable(single.download), slowest),
    compute: cold > 0 ? shift(compute, coldExtraMs(model, point.memoryMB)) : compute,
    upload: maxOf(transferTable(single.upload), slowest),
  }
}

/** Sum of nearly independent times: medians add, spreads around them add in squares (compiled-space.ts, L1). */
function together(parts: readonly Distribution[]): Distribution {
  const medians = parts.map((part) => quantile(part, 0.5))
  const centre = medians.reduce((sum, value) => sum + value, 0)
  const quantiles = PROBABILITIES.map((p) => {
    let squares = 0
    for (const [k, part] of parts.entries()) squares += (quantile(part, p) - medians[k]!) ** 2
    return centre + Math.sign(p - 0.5) * Math.sqrt(squares)
  })
  return fromQuantiles(quantiles, { xi: Math.max(...parts.map((part) => part.tail.xi)), fromP: 0.95 })
}

function blockOf(model: StepModel, point: InstancePoint, single: Single): Estimate["blocked"] {
  if (point.memoryMB < model.functionModel.floor.needMB(busyProcesses(point))) return "memory-floor"
  const transferMs = 2 * (tableMean(single.download) + tableMean(single.upload))
  return computeMedianMs(model, point) > longestComputeMs(model, transferMs) ? "timeout" : undefined
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
  const full = single
  // L3: instances that run one task less are billed for less.
  const most = used === 0 ? 0 : request.tasks - used * (point.tasks - 1)
  const less =
    most < used && point.tasks > 1
      ? singleInstance(model, { ...point, tasks: point.tasks - 1 }, bytesOf(request, point.tasks - 1))
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
