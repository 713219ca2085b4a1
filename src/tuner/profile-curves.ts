import type { Rates } from "../estimation/compile.ts"
import { latencyOf, partsOf } from "../estimation/compiled-space.ts"
import type { DelayPriorNames } from "../estimation/delay-priors.ts"
import type { CompiledSpace } from "../estimation/estimator.ts"
import { createEstimator } from "../estimation/profile-estimator.ts"
import type { Profile } from "../estimation/sample.ts"
import type { OperationSource } from "../estimation/transferred-function.ts"
import { type Range, valuesOf } from "../workflow/config.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import type { FunctionSpec, Workflow } from "../workflow/workflow.ts"
import type { SizeCurve } from "./adjustment/size-curve.ts"
import type { ObservedPipeline } from "./observation.ts"

/** What is known of functions now. */
export interface CurveInputs {
  /** By function name. */
  readonly profiles: ReadonlyMap<string, Profile>
  /** For functions that were never measured: what one local run tells. */
  readonly operations?: OperationSource
  readonly limits: PlatformLimits
  readonly rates: Rates
  readonly priors?: DelayPriorNames
  /** Sizes that a function may have; those of the paper where absent. */
  readonly sizesOf?: (functionName: string) => Range | undefined
  /** `multi` where absent: nothing is known of somebody else's code. */
  readonly threadsOf?: (functionName: string) => FunctionSpec["threads"] | undefined
}

/** The sizes of the paper: 32 from 128 to 4,096 MB. */
const SIZES: Range = { min: 128, max: 4096, step: 128 }

/** Curves of functions from their profiles, fitted once for what a profile holds. */
export interface ProfileCurves {
  /** By step of the pipeline; functions that nothing is known of are left out. */
  of(pipeline: Pick<ObservedPipeline, "steps">, inputs: CurveInputs): ReadonlyMap<string, SizeCurve>
  /** Fits functions before they are seen, so that the first window with a new one does not wait: some tenths of a second each. */
  prepare(functionNames: Iterable<string>, inputs: CurveInputs): void
}

export function profileCurves(): ProfileCurves {
  const known = new Map<string, { readonly key: string; readonly curve: SizeCurve | null }>()
  const curveFor = (functionName: string, inputs: CurveInputs): SizeCurve | null => {
    const key = keyOf(functionName, inputs)
    const found = known.get(functionName)
    if (found?.key === key) return found.curve
    const curve = fittedCurve(functionName, inputs)
    known.set(functionName, { key, curve })
    return curve
  }
  return {
    of: ({ steps }, inputs) =>
      new Map(
        steps.flatMap(({ name, functionName }): [string, SizeCurve][] => {
          const curve = curveFor(functionName, inputs)
          return curve === null ? [] : [[name, curve]]
        }),
      ),
    prepare: (functionNames, inputs) => {
      for (const name of functionNames) curveFor(name, inputs)
    },
  }
}

/** Changes when the function was measured or its operations were counted anew. */
function keyOf(functionName: string, { profiles, operations }: CurveInputs): string {
  const samples = profiles.get(functionName)?.samples ?? []
  const run = operations?.profiles.get(functionName)
  return JSON.stringify([samples.length, samples.at(-1)?.atMs ?? null, run?.profile.local ?? null])
}

function fittedCurve(functionName: string, inputs: CurveInputs): SizeCurve | null {
  const { profiles, operations, limits, rates, priors } = inputs
  const own = profiles.get(functionName)
  const isMeasured = own?.samples.some((sample) => sample.kind === "instance" && sample.outcome === "ok") === true
  if (!isMeasured && operations?.profiles.has(functionName) !== true) return null
  const workflow = loneFunction(functionName, inputs)
  const estimator = createEstimator({
    workflow,
    profiles: new Map([[functionName, own ?? { functionName, samples: [] }]]),
    limits,
    rates,
    ...(operations === undefined ? {} : { operations }),
    ...(priors === undefined ? {} : { priors }),
  })
  const step = workflow.steps[0]!
  const tasks = estimator.expectedTasks(step.name)
  return curveOf(estimator.compile({ step: step.name, space: step.configSpace, tasks, percentile: 0.5 }))
}

/** One warm invocation at each size, without what its start takes: that is the platform's, and is measured beside it. */
function curveOf(space: CompiledSpace): SizeCurve {
  const ms = space.memoryMB.map((_, memoryIndex) => {
    const point = { memoryIndex, instanceIndex: 0, processIndex: 0, cold: 0 }
    return latencyOf(space, point, "mean") - partsOf(space, point, "mean").mappingDelayMs
  })
  return { memoryMB: space.memoryMB, ms: Float64Array.from(ms) }
}

/** The function as a workflow of one step: one instance with one process. */
function loneFunction(name: string, { limits, sizesOf, threadsOf }: CurveInputs): Workflow {
  const one: Range = { min: 1, max: 1, step: 1 }
  const memoryMB = within(sizesOf?.(name) ?? SIZES, limits)
  return {
    name,
    functions: { [name]: { name, handler: "", threads: threadsOf?.(name) ?? "multi" } },
    steps: [
      {
        name,
        function: name,
        after: [],
        split: { kind: "none" },
        merge: { kind: "list" },
        configSpace: { memoryMB, instances: one, processes: one },
        retry: [],
        timeoutMs: limits.timeoutMs,
        tolerance: { kind: "count", count: 0 },
      },
    ],
  }
}

/** The sizes of a range that the platform has. */
function within(range: Range, { memoryMB }: PlatformLimits): Range {
  const sizes = valuesOf(range).filter((size) => size >= memoryMB.min && size <= memoryMB.max)
  return { min: sizes[0] ?? range.min, max: sizes.at(-1) ?? range.max, step: range.step }
}
