import { quantile } from "../statistics/quantile-table.ts"
import { quantileReader, tableMean } from "../statistics/table-reading.ts"
import { valuesOf } from "../workflow/config.ts"
import { usedInstances } from "./compiled-space.ts"
import { maxUsefulProcesses } from "./compute-model.ts"
import type { CompiledParts, CompiledSpace, CompileRequest } from "./estimator.ts"
import { factorAt } from "./step-forecasts.ts"
import { coldBilledMs, coldExtraMs, factorOf, longestCompute, slowestOf, type StepModel } from "./step-model.ts"

export interface Rates {
  readonly usdPerGbSecond: number
  readonly usdPerRequest: number
}

export interface CompileContext {
  readonly model: StepModel
  readonly modelVersion: string
  readonly rates: Rates
  readonly billMappingDelay: boolean
}

export interface Axes {
  readonly memoryMB: readonly number[]
  readonly instances: readonly number[]
  readonly processes: readonly number[]
  readonly tasksPerInstance: readonly number[]
  readonly tasksPerInstanceOf: Int32Array
}

/** Three levels of the same array. */
interface Levels {
  readonly percentile: Float64Array
  readonly median: Float64Array
  readonly mean: Float64Array
}

/** Evaluates the models once per distinct input and lays the results out as CompiledSpace describes. */
export function compileSpace(request: CompileRequest, context: CompileContext): CompiledSpace {
  const { model } = context
  const axes = axesOf(request)
  const mapping = mappingLevels(request, axes, model)
  const download = transferLevels(request, axes, { model, direction: "download" })
  const upload = transferLevels(request, axes, { model, direction: "upload" })
  const compute = computeLevels(request, axes, { model, download, upload })
  const parts = (level: keyof Levels): CompiledParts => ({
    mappingDelayMs: mapping[level],
    downloadMs: download[level],
    uploadMs: upload[level],
    computeMs: compute[level],
  })
  const stretch = stretchOf(request, model)
  const mostProcesses = axes.processes.at(-1) ?? 1
  return {
    step: request.step,
    tasks: request.tasks,
    percentile: request.percentile,
    modelVersion: context.modelVersion,
    ...axes,
    ...parts("percentile"),
    median: parts("median"),
    mean: parts("mean"),
    ...coldLevels(axes, model),
    ...(stretch === undefined ? {} : { stretch }),
    ...context.rates,
    billMappingDelay: context.billMappingDelay,
    maxUsefulProcesses: (memoryMB, tasksPerInstance) =>
      maxUsefulProcesses(model.functionModel.curve.at(memoryMB), tasksPerInstance, mostProcesses),
  }
}

/** Axes of a space as arrays, with the tasks of an instance at every count of instances. */
export function axesOf({ space, tasks }: CompileRequest): Axes {
  const instances = valuesOf(space.instances)
  const counts = new Set<number>()
  const most = instances.map((p) => {
    const used = usedInstances(tasks, p)
    counts.add(Math.floor(tasks / used)).add(Math.ceil(tasks / used))
    return Math.ceil(tasks / used)
  })
  const tasksPerInstance = [...counts].sort((a, b) => a - b)
  return {
    memoryMB: valuesOf(space.memoryMB),
    instances,
    processes: valuesOf(space.processes),
    tasksPerInstance,
    tasksPerInstanceOf: Int32Array.from(most, (n) => tasksPerInstance.indexOf(n)),
  }
}

/** By memory: what a cold instance is billed more, and how much later it starts than one of the largest size. */
function coldLevels(
  axes: Axes,
  model: StepModel,
): Pick<CompiledSpace, "initMs"> & { readonly coldExtraMs: Float64Array } {
  const extraAt = (memoryMB: number): number => model.init.medianMs(memoryMB) + coldExtraMs(model, memoryMB)
  const least = extraAt(axes.memoryMB.at(-1) ?? 0)
  const initMs = new Float64Array(axes.memoryMB.length)
  const extraMs = new Float64Array(axes.memoryMB.length)
  for (let m = 0; m < initMs.length; m++) {
    const memoryMB = axes.memoryMB[m]!
    initMs[m] = coldBilledMs(model, memoryMB)
    extraMs[m] = Math.max(0, extraAt(memoryMB) - least)
  }
  return { initMs, coldExtraMs: extraMs }
}

/** What earlier predictions of whole steps ask for at the percentile. */
function stretchOf({ percentile }: CompileRequest, { online }: StepModel): CompiledSpace["stretch"] {
  if (online === undefined) return undefined
  return { warm: factorAt(online.warm, percentile), cold: factorAt(online.cold, percentile) }
}

function levels(size: number): Levels {
  return { percentile: new Float64Array(size), median: new Float64Array(size), mean: new Float64Array(size) }
}

/** Copies `count` neighbours within each level. */
function copyLevels(out: Levels, span: { readonly from: number; readonly to: number; readonly count: number }): void {
  const { from, to, count } = span
  out.percentile.copyWithin(to, from, from + count)
  out.median.copyWithin(to, from, from + count)
  out.mean.copyWithin(to, from, from + count)
}

/** By instances and cold starts, at the largest memory of the space. */
function mappingLevels(request: CompileRequest, axes: Axes, model: StepModel): Levels {
  const most = axes.instances.at(-1) ?? 0
  const out = levels(axes.instances.length * (most + 1))
  const largest = axes.memoryMB.at(-1) ?? 0
  const work = coldExtraMs(model, largest)
  const read = quantileReader(request.percentile)
  const stretch = stretchOf(request, model) ?? { warm: 1, cold: 1 }
  const inits = Array.from({ length: most + 1 }, (_, cold) => model.init.slowestMs(largest, Math.max(1, cold)))
  for (const [i, instances] of axes.instances.entries()) {
    const row = i * (most + 1)
    const known = i > 0 && !model.mappingDelay.dependsOnInstances ? axes.instances[i - 1]! + 1 : 0
    if (known > 0) copyLevels(out, { from: row - most - 1, to: row, count: known })
    for (let cold = known; cold <= instances; cold++) {
      const at = row + cold
      const quantiles = model.mappingDelay.quantilesMs({ instances, cold, slowestInit: inits[cold]! })
      const extra = cold > 0 ? work : 0
      const centre = quantiles[2]!
      out.percentile[at] = centre + (cold > 0 ? stretch.cold : stretch.warm) * (read(quantiles) - centre) + extra
      out.median[at] = quantiles[2]! + extra
      out.mean[at] = tableMean(quantiles) + extra
    }
  }
  return out
}

interface TransferOf {
  readonly model: StepModel
  readonly direction: "download" | "upload"
}

function transferLevels(request: CompileRequest, axes: Axes, { model, direction }: TransferOf): Levels {
  const width = axes.tasksPerInstance.length
  const out = levels(axes.memoryMB.length * width)
  const stretch = stretchOf(request, model)?.warm ?? 1
  // From the first size with the whole bandwidth on all are alike.
  const saturated = axes.memoryMB.findIndex((memoryMB) => memoryMB >= model[direction].saturationMB)
  const distinct = saturated < 0 ? axes.memoryMB.length : saturated + 1
  for (const [j, tasks] of axes.tasksPerInstance.entries()) {
    const slowest = slowestOf(request.tasks, tasks)
    const atPercentile = quantileReader(request.percentile ** (1 / slowest))
    const atMedian = quantileReader(0.5 ** (1 / slowest))
    const along = model[direction].alongMemory(model.functionModel[direction].volume(tasks))
    for (let m = 0; m < distinct; m++) {
      const at = m * width + j
      if (m > 0 && !along.varies) {
        copyLevels(out, { from: j, to: at, count: 1 })
        continue
      }
      const quantiles = along.quantilesMs(axes.memoryMB[m]!)
      const centre = atMedian(quantiles)
      out.percentile[at] = centre + stretch * (atPercentile(quantiles) - centre)
      out.median[at] = centre
      out.mean[at] = tableMean(quantiles)
    }
  }
  const last = (distinct - 1) * width
  for (let m = distinct; m < axes.memoryMB.length; m++) copyLevels(out, { from: last, to: m * width, count: width })
  return out
}

interface ComputeOf {
  readonly model: StepModel
  readonly download: Levels
  readonly upload: Levels
}

function computeLevels(request: CompileRequest, axes: Axes, { model, download, upload }: ComputeOf): Levels {
  const width = axes.tasksPerInstance.length
  // The table of medians becomes that of the means in place.
  const mean = model.functionModel.curve.table({ ...axes, tasks: axes.tasksPerInstance })
  const percentile = new Float64Array(mean.length)
  const median = new Float64Array(mean.length)
  const meanFactor = factorOf(model, 1).mean
  const factors = axes.tasksPerInstance.map(
    (tasks) => factorOf(model, slowestOf(request.tasks, tasks), tasks).distribution,
  )
  const atPercentile = Float64Array.from(factors, (factor) => quantile(factor, request.percentile))
  const atMedian = Float64Array.from(factors, (factor) => quantile(factor, 0.5))
  // Twice the mean stands for P99 of a transfer: it matters only near the timeout.
  const longest = new Float64Array(download.mean.length)
  const longestOf = longestCompute(model)
  for (let i = 0; i < longest.length; i++) longest[i] = longestOf(2 * (download.mean[i]! + upload.mean[i]!))
  const need = needs(axes, model)
  for (let m = 0; m < axes.memoryMB.length; m++) {
    const memoryMB = axes.memoryMB[m]!
    const overheadMs = model.functionModel.overheadMs(memoryMB)
    let at = m * need.length
    for (let i = 0; i < need.length;) {
      for (let j = 0; j < width; j++, at++, i++) {
        const ms = Math.max(1e-3, mean[at]! + overheadMs)
        const known = memoryMB >= need[i]! && ms <= longest[m * width + j]! ? ms : Number.NaN
        percentile[at] = known * atPercentile[j]!
        median[at] = known * atMedian[j]!
        mean[at] = known * meanFactor
      }
    }
  }
  return { percentile, median, mean }
}

/** Least memory by processes and tasks per instance, MB. */
function needs({ processes, tasksPerInstance }: Axes, { functionModel }: StepModel): Float64Array {
  const width = tasksPerInstance.length
  const out = new Float64Array(processes.length * width)
  for (let i = 0; i < out.length; i++) {
    const tasks = Math.max(1, tasksPerInstance[i % width]!)
    out[i] = functionModel.floor.needMB(Math.min(processes[Math.floor(i / width)]!, tasks))
  }
  return out
}
