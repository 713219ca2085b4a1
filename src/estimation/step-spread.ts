import { normalQuantile } from "../statistics/normal.ts"
import { mean, median } from "../statistics/order-statistics.ts"
import { usedInstances } from "./compiled-space.ts"
import type { InstanceSample, StepSample } from "./sample.ts"

/**
 * What the instances of one step do to each other's maximum. Step samples are already a maximum over instances and
 * instance samples are not: the two are compared here and never pooled.
 */
export interface StepSpread {
  /** Share of the noise's variance that all instances of a step have in common. */
  readonly commonShare: number
  /** Sd of ln t of one task over the tasks of a step, beyond the noise; n tasks on an instance average it. */
  readonly taskSd: number
  /** Step samples of several instances behind it. */
  readonly steps: number
}

export const EVEN: StepSpread = { commonShare: 0, taskSd: 0, steps: 0 }

/** What instances of this function were predicted to do. */
export interface StepPrediction {
  /** Median of an instance, ms. */
  computeMs(point: { readonly memoryMB: number; readonly processes: number; readonly tasks: number }): number
  /** Median of download and upload of the slowest of `instances`, ms. */
  transferMs(memoryMB: number, tasks: number, instances: number): number
  readonly noiseSd: number
  readonly formSd: number
}

/** Steps and groups of instances that an even split without common noise counts for. */
const PRIOR_STEPS = 4
/** Excesses beyond this are no matter of uneven tasks. */
const MOST_TASK_SD = 2
/** Compute must be at least this share of a step's time to be seen in it. */
const LEAST_SHARE = 0.5

/** Learns both from the warm, uncontended steps of one function. Few steps are shrunk to an even split. */
export function fitStepSpread(
  { ok, steps }: { readonly ok: readonly InstanceSample[]; readonly steps: readonly StepSample[] },
  prediction: StepPrediction,
): StepSpread {
  const wide = steps.filter(
    (step) => step.cold === 0 && !step.contended && usedInstances(step.tasks, step.config.instances) > 1,
  )
  if (wide.length === 0) return EVEN
  const commonShare = commonShareOf(wide, ok)
  return {
    commonShare,
    taskSd: taskSdOf(wide, { prediction, commonShare, offset: offsetOf(steps, prediction) }),
    steps: wide.length,
  }
}

/** ln of a step's compute time, that of its slowest instance, over the prediction for one; null where it is hidden. */
function excessOf(step: StepSample, prediction: StepPrediction): number | null {
  const { memoryMB, processes, instances } = step.config
  const used = usedInstances(step.tasks, instances)
  const tasks = Math.ceil(step.tasks / used)
  const computeMs = step.wallMs - step.mappingDelayMs - prediction.transferMs(memoryMB, tasks, used)
  if (!(computeMs > LEAST_SHARE * step.wallMs)) return null
  return Math.log(computeMs / prediction.computeMs({ memoryMB, processes, tasks }))
}

/** Steps of one instance tell what the curve itself is off by. */
function offsetOf(steps: readonly StepSample[], prediction: StepPrediction): number {
  const single = steps
    .filter((step) => step.cold === 0 && !step.contended && usedInstances(step.tasks, step.config.instances) === 1)
    .map((step) => excessOf(step, prediction))
    .filter((excess) => excess !== null)
  return single.length > 0 ? (median(single) * single.length) / (single.length + PRIOR_STEPS) : 0
}

/**
 * The median of the maximum of k instances lies a(k) own sd above their centre, a(k) = Phi^-1(.5^(1/k)): what an excess
 * shows beyond the noise and the form error is unequal tasks.
 */
function taskSdOf(
  steps: readonly StepSample[],
  known: { readonly prediction: StepPrediction; readonly commonShare: number; readonly offset: number },
): number {
  const { prediction, commonShare, offset } = known
  const own = prediction.noiseSd ** 2 * (1 - commonShare)
  const variances: number[] = []
  for (const step of steps) {
    const excess = excessOf(step, prediction)
    if (excess === null) continue
    const used = usedInstances(step.tasks, step.config.instances)
    const reach = normalQuantile(0.5 ** (1 / used))
    const sd = (excess - offset) / reach
    const form = (prediction.formSd / reach) ** 2
    variances.push((sd * Math.abs(sd) - own - form) * Math.ceil(step.tasks / used))
  }
  if (variances.length === 0) return 0
  const shrunk = (median(variances) * variances.length) / (variances.length + PRIOR_STEPS)
  return Math.min(MOST_TASK_SD, Math.sqrt(Math.max(0, shrunk)))
}

/** Two-level split of the variance of ln compute: between steps and, inside each, between its instances. */
function commonShareOf(steps: readonly StepSample[], ok: readonly InstanceSample[]): number {
  const groups = steps.map((step) => instancesOf(step, ok)).filter((group) => group.length > 1)
  const centres = new Map<string, number[]>()
  for (const group of groups) for (const { key, log } of group) centres.set(key, [...(centres.get(key) ?? []), log])
  // A configuration that was run once tells nothing between steps.
  const residuals = groups
    .map((group) => group.map(({ key, log }) => log - mean(centres.get(key)!)))
    .filter((_, i) => groups[i]!.some(({ key }) => centres.get(key)!.length > groups[i]!.length))
  if (residuals.length < 2) return 0
  const size = mean(residuals.map((group) => group.length))
  const within = mean(residuals.map((group) => varianceOf(group)))
  const between = Math.max(0, varianceOf(residuals.map(mean)) - within / size)
  const share = between + within > 0 ? between / (between + within) : 0
  return (share * residuals.length) / (residuals.length + PRIOR_STEPS)
}

/** The warm instances that ended within the step's time in its configuration; none where they are not exactly its own. */
function instancesOf(step: StepSample, ok: readonly InstanceSample[]): readonly { key: string; log: number }[] {
  const found = ok.filter(
    ({ atMs, cold, memoryMB, processes, aggregate }) =>
      !cold &&
      aggregate === undefined &&
      memoryMB === step.config.memoryMB &&
      processes === step.config.processes &&
      atMs <= step.atMs &&
      atMs >= step.atMs - step.wallMs,
  )
  if (found.length !== usedInstances(step.tasks, step.config.instances)) return []
  return found
    .filter(({ computeMs }) => computeMs > 0)
    .map(({ memoryMB, processes, tasks, computeMs }) => ({
      key: `${memoryMB}/${processes}/${tasks}`,
      log: Math.log(computeMs),
    }))
}

function varianceOf(values: readonly number[]): number {
  if (values.length < 2) return 0
  const centre = mean(values)
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1)
}
