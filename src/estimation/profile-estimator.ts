import { TrimtabError } from "../base/errors.ts"
import { canonicalJson } from "../base/json.ts"
import { seedOf } from "../base/random.ts"
import { median } from "../statistics/order-statistics.ts"
import { quantile } from "../statistics/quantile-table.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import { functionOf, type Step, stepOf, type Workflow } from "../workflow/workflow.ts"
import { type Basis, basisOf } from "./basis.ts"
import { compileSpace, type Rates } from "./compile.ts"
import { type DelayPriorNames, delayPriors } from "./delay-priors.ts"
import { usedInstances } from "./compiled-space.ts"
import { type EstimateContext, estimateStep } from "./estimate.ts"
import type { CompiledSpace, CompileRequest, Estimate, EstimateRequest, Estimator } from "./estimator.ts"
import { fitStepModel, type StepModelParts } from "./fit-step-model.ts"
import { fitFunction } from "./function-model.ts"
import type { FieldRange } from "./form-draws.ts"
import type { FormErrorLibrary } from "./form-error.ts"
import { fitPools, type Pools } from "./pools.ts"
import type { Profile } from "./sample.ts"
import { type Selection, selectSamples } from "./sample-selection.ts"
import { isUsable } from "./sample-validation.ts"
import { drawFunction, type DrawRequest, drawSpace, type FunctionDraws, type SpaceDraws } from "./space-draws.ts"
import type { StepModel } from "./step-model.ts"
import { type OperationSource, transferredFunction } from "./transferred-function.ts"

export interface EstimatorOptions {
  readonly workflow: Workflow
  /** By function name. Functions without one are unknown: their steps are not in `steps`. */
  readonly profiles: ReadonlyMap<string, Profile>
  readonly limits: PlatformLimits
  readonly rates: Rates
  /** What is expected of starts and transfers before they were measured: those of one machine where absent. */
  readonly priors?: DelayPriorNames
  /** For functions with few samples or none: what their operations tell. */
  readonly operations?: OperationSource
  /** True reproduces the papers' bill, which contains the mapping delay. */
  readonly billMappingDelay?: boolean
  /** What is known of errors of fitted curves; the shipped library where absent. */
  readonly formErrors?: FormErrorLibrary
}

/** Compiled spaces kept, under 1 MB each; the oldest goes first. */
const KEPT_SPACES = 64

/** An estimator that can say what its answers rest on. */
export interface ProfileEstimator extends Estimator {
  /** Samples, their age and sources, errors so far, drift, and what is borrowed. A few ms; throws like `estimate`. */
  basis(step: string): Basis
  /** What is not known of a step's times, as draws that steps of one function share. Throws like `estimate`. */
  draws(request: CompileRequest & DrawRequest): SpaceDraws
}

/**
 * An Estimator from measured profiles. Fits a function when it is first asked about (about 10 ms) and keeps the fit;
 * compiled spaces are cached too. Steps whose function has no sample that ended well throw `no-profile`.
 */
export function createEstimator(options: EstimatorOptions): ProfileEstimator {
  const selections = selectAll(options)
  const modelVersion = versionOf(options)
  const models = new Map<string, StepModel>()
  const spaces = new Map<string, CompiledSpace>()
  let pools: Pools | undefined

  const functions = new Map<string, FittedFunction>()
  const fittedFunction = (step: Step, selection: Selection): FittedFunction => {
    const known = functions.get(step.function)
    if (known !== undefined) return known
    const fitted = fitOne(step, selection, options)
    functions.set(step.function, fitted)
    return fitted
  }

  const modelOf = (stepName: string): StepModel => {
    const known = models.get(stepName)
    if (known !== undefined) return known
    const step = stepOf(options.workflow, stepName)
    const selection = knownSelection(selections, step)
    pools ??= fitPools([...selections.values()], {
      mbPerVcpu: options.limits.mbPerVcpu,
      priors: delayPriors(options.priors ?? {}),
    })
    const model = fitStepModel({
      selection,
      ...fittedFunction(step, selection),
      pools,
      timeoutMs: Math.min(step.timeoutMs, options.limits.timeoutMs),
      ...(options.formErrors === undefined ? {} : { formErrors: options.formErrors }),
    })
    models.set(stepName, model)
    return model
  }

  /** As it counts: what rests on operations is not made doubtful by the samples that it leaves aside. */
  const selectionOf = (stepName: string): Selection => {
    const selection = knownSelection(selections, stepOf(options.workflow, stepName))
    return modelOf(stepName).transferred ? { ...selection, doubtful: false } : selection
  }

  const contexts = new Map<string, EstimateContext>()
  const contextOf = (stepName: string): EstimateContext => {
    const known = contexts.get(stepName)
    if (known !== undefined) return known
    const context = {
      model: modelOf(stepName),
      modelVersion,
      rates: options.rates,
      billMappingDelay: options.billMappingDelay ?? false,
      doubtful: selectionOf(stepName).doubtful,
    }
    contexts.set(stepName, context)
    return context
  }
  const estimate = (request: EstimateRequest): Estimate => estimateStep(request, contextOf(request.step))

  const tasksOf = new Map<string, number>()
  const drawn = new Map<string, FunctionDraws>()
  const functionDraws = (stepName: string, { count, seed }: DrawRequest): FunctionDraws => {
    const step = stepOf(options.workflow, stepName)
    const key = `${count}/${seed}/${step.function}`
    const known = drawn.get(key)
    if (known !== undefined) return known
    const made = drawFunction(contextOf(stepName).model, knownSelection(selections, step), {
      count,
      seed,
      mbPerVcpu: options.limits.mbPerVcpu,
      range: rangeOf(step.function, options),
    })
    drawn.set(key, made)
    return made
  }

  return {
    modelVersion,
    steps: options.workflow.steps.filter((step) => selections.has(step.function)).map((step) => step.name),
    estimate,
    compile: (request) => {
      const key = keyOf(request)
      const known = spaces.get(key)
      if (known !== undefined) return known
      const compiled = compileSpace(request, contextOf(request.step))
      if (spaces.size >= KEPT_SPACES) spaces.delete(spaces.keys().next().value ?? "")
      spaces.set(key, compiled)
      return compiled
    },
    basis: (stepName) =>
      basisOf({
        modelVersion,
        selection: selectionOf(stepName),
        model: modelOf(stepName),
        p95Ms: ({ config, tasks, cold }) => {
          const warmInstances = usedInstances(tasks, config.instances) - cold
          return quantile(estimate({ step: stepName, config, tasks, warmInstances }).latencyMs, 0.95)
        },
      }),
    draws: (request) => drawSpace(request, contextOf(request.step), functionDraws(request.step, request)),
    expectedTasks: (stepName) => {
      // Policies ask at every decision, and it looks through all samples.
      let tasks = tasksOf.get(stepName)
      if (tasks === undefined) {
        tasks = expectedTasks(stepOf(options.workflow, stepName), options.profiles)
        tasksOf.set(stepName, tasks)
      }
      return tasks
    },
  }
}

/** Memory, processes and tasks of an instance that any step of a function may have. */
function rangeOf(functionName: string, { workflow, profiles }: EstimatorOptions): FieldRange {
  const steps = workflow.steps.filter((step) => step.function === functionName)
  const spaces = steps.map((step) => step.configSpace)
  return {
    memoryMB: [
      Math.min(...spaces.map(({ memoryMB }) => memoryMB.min)),
      Math.max(...spaces.map(({ memoryMB }) => memoryMB.max)),
    ],
    processes: Math.max(...spaces.map(({ processes }) => processes.max)),
    tasks: Math.max(...steps.map((step) => expectedTasks(step, profiles))),
  }
}

type FittedFunction = Pick<StepModelParts, "functionModel" | "expected">

function fitOne(step: Step, selection: Selection, { workflow, limits, operations }: EstimatorOptions): FittedFunction {
  const options = {
    threads: functionOf(workflow, step).threads,
    mbPerVcpu: limits.mbPerVcpu,
    maxMemoryMB: limits.memoryMB.max,
    memoryStepMB: step.configSpace.memoryMB.step,
  }
  const transferred =
    operations === undefined
      ? undefined
      : transferredFunction(selection, operations, {
          ...options,
          leastMemoryMB: limits.memoryMB.min,
          isSplit: workflow.steps.some((one) => one.function === step.function && one.split.kind !== "none"),
        })
  return transferred ?? { functionModel: fitFunction(selection, options) }
}

/** Functions of the workflow that have at least one invocation that ended well, or a profile of their operations. */
function selectAll({ workflow, profiles, operations }: EstimatorOptions): ReadonlyMap<string, Selection> {
  const selections = new Map<string, Selection>()
  for (const name of new Set(workflow.steps.map((step) => step.function))) {
    const isTransferable = operations?.profiles.has(name) ?? false
    const profile = profiles.get(name) ?? { functionName: name, samples: [] }
    const selection = selectSamples(profile)
    if (selection.ok.length > 0) selections.set(name, selection)
    else if (isTransferable) selections.set(name, selection)
  }
  return selections
}

function knownSelection(selections: ReadonlyMap<string, Selection>, step: Step): Selection {
  const selection = selections.get(step.function)
  if (selection === undefined) {
    throw new TrimtabError("no-profile", `function ${step.function} has no measured invocation that ended well`, {
      where: `step ${step.name}`,
      fix: "profile it first",
    })
  }
  return selection
}

/**
 * Median over the runs. Before any run the largest step of a campaign, which runs it once as a whole and then on some
 * of its tasks; else the most tasks that an instance ran, else 1. A step that is not split has one.
 */
function expectedTasks(step: Step, profiles: ReadonlyMap<string, Profile>): number {
  if (step.split.kind === "none") return 1
  // How busy the machine was says nothing about the number of tasks: contended samples count too.
  const usable = (profiles.get(step.function)?.samples ?? []).filter(isUsable)
  const steps = usable.filter((sample) => sample.kind === "step")
  const runs = steps.filter((sample) => sample.source !== "campaign")
  if (runs.length > 0) return Math.max(1, Math.round(median(runs.map((sample) => sample.tasks))))
  const parts = steps.length > 0 ? steps : usable
  return parts.reduce((most, sample) => Math.max(most, sample.tasks), 1)
}

/** Names the profile, priors, prices and limits behind the answers; the order of the samples does not matter. */
function versionOf({
  workflow,
  profiles,
  rates,
  limits,
  priors = {},
  billMappingDelay = false,
  operations,
}: EstimatorOptions): string {
  let sum = seedOf(canonicalJson({ rates, limits, priors: { ...priors }, billMappingDelay }))
  for (const name of new Set(workflow.steps.map((step) => step.function))) {
    const run = operations?.profiles.get(name)
    if (operations !== undefined && run !== undefined) {
      const { platform, parameters, spreads } = operations.model
      sum = (sum + seedOf(`${name}${canonicalJson({ run, platform, parameters, spreads })}`)) | 0
    }
    for (const sample of profiles.get(name)?.samples ?? []) sum = (sum + seedOf(`${name}${canonicalJson(sample)}`)) | 0
  }
  return `1-${(sum >>> 0).toString(16).padStart(8, "0")}`
}

function keyOf({ step, space, tasks, percentile }: CompileRequest): string {
  const range = ({ min, max, step: by }: { min: number; max: number; step: number }): string => `${min}:${max}:${by}`
  return [step, tasks, percentile, range(space.memoryMB), range(space.instances), range(space.processes)].join("|")
}
