import { mean } from "../statistics/order-statistics.ts"
import type { Plan } from "../workflow/workflow.ts"
import type { DrawnWorkflow } from "../optimization/regret/drawn-workflow.ts"
import type { LossTable } from "../optimization/regret/loss-table.ts"
import { lossUnder } from "../optimization/regret/price-of-miss.ts"
import { pricedPlan } from "../optimization/regret/priced-options.ts"

/** What one takes who knows nothing of a function, MB: what most guides recommend. */
const USUAL_MB = 1024

/**
 * What a run costs less with the plan that is taken than with one instance of 1,024 MB and one process for every step,
 * misses priced in both; under a budget in the unit of the losses. Negative where that would be better.
 */
export function savingOf(drawn: DrawnWorkflow, { goal, plans, taken }: LossTable): number {
  const loss = lossUnder(goal)
  const expected = (plan: Plan): number => {
    const price = pricedPlan(drawn, plan)
    return mean(drawn.draws.map((_, b) => loss(price(b))))
  }
  return expected(unprofiledPlan(drawn)) - expected(plans[taken]!)
}

/** Every step at the size nearest to the usual one that can run it, with as few instances and processes as it may have. */
function unprofiledPlan({ present, steps }: DrawnWorkflow): Plan {
  return Object.fromEntries(
    present.graph.names.map((name, i) => {
      const { known } = steps[i]!
      const width = known.processes.length * known.tasksPerInstance.length
      const [instances, processes] = [known.instances[0]!, known.processes[0]!]
      const runs = known.memoryMB.filter(
        (_, m) => !Number.isNaN(known.computeMs[m * width + known.tasksPerInstanceOf[0]!]),
      )
      const sizes = runs.length > 0 ? runs : known.memoryMB
      const memoryMB = sizes.reduce((best, size) =>
        Math.abs(size - USUAL_MB) < Math.abs(best - USUAL_MB) ? size : best,
      )
      return [name, { memoryMB, instances, processes }]
    }),
  )
}
