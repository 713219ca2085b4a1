import type { DrawnWorkflow } from "../optimization/regret/drawn-workflow.ts"
import type { LossTable } from "../optimization/regret/loss-table.ts"
import { sampleQuantile } from "../statistics/order-statistics.ts"
import { pointOf } from "../estimation/compiled-space.ts"
import { sameConfig, type StepConfig } from "../workflow/config.ts"

/** What the profiles leave open about one step of the plan. */
export interface UncertainStep {
  readonly step: string
  /** In the plan that is taken. */
  readonly config: StepConfig
  /** Share of the draws whose best plan has another configuration here. */
  readonly otherShare: number
  /** Memory sizes that nine in ten of the draws' best plans have here, MB. */
  readonly memoryMB: readonly [least: number, most: number]
  /** Sd of the step's time of computing in that configuration, as a share. */
  readonly timeSd: number
}

/** Steps that some draws would configure otherwise, those whose time is least known first. */
export function uncertainSteps({ present, steps }: DrawnWorkflow, table: LossTable): readonly UncertainStep[] {
  const plans = Array.from(table.bestPlan, (k) => table.plans[k]!)
  return present.graph.names
    .map((step, i): UncertainStep => {
      const config = table.plans[table.taken]![step]!
      const sizes = plans.map((plan) => plan[step]!.memoryMB)
      const others = plans.filter((plan) => !sameConfig(plan[step]!, config)).length
      return {
        step,
        config,
        otherShare: others / plans.length,
        memoryMB: [nearest(sizes, 0.05), nearest(sizes, 0.95)],
        timeSd: timeSd(steps[i]!, config),
      }
    })
    .filter(({ otherShare }) => otherShare > 0)
    .toSorted((a, b) => b.timeSd - a.timeSd)
}

/** The size at a level: one of the sizes. */
function nearest(sizes: readonly number[], level: number): number {
  const wanted = sampleQuantile(sizes, level)
  return sizes.reduce((best, size) => (Math.abs(size - wanted) < Math.abs(best - wanted) ? size : best))
}

function timeSd({ known, logFactors }: DrawnWorkflow["steps"][number], config: StepConfig): number {
  const point = pointOf(known, config, 0)
  if (point === undefined) return 0
  const n = known.tasksPerInstanceOf[point.instanceIndex]!
  const row = point.memoryIndex * known.processes.length + point.processIndex
  const at = row * known.tasksPerInstance.length + n
  return Math.sqrt(logFactors.reduce((sum, factors) => sum + factors[at]! ** 2, 0) / logFactors.length)
}
