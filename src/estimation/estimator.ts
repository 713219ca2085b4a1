import type { ConfigSpace, StepConfig } from "../workflow/config.ts"
import type { Distribution } from "../statistics/distribution.ts"

/** What a step would take and cost in one configuration. */
export interface Estimate {
  readonly latencyMs: Distribution
  readonly parts: Parts
  /** Per instance, init included. */
  readonly billedMs: { readonly mean: number; readonly p95: number }
  /** Of the whole step: all instances. */
  readonly costUsd: { readonly mean: number; readonly sd: number }
  readonly modelVersion: string
  /** What the estimate rests on. */
  readonly support: "measured" | "interpolated" | "extrapolated" | "transferred"
  /** Why the configuration cannot run, if it cannot. */
  readonly blocked?: "memory-floor" | "timeout"
}

/** The four parts of a step's time, StepConf section 3.2. */
export interface Parts {
  readonly mappingDelay: Distribution
  readonly download: Distribution
  readonly compute: Distribution
  readonly upload: Distribution
}

export interface EstimateRequest {
  readonly step: string
  readonly config: StepConfig
  /** Tasks of the whole step, gamma in the paper. */
  readonly tasks: number
  /** Bytes of the whole step's input; the profile's own bytes per task where absent. */
  readonly inputBytes?: number
  /** Instances of this size that are warm now: p instances count max(0, p - warm) cold starts. */
  readonly warmInstances: number
}

export interface CompileRequest {
  readonly step: string
  readonly space: ConfigSpace
  readonly tasks: number
  /** Level of the quantiles in `CompiledSpace`, in (0, 1). */
  readonly percentile: number
}

/**
 * Everything about one step's space as arrays, so that a planner never calls a model per point. Times are the
 * `percentile` quantile of each part; `mean*` are means, which the bill needs. Latency of (m, p, q) with `cold`
 * cold starts is
 *   combine(mappingDelayMs[p, cold], downloadMs[m, p], computeMs[m, q, n(p)], uploadMs[m, p])
 * which `latencyOf` in compiled-space.ts computes; the cost follows from the means. `NaN` in `computeMs` marks a
 * configuration that cannot run (memory floor, timeout).
 */
export interface CompiledSpace {
  readonly step: string
  readonly tasks: number
  readonly percentile: number
  readonly modelVersion: string
  /** Axes, ascending. */
  readonly memoryMB: readonly number[]
  readonly instances: readonly number[]
  readonly processes: readonly number[]
  /**
   * Distinct tasks per instance, ascending, and for each index of `instances` the index of ceil(tasks / p) in it.
   * The floors are in the list too: instances that run one task less than the others are billed for less.
   */
  readonly tasksPerInstance: readonly number[]
  readonly tasksPerInstanceOf: Int32Array
  /** [instances index][cold 0..maxInstances]: row length `instances.at(-1) + 1`. */
  readonly mappingDelayMs: Float64Array
  /** [memory index][tasksPerInstance index]. */
  readonly downloadMs: Float64Array
  readonly uploadMs: Float64Array
  /** [memory index][processes index][tasksPerInstance index]. */
  readonly computeMs: Float64Array
  /** The same four at the median: what a person is told as the prediction. */
  readonly median: CompiledParts
  /** The same at the mean: what is billed. */
  readonly mean: CompiledParts
  /** Billed init of one cold instance, mean ms, by memory index. */
  readonly initMs: Float64Array
  /**
   * By memory index: what a cold first call takes longer at this size than at the largest one of the space, whose
   * own extra is inside `mappingDelayMs`. Added to the latency once when any instance starts cold; inside `initMs`
   * for money.
   */
  readonly coldExtraMs?: Float64Array
  /** Factors on the distance from the medians that earlier steps asked for, inside the percentiles; absent where none did. */
  readonly stretch?: { readonly warm: number; readonly cold: number }
  readonly usdPerGbSecond: number
  readonly usdPerRequest: number
  /** StepConf bills t for all instances, mapping delay included (papers' cost model); false on AWS. */
  readonly billMappingDelay: boolean
  /** The smallest q from which more processes make nothing faster. */
  maxUsefulProcesses(memoryMB: number, tasksPerInstance: number): number
}

export interface CompiledParts {
  readonly mappingDelayMs: Float64Array
  readonly downloadMs: Float64Array
  readonly uploadMs: Float64Array
  readonly computeMs: Float64Array
}

/** Predicts any (step, configuration, task count, warm or cold). Pure: the same profile gives the same answers. */
export interface Estimator {
  readonly modelVersion: string
  /** Steps that it knows. */
  readonly steps: readonly string[]
  estimate(request: EstimateRequest): Estimate
  compile(request: CompileRequest): CompiledSpace
  /** Tasks of a step as far as the profile tells, for steps whose input does not exist yet. */
  expectedTasks(step: string): number
}
