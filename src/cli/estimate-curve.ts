import type { Rates } from "../estimation/compile.ts"
import type { Estimate, Estimator } from "../estimation/estimator.ts"
import type { InstanceSample, Profile } from "../estimation/sample.ts"
import { selectSamples } from "../estimation/sample-selection.ts"
import { roundUpMs } from "../pricing/billed-duration.ts"
import type { EstimateCurve, EstimatePoint, MeasuredSize } from "../report/estimate-curve.ts"
import { median } from "../statistics/order-statistics.ts"
import { quantile } from "../statistics/quantile-table.ts"
import type { Step } from "../workflow/workflow.ts"

export interface CurveRequest {
  readonly step: Step
  readonly profile: Profile
  readonly estimator: Estimator
  readonly rates: Rates
  readonly memoryMB: readonly number[]
  readonly instances: number
  readonly processes: number
  readonly tasks: number
  readonly warm: number
  readonly percentile: number
}

/** The estimates of one step over memory, beside what was measured of one instance. */
export function estimateCurve(request: CurveRequest): EstimateCurve {
  const { step, estimator, instances, processes, tasks, warm, percentile } = request
  const points = request.memoryMB.map((memoryMB): EstimatePoint => {
    const config = { memoryMB, instances, processes }
    const estimate = estimator.estimate({ step: step.name, config, tasks, warmInstances: warm })
    return { memoryMB, ...pointOf(estimate, percentile) }
  })
  const measured = measuredSizes(request)
  return {
    step: step.name,
    functionName: step.function,
    tasks,
    instances,
    processes,
    warm,
    percentile,
    points,
    measured,
  }
}

/** The z of a standard normal's P95. */
const Z95 = 1.645

function pointOf(estimate: Estimate, percentile: number): Omit<EstimatePoint, "memoryMB"> {
  const { latencyMs, costUsd, support, blocked } = estimate
  return {
    medianMs: quantile(latencyMs, 0.5),
    upperMs: quantile(latencyMs, percentile),
    lowMs: quantile(latencyMs, 0.05),
    highMs: quantile(latencyMs, 0.95),
    meanCostUsd: costUsd.mean,
    lowCostUsd: Math.max(0, costUsd.mean - Z95 * costUsd.sd),
    highCostUsd: costUsd.mean + Z95 * costUsd.sd,
    support,
    blocked: blocked ?? null,
  }
}

/** Warm invocations that did as many tasks in as many processes as an instance of the step would, by size. */
function measuredSizes({ profile, instances, processes, tasks, rates }: CurveRequest): readonly MeasuredSize[] {
  const perInstance = Math.ceil(tasks / Math.min(instances, Math.max(1, tasks)))
  const busy = Math.min(processes, perInstance)
  const bySize = new Map<number, InstanceSample[]>()
  for (const sample of selectSamples(profile).ok) {
    if (sample.cold || sample.tasks !== perInstance || Math.min(sample.processes, sample.tasks) !== busy) continue
    const group = bySize.get(sample.memoryMB)
    if (group === undefined) bySize.set(sample.memoryMB, [sample])
    else group.push(sample)
  }
  return [...bySize]
    .sort(([a], [b]) => a - b)
    .map(([memoryMB, samples]) => ({
      memoryMB,
      medianMs: median(samples.map((sample) => sample.durationMs)),
      medianCostUsd:
        // What it would be billed for today, whatever the rule was then.
        median(samples.map((sample) => roundUpMs(sample.durationMs))) *
          (memoryMB / 1024) *
          (rates.usdPerGbSecond / 1000) +
        rates.usdPerRequest,
      samples: samples.length,
      means: samples.every((sample) => sample.aggregate !== undefined),
    }))
}
