import { TrimtabError } from "../base/errors.ts"
import { seededRandom, seedOf } from "../base/random.ts"
import { constant } from "../statistics/quantile-table.ts"
import { median } from "../statistics/order-statistics.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import { stepOf, type Workflow } from "../workflow/workflow.ts"
import { axesOf, type Rates } from "./compile.ts"
import { costOf, latencyOf, partsOf, pointOf, coldStarts } from "./compiled-space.ts"
import { computeCells } from "./cells.ts"
import type { CompiledParts, CompiledSpace, CompileRequest, Estimate, EstimateRequest, Estimator } from "./estimator.ts"
import { fitMemoryFloor, type MemoryFloor } from "./memory-floor.ts"
import type { InstanceSample, Profile } from "./sample.ts"
import { type Selection, selectSamples } from "./sample-selection.ts"
import { fitStepConfDelay, type StepConfDelayModel } from "./stepconf-delay-model.ts"
import { fitStepConf, stepConfMs, type StepConfParameters, type StepConfPreset } from "./stepconf-model.ts"

export interface StepConfEstimatorOptions {
  readonly workflow: Workflow
  /** By function name. */
  readonly profiles: ReadonlyMap<string, Profile>
  readonly limits: PlatformLimits
  readonly rates: Rates
  /** Of eq. (1): `repaired` has a decay rate of its own; `published` takes the misprint as it stands. */
  readonly preset: StepConfPreset
}

/** The models of one function. */
interface FunctionModels {
  readonly compute: StepConfParameters
  readonly floor: MemoryFloor
  readonly tasks: number
  readonly download: PerTask
  readonly upload: PerTask
}

/** What a task moves, medians. */
interface PerTask {
  readonly objects: number
  readonly megabytes: number
}

/** Regressions of eq. (2), pooled over all functions. */
interface Delays {
  readonly mapping: StepConfDelayModel
  readonly download: StepConfDelayModel
  readonly upload: StepConfDelayModel
}

/**
 * The estimates of StepConf as its paper makes them (sections 3.2 to 3.5): compute by eq. (1), mapping delay and transfers
 * as P90s by eq. (2) from one pool of the 100 latest samples, a step's time as their sum, its cost with the mapping delay
 * inside. One number for a time: median, mean and percentile are the same. Beside the paper it knows the memory that
 * processes need, without which plans would be killed. The baseline beside profile-estimator.ts.
 */
export function stepConfEstimator(options: StepConfEstimatorOptions): Estimator {
  const { workflow, profiles } = options
  const selections = new Map([...profiles].map(([name, profile]) => [name, selectSamples(profile)]))
  const models = new Map<string, FunctionModels>()
  let delays: Delays | undefined
  const modelsOf = (step: string): FunctionModels => {
    const { function: name } = stepOf(workflow, step)
    const known = models.get(name)
    if (known !== undefined) return known
    const selection = selections.get(name)
    if (selection === undefined || selection.ok.length === 0) throw unprofiled(name)
    const made = fitFunction(selection, { ...options, functionName: name })
    models.set(name, made)
    return made
  }
  const compile = (request: CompileRequest): CompiledSpace => {
    delays ??= fitDelays([...selections.values()])
    return compiled(request, { options, models: modelsOf(request.step), delays })
  }
  return {
    modelVersion: `stepconf-${options.preset}`,
    steps: workflow.steps.filter((step) => selections.has(step.function)).map((step) => step.name),
    compile,
    estimate: (request) => estimateFrom(compile, request),
    expectedTasks: (step) => modelsOf(step).tasks,
  }
}

function unprofiled(name: string): TrimtabError {
  return new TrimtabError("no-profile", `function ${name} was never measured`, { fix: "run trimtab profile" })
}

function fitFunction(
  { ok, steps, ...rest }: Selection,
  { workflow, limits, preset, functionName }: StepConfEstimatorOptions & { readonly functionName: string },
): FunctionModels {
  const warm = computeCells(ok).filter((cell) => !cell.cold)
  const { parameters } = fitStepConf(warm.length > 0 ? warm : computeCells(ok), {
    preset,
    kind: workflow.functions[functionName]?.threads ?? "single",
    mbPerVcpu: limits.mbPerVcpu,
    random: seededRandom(seedOf(functionName)),
  })
  return {
    compute: parameters,
    floor: fitMemoryFloor({ ok, steps, ...rest }, limits.memoryMB.step),
    tasks: Math.max(
      1,
      Math.round(median(steps.length > 0 ? steps.map(({ tasks }) => tasks) : ok.map(({ tasks }) => tasks))),
    ),
    download: perTask(ok, ({ downloadObjects, downloadBytes }) => [downloadObjects, downloadBytes]),
    upload: perTask(ok, ({ uploadObjects, uploadBytes }) => [uploadObjects, uploadBytes]),
  }
}

function perTask(samples: readonly InstanceSample[], of: (sample: InstanceSample) => [number, number]): PerTask {
  const some = samples.filter(({ tasks }) => tasks > 0)
  const each = (index: 0 | 1): number => median(some.map((sample) => of(sample)[index] / sample.tasks))
  return some.length === 0 ? { objects: 0, megabytes: 0 } : { objects: each(0), megabytes: each(1) / 1e6 }
}

function fitDelays(selections: readonly Selection[]): Delays {
  const instances = selections.flatMap(({ ok }) => ok).sort((a, b) => a.atMs - b.atMs)
  const steps = selections.flatMap((selection) => selection.steps).sort((a, b) => a.atMs - b.atMs)
  const transfers = (of: (sample: InstanceSample) => { predictors: number[]; ms: number }): StepConfDelayModel =>
    fitStepConfDelay(
      orNothing(
        instances.map(of).filter(({ predictors }) => predictors[0]! > 0),
        [0, 0],
      ),
    )
  return {
    mapping: fitStepConfDelay(
      orNothing(
        steps.map(({ cold, mappingDelayMs }) => ({ predictors: [cold], ms: mappingDelayMs })),
        [0],
      ),
    ),
    download: transfers((s) => ({ predictors: [s.downloadObjects, s.downloadBytes / 1e6], ms: s.downloadMs })),
    upload: transfers((s) => ({ predictors: [s.uploadObjects, s.uploadBytes / 1e6], ms: s.uploadMs })),
  }
}

type DelaySamples = Parameters<typeof fitStepConfDelay>[0]

/** A regression needs a sample; where nothing was moved nothing takes time. */
function orNothing(samples: DelaySamples, predictors: readonly number[]): DelaySamples {
  return samples.length > 0 ? samples : [{ predictors, ms: 0 }]
}

interface Context {
  readonly options: StepConfEstimatorOptions
  readonly models: FunctionModels
  readonly delays: Delays
}

function compiled(request: CompileRequest, { options, models, delays }: Context): CompiledSpace {
  const axes = axesOf(request)
  const { memoryMB, instances, processes, tasksPerInstance } = axes
  const most = instances.at(-1) ?? 0
  const byCold = Array.from({ length: most + 1 }, (_, cold) => delayMs(delays.mapping, [cold]))
  const parts: CompiledParts = {
    mappingDelayMs: fill(instances.length * (most + 1), (i) => byCold[i % (most + 1)]!),
    downloadMs: transferTable(delays.download, models.download, axes),
    uploadMs: transferTable(delays.upload, models.upload, axes),
    computeMs: computeTable(models, axes),
  }
  const { mbPerVcpu } = options.limits
  return {
    step: request.step,
    tasks: request.tasks,
    percentile: request.percentile,
    modelVersion: `stepconf-${options.preset}`,
    ...axes,
    ...parts,
    median: parts,
    mean: parts,
    initMs: new Float64Array(memoryMB.length),
    ...options.rates,
    billMappingDelay: true,
    maxUsefulProcesses: (memory, tasks) =>
      Math.max(1, Math.min(tasks, Math.ceil(memory / mbPerVcpu), processes.at(-1) ?? tasksPerInstance.length)),
  }
}

type Axes = ReturnType<typeof axesOf>

function transferTable(model: StepConfDelayModel, { objects, megabytes }: PerTask, axes: Axes): Float64Array {
  const row = axes.tasksPerInstance.map((n) => (objects > 0 ? delayMs(model, [n * objects, n * megabytes]) : 0))
  return fill(axes.memoryMB.length * row.length, (i) => row[i % row.length]!)
}

function computeTable({ compute, floor }: FunctionModels, axes: Axes): Float64Array {
  const { memoryMB, processes, tasksPerInstance } = axes
  const width = tasksPerInstance.length
  return fill(memoryMB.length * processes.length * width, (i) => {
    const tasks = tasksPerInstance[i % width]!
    const rest = Math.floor(i / width)
    const memory = memoryMB[Math.floor(rest / processes.length)]!
    const q = processes[rest % processes.length]!
    if (memory < floor.needMB(Math.min(q, Math.max(1, tasks)))) return Number.NaN
    return Math.max(1e-3, stepConfMs(compute, { memoryMB: memory, processes: Math.min(q, Math.max(1, tasks)), tasks }))
  })
}

/** A quadratic may go below nothing beyond what it was fitted on. */
function delayMs(model: StepConfDelayModel, predictors: readonly number[]): number {
  return Math.max(0, model.quantilesMs(predictors)[0]!)
}

function fill(length: number, value: (i: number) => number): Float64Array {
  return Float64Array.from({ length }, (_, i) => value(i))
}

/** One configuration by itself: certain times, as the model has no spread. */
function estimateFrom(compile: Estimator["compile"], request: EstimateRequest): Estimate {
  const { step, config, tasks, warmInstances } = request
  const one = (value: number): { min: number; max: number; step: number } => ({ min: value, max: value, step: 1 })
  const space = compile({
    step,
    tasks,
    percentile: 0.9,
    space: {
      memoryMB: one(config.memoryMB),
      instances: one(config.instances),
      processes: one(config.processes),
    },
  })
  const point = pointOf(space, config, coldStarts(tasks, config.instances, warmInstances))!
  const parts = partsOf(space, point, "median")
  const cost = costOf(space, point)
  const latencyMs = latencyOf(space, point, "median")
  const certain = (ms: number): Estimate["latencyMs"] => constant(Number.isNaN(ms) ? 1e-3 : Math.max(1e-3, ms))
  return {
    latencyMs: certain(latencyMs),
    parts: {
      mappingDelay: certain(parts.mappingDelayMs),
      download: certain(parts.downloadMs),
      compute: certain(parts.computeMs),
      upload: certain(parts.uploadMs),
    },
    billedMs: { mean: latencyMs, p95: latencyMs },
    costUsd: { mean: cost, sd: 0 },
    modelVersion: space.modelVersion,
    support: "interpolated",
    ...(Number.isNaN(latencyMs) ? { blocked: "memory-floor" as const } : {}),
  }
}
