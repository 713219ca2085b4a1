import { type Random, seededRandom } from "../../base/random.ts"
import type { Plan } from "../../workflow/workflow.ts"
import { enumerateSpace } from "../enumerate.ts"
import { configAt } from "../frontier.ts"
import type { PricedPlan, Problem } from "../planner.ts"
import { pricePlan } from "../plans.ts"
import { type StepChoices, stepChoices } from "../step-choices.ts"
import { answerOf, type BaselinePlanner, meets } from "./baseline-planner.ts"
import { only, restrictSpace, withSpaces } from "./knobs.ts"

/** What somebody chooses who chooses nothing. */
const DEFAULT_MEMORY_MB = 1024

/** Every step at 1,024 MB (or the nearest size of its space), one instance, one process, whatever the goal. */
export function defaultPlanner(): BaselinePlanner {
  const attempt = (problem: Problem): PricedPlan => {
    const choices = stepChoices(
      withSpaces(problem, (space) =>
        restrictSpace(space, { memoryMB: only(DEFAULT_MEMORY_MB), instances: only(1), processes: only(1) }),
      ),
    )
    return pricePlan(choices, draw(choices, { next: () => 0 }))
  }
  return { name: "default", attempt, plan: (problem) => answerOf(stepChoices(problem), attempt(problem)) }
}

export interface RandomPlannerOptions {
  /** Default 1. */
  readonly seed?: number
  /** Plans drawn; default 100. */
  readonly draws?: number
}

/** The best of some plans whose configurations are drawn evenly from all that may run; the nearest where none fits. */
export function randomPlanner({ seed = 1, draws = 100 }: RandomPlannerOptions = {}): BaselinePlanner {
  const attempt = (problem: Problem): PricedPlan => {
    const choices = stepChoices(problem)
    const random = seededRandom(seed)
    const plans = Array.from({ length: Math.max(1, draws) }, () => pricePlan(choices, draw(choices, random)))
    return plans.reduce((best, plan) => (isBetter(problem, plan, best) ? plan : best))
  }
  return { name: "random", attempt, plan: (problem) => answerOf(stepChoices(problem), attempt(problem)) }
}

function isBetter({ goal }: Problem, a: PricedPlan, b: PricedPlan): boolean {
  if (meets(goal, a) !== meets(goal, b)) return meets(goal, a)
  const wantsCheap = (goal.kind === "cost") === meets(goal, a)
  return wantsCheap ? a.costUsd < b.costUsd : a.latencyMs < b.latencyMs
}

function draw({ graph, frontiers, problem }: StepChoices, random: Random): Plan {
  const configs = frontiers.map(({ space }, i) => {
    const within = enumerateSpace({ space, limits: problem.limits }, "within")
    const all = within.count > 0 ? within : enumerateSpace({ space, limits: problem.limits }, "smallest")
    return [graph.names[i]!, configAt(space, all.point[Math.floor(random.next() * all.count)]!)] as const
  })
  return Object.fromEntries(configs)
}
