import { formatConfig } from "../../workflow/config.ts"
import type { Goal } from "../../workflow/goal.ts"
import type { Plan } from "../../workflow/workflow.ts"
import type { PricedPlan } from "../planner.ts"
import { pricePlan } from "../plans.ts"
import type { StepChoices } from "../step-choices.ts"
import { planAmong } from "../trimtab-planner.ts"
import type { DrawnWorkflow } from "./drawn-workflow.ts"
import { leastRegretPlan } from "./least-regret.ts"
import { lossUnder } from "./price-of-miss.ts"
import { pricedPlan } from "./priced-options.ts"

/** What plans would be worth in every draw. */
export interface LossTable {
  readonly goal: Goal
  /** Those that are best in some draw, and the two below; each once. */
  readonly plans: readonly Plan[]
  /** Index of the plan of least expected loss: the one that is taken. */
  readonly taken: number
  /** Index of the plan that the present estimates alone ask for. */
  readonly usual: number
  /** [draw * plans + plan]: USD for a deadline, ms for a budget (price-of-miss.ts). */
  readonly loss: Float64Array
  /** By draw, the least of all plans: the draw's own best plan is one of them. */
  readonly best: Float64Array
  /** [draw]: index of the plan that is best there. */
  readonly bestPlan: Int32Array
  /** The plan that is taken, as it is estimated now. */
  readonly present: PricedPlan
}

/** Plans for every draw and for all of them together, priced in every draw. Some 50 ms for 64 draws of 10 steps. */
export function lossTable(drawn: DrawnWorkflow, goal: Goal): LossTable {
  const { present, draws } = drawn
  const list = planList(present.graph.names)
  const usual = list.add(planFor(present, goal))
  for (const choices of draws) list.add(planFor(choices, goal))
  const loss = lossUnder(goal)
  const columnOf = (plan: Plan): Float64Array => {
    const price = pricedPlan(drawn, plan)
    return Float64Array.from(draws, (_, b) => loss(price(b)))
  }
  const columns = list.plans.map(columnOf)
  const at = list.add(leastRegretPlan(drawn, goal, list.plans[leastOf(columns)]!))
  if (at === columns.length) columns.push(columnOf(list.plans[at]!))
  const taken = leastOf(columns)
  const plans = list.plans
  return { goal, plans, taken, usual, ...rowsOf(columns), present: pricePlan(present, plans[taken]!) }
}

/** The plan that would be made; as near to the goal as can be where no plan meets it. */
function planFor(choices: StepChoices, goal: Goal): Plan {
  const result = planAmong({ ...choices, problem: { ...choices.problem, goal } }, { effort: "fast" })
  if (result.feasible) return result.plan
  return goal.kind === "cost" ? result.fastest.plan : result.cheapest.plan
}

/** Plans by their configurations, each once. */
function planList(names: readonly string[]): { readonly plans: readonly Plan[]; readonly add: (plan: Plan) => number } {
  const index = new Map<string, number>()
  const plans: Plan[] = []
  const add = (plan: Plan): number => {
    const key = names.map((name) => formatConfig(plan[name]!)).join("|")
    const known = index.get(key) ?? plans.push(plan) - 1
    index.set(key, known)
    return known
  }
  return { plans, add }
}

/** Index of the column with the least sum; one that cannot run in some draw (NaN) is none. */
function leastOf(columns: readonly Float64Array[]): number {
  let best = 0
  let least = Infinity
  for (const [k, column] of columns.entries()) {
    const sum = column.reduce((total, loss) => total + loss, 0)
    if (sum < least) [best, least] = [k, sum]
  }
  return best
}

function rowsOf(columns: readonly Float64Array[]): Pick<LossTable, "loss" | "best" | "bestPlan"> {
  const draws = columns[0]!.length
  const loss = new Float64Array(draws * columns.length)
  const best = new Float64Array(draws).fill(Infinity)
  const bestPlan = new Int32Array(draws)
  for (let b = 0; b < draws; b++)
    for (const [k, column] of columns.entries()) {
      const value = Number.isNaN(column[b]!) ? Infinity : column[b]!
      loss[b * columns.length + k] = value
      if (value < best[b]!) [best[b], bestPlan[b]] = [value, k]
    }
  return { loss, best, bestPlan }
}
