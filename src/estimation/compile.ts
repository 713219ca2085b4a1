import { quantile } from "../statistics/quantile-table.ts"
import { quantileReader, tableMean } from "../statistics/table-reading.ts"
import { valuesOf } from "../workflow/config.ts"
import { usedInstances } from "./compiled-space.ts"
import { maxUsefulProcesses } from "./compute-model.ts"
import type { CompiledParts, CompiledSpace, CompileRequest } from "./estimator.ts"
import { slowestInit } from "./mapping-delay-model.ts"
import { factorAt } from "./step-forecasts.ts"
import {
  coldBilledMs,
  coldExtraMs,
  factorOf,
  longestComputeMs,
  slowestOf,
  type StepModel,
  transferQuantiles,
} from "./step-model.ts"

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

interface Axes {
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
  const largest = axes.memoryMB.at(-1) ?? 0
  const stretch = stretchOf(request, model)
  const initAt = (memoryMB: number): number => model.init.medianMs(memoryMB)
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
    initMs: Float64Array.from(axes.memoryMB, (memoryMB) => coldBilledMs(model, memoryMB)),
    coldExtraMs: Float64Array.from(axes.memoryMB, (memoryMB) =>
      Math.max(0, initAt(memoryMB) + coldExtraMs(model, memoryMB) - initAt(largest) - coldExtraMs(model, largest)),
    ),
    ...(stretch === undefined ? {} : { stretch }),
    ...context.rates,
    billMappingDelay: context.billMappingDelay,
    maxUsefulProcesses: (memoryMB, tasksPerInstance) =>
      maxUsefulProcesses(model.functionModel.curve.at(memoryMB), tasksPerInstance, mostProcesses),
  }
}

function axesOf({ space, tasks }: CompileRequest): Axes {
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

/** What earlier predictions of whole steps ask for at the percentile. */
function stretchOf({ percentile }: CompileRequest, { online }: StepModel): CompiledSpace["stretch"] {
  if (online === undefined) return undefined
  return { warm: factorAt(online.warm, percentile), cold: factorAt(online.cold, percentile) }
}

function levels(size: number): Levels {
  return { percentile: new Float64Array(size), median: new Float64Array(size), mean: new Float64Array(size) }
}

function copyLevels(out: Levels, from: number, to: number): void {
  out.percentile[to] = out.percentile[from]!
  out.median[to] = out.median[from]!
  out.mean[to] = out.mean[from]!
}

/** By instances and cold starts, at the largest memory of the space. */
function mappingLevels(request: CompileRequest, axes: Axes, model: StepModel): Levels {
  const most = axes.instances.at(-1) ?? 0
  const out = levels(axes.instances.length * (most + 1))
  const largest = axes.memoryMB.at(-1) ?? 0
  const init = model.init.distribution(largest)
  const work = coldExtraMs(model, largest)
  const read = quantileReader(request.percentile)
  const stretch = stretchOf(request, model) ?? { warm: 1, cold: 1 }
  const inits = Array.from({ length: most + 1 }, (_, cold) => slowestInit(init, cold))
  for (const [i, instances] of axes.instances.entries()) {
    for (let cold = 0; cold <= instances; cold++) {
      const at = i * (most + 1) + cold
      if (i > 0 && cold <= axes.instances[i - 1]! && !model.mappingDelay.dependsOnInstances) {
        copyLevels(out, at - most - 1, at)
        continue
      }
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
  for (const [j, tasks] of axes.tasksPerInstance.entries()) {
    const slowest = slowestOf(request.tasks, tasks)
    const atPercentile = quantileReader(request.percentile ** (1 / slowest))
    const atMedian = quantileReader(0.5 ** (1 / slowest))
    for (const [m, memoryMB] of axes.memoryMB.entries()) {
      const at = m * width + j
      if (m > 0 && axes.memoryMB[m - 1]! >= model[direction].saturationMB) {
        copyLevels(out, at - width, at)
        continue
      }
      const quantiles = transferQuantiles(model, direction, { memoryMB, tasks })
      const centre = atMedian(quantiles)
      out.percentile[at] = centre + stretch * (atPercentile(quantiles) - centre)
      out.median[at] = centre
      out.mean[at] = tableMean(quantiles)
    }
  }
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
  const atPercentile = factors.map((factor) => quantile(factor, request.percentile))
  const atMedian = factors.map((factor) => quantile(factor, 0.5))
  const mostProcesses = axes.processes.at(-1) ?? 1
  const need = Array.from({ length: mostProcesses + 1 }, (_, q) => model.functionModel.floor.needMB(q))
  // Twice the mean stands for P99 of a transfer: it matters only near the timeout.
  const longest = download.mean.map((ms, i) => longestComputeMs(model, 2 * (ms + upload.mean[i]!)))
  let at = 0
  for (const [m, memoryMB] of axes.memoryMB.entries()) {
    const overheadMs = model.functionModel.overheadMs(memoryMB)
    for (const processes of axes.processes) {
      // Indexed: an iterator of pairs would allocate once per point.
      for (let j = 0; j < width; j++, at++) {
        const fits = memoryMB >= need[Math.min(processes, Math.max(1, axes.tasksPerInstance[j]!))]!
        const ms = Math.max(1e-3, mean[at]! + overheadMs)
        const known = fits && ms <= longest[m * width + j]! ? ms : Number.NaN
        percentile[at] = known * atPercentile[j]!
        median[at] = known * atMedian[j]!
        mean[at] = known * meanFactor
      }
    }
  }
  return { percentile, median, mean }
}
