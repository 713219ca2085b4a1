import { coldStarts, costOf, pointOf } from "../../estimation/compiled-space.ts"
import type { CompiledSpace } from "../../estimation/estimator.ts"
import { formatConfig, type StepConfig } from "../../workflow/config.ts"
import type { Goal } from "../../workflow/goal.ts"
import type { Plan } from "../../workflow/workflow.ts"
import { type Capacity, usage, wholeCapacity } from "../capacity.ts"
import { planEnd } from "../plan-schedule.ts"
import { latencyWith } from "../predicted.ts"
import type { StepChoices } from "../step-choices.ts"
import { planAmong } from "../trimtab-planner.ts"
import type { DrawnWorkflow } from "./drawn-workflow.ts"
import { lossOf, type Outcome } from "./price-of-miss.ts"

/** What the plans that are best in some draw, and the present one, would be worth in every draw. */
export interface LossTable {
  readonly goal: Goal
  /** The present plan first, then those of the draws, each once. */
  readonly plans: readonly Plan[]
  /** [draw * plans + plan]: USD for a deadline, ms for a budget (price-of-miss.ts). */
  readonly loss: Float64Array
  /** By draw, the least of all plans: the draw's own best plan is one of them. */
  readonly best: Float64Array
  /** [draw]: index of the plan that is best there. */
  readonly bestPlan: Int32Array
  /** The present plan as it is estimated now. */
  readonly present: Outcome
}

/** Plans for every draw and for the present estimates, priced in every draw. Some 100 ms for 64 draws of 10 steps. */
export function lossTable({ present, draws }: DrawnWorkflow, goal: Goal): LossTable {
  const index = new Map<string, number>()
  const plans: Plan[] = []
  for (const choices of [present, ...draws]) {
    const plan = planFor(choices, goal)
    const key = choices.graph.names.map((name) => formatConfig(plan[name]!)).join("|")
    if (!index.has(key)) index.set(key, plans.push(plan) - 1)
  }
  const loss = new Float64Array(draws.length * plans.length)
  const best = new Float64Array(draws.length).fill(Infinity)
  const bestPlan = new Int32Array(draws.length)
  for (const [b, choices] of draws.entries()) {
    const price = pricer(choices)
    for (const [k, plan] of plans.entries()) {
      const value = lossOf(goal, price(plan))
      loss[b * plans.length + k] = value
      if (value < best[b]!) [best[b], bestPlan[b]] = [value, k]
    }
  }
  return { goal, plans, loss, best, bestPlan, present: pricer(present)(plans[0]!) }
}

/** The plan that would be made; the fastest one where no plan meets the goal. */
export function planFor(choices: StepChoices, goal: Goal): Plan {
  const result = planAmong({ ...choices, problem: { ...choices.problem, goal } }, { effort: "fast" })
  if (result.feasible) return result.plan
  return goal.kind === "cost" ? result.fastest.plan : result.cheapest.plan
}

interface PricedStep {
  readonly medianMs: number
  readonly percentileMs: number
  readonly costUsd: number
  readonly use: Capacity
}

/** Prices plans of the same choices, each configuration of a step once. */
export function pricer({ graph, frontiers, margins, problem }: StepChoices): (plan: Plan) => Outcome {
  const known = frontiers.map(() => new Map<string, PricedStep>())
  const whole = wholeCapacity(problem.limits)
  const priced = (i: number, config: StepConfig): PricedStep => {
    const key = formatConfig(config)
    let step = known[i]!.get(key)
    if (step === undefined) {
      const { space } = frontiers[i]!
      const medianMs = latencyWith(space, config, 0)
      const percentileMs = latencyWith(space, config, margins[i]!)
      step = { medianMs, percentileMs, costUsd: costAt(space, config), use: usage(problem.limits, config) }
      known[i]!.set(key, step)
    }
    return step
  }
  return (plan) => {
    const steps = graph.names.map((name, i) => priced(i, plan[name]!))
    const usages = steps.map(({ use }) => use)
    const end = (level: "medianMs" | "percentileMs"): number =>
      planEnd(graph, { durationsMs: Float64Array.from(steps, (step) => step[level]), usage: usages }, whole)
    const costUsd = steps.reduce((sum, step) => sum + step.costUsd, 0)
    return { medianMs: end("medianMs"), percentileMs: end("percentileMs"), costUsd }
  }
}

function costAt(space: CompiledSpace, config: StepConfig): number {
  return costOf(space, pointOf(space, config, coldStarts(space.tasks, config.instances, 0))!)
}
