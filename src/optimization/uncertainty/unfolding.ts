import type { RandomTable } from "../../statistics/monte-carlo.ts"
import type { Loop, Step, Workflow } from "../../workflow/workflow.ts"
import { type BranchRule, branchRules, holdsAt, type Intervals, intersection, measure } from "./conditions.ts"
import { always, countColumn, type CountDistribution, countMoments, countsSeen, repeatedWhile } from "./counts.ts"

/** What is known of how runs go from the runs before; it goes before what the workflow's author expects. */
export interface KnownOutcomes {
  /** Chance that the step's condition holds where the step it looks at has run. Default: as expected, else 1. */
  readonly probabilityOf?: (step: string) => number | undefined
  /** Executions of the step's loop, at least 1. Default: by the chance that it goes on, else the loop's `max`. */
  readonly loopCounts?: (step: string) => CountDistribution | undefined
  /** Tasks of a step whose map has its length at run time only. Default: `expected` where the map has it. */
  readonly taskCounts?: (step: string) => CountDistribution | undefined
}

/** How one step unfolds. */
export interface StepUnfolding {
  /** Chance that the step runs at all. */
  readonly probability: number
  /** Executions one after the other where it runs. */
  readonly loop: CountDistribution
  /** Tasks of an execution; null where the count is known before the run. */
  readonly tasks: CountDistribution | null
  /** Conditions that must all hold: its own, and those of the steps that decide it. */
  readonly rules: readonly BranchRule[]
}

/** A step in every scenario: executions (0 where it is skipped), and tasks where only the run tells. */
export interface OccurrenceColumn {
  readonly executions: Int32Array
  readonly tasks: Int32Array | null
}

/** Parts of a step's columns in the random table that no time uses. */
const PART = { loop: 90, tasks: 91, cost: 92, draw: 100 } as const

/** The part whose column says what a step costs. */
export const COST_PART: number = PART.cost

/**
 * How the steps of a workflow unfold, by step index. A step runs where its own condition holds and the step that it looks
 * at has run; a step without a condition always runs. Nothing known means the most: every branch, every loop to its end.
 */
export function unfold(workflow: Workflow, known: KnownOutcomes = {}): StepUnfolding[] {
  const expected = new Map(workflow.steps.map(({ name, when }) => [name, when?.probability]))
  const rules = branchRules(workflow.steps, (step) => known.probabilityOf?.(step) ?? expected.get(step) ?? 1)
  return workflow.steps.map((step) => {
    const chain = rulesOf(step.name, rules)
    return {
      probability: probabilityOf(chain),
      loop: step.loop === undefined ? always(1) : (known.loopCounts?.(step.name) ?? expectedLoops(step.loop)),
      tasks: step.map === undefined ? null : (known.taskCounts?.(step.name) ?? expectedTasks(step)),
      rules: chain,
    }
  })
}

function expectedLoops({ while: { probability }, max }: Loop): CountDistribution {
  return probability === undefined ? always(max) : repeatedWhile(probability, max)
}

function expectedTasks({ map }: Step): CountDistribution | null {
  if (map?.expected === undefined) return null
  return typeof map.expected === "number" ? always(map.expected) : countsSeen(map.expected)
}

function rulesOf(step: string, rules: ReadonlyMap<string, BranchRule>): BranchRule[] {
  const chain: BranchRule[] = []
  for (let rule = rules.get(step); rule !== undefined; rule = rules.get(rule.decidedBy)) chain.push(rule)
  return chain
}

/** Draws are independent; the rules of one draw must all hold for the same number. */
function probabilityOf(chain: readonly BranchRule[]): number {
  const whole: Intervals = [[0, 1]]
  return [...Map.groupBy(chain, (rule) => rule.draw).values()].reduce(
    (product, rules) =>
      product * measure(rules.reduce<Intervals>((common, rule) => intersection(common, rule.holds), whole)),
    1,
  )
}

/** Expected executions of each step: what its cost is weighed by. */
export function expectedExecutions(unfoldings: readonly StepUnfolding[]): Float64Array {
  return Float64Array.from(unfoldings, ({ probability, loop }) => probability * countMoments(loop).mean)
}

/** The steps in every scenario of a table: the same table gives two plans the same branches and counts. */
export function occurrenceColumns(unfoldings: readonly StepUnfolding[], table: RandomTable): OccurrenceColumn[] {
  const draws = new Map<string, Float64Array>()
  for (const { draw } of unfoldings.flatMap((unfolding) => unfolding.rules))
    if (!draws.has(draw)) draws.set(draw, table.uniforms(0, PART.draw + draws.size))
  return unfoldings.map(({ rules, loop, tasks }, step) => {
    const executions = countColumn(loop, table.uniforms(step, PART.loop))
    for (const { draw, holds } of rules) {
      const uniforms = draws.get(draw)!
      for (let s = 0; s < executions.length; s++) if (!holdsAt(holds, uniforms[s]!)) executions[s] = 0
    }
    return { executions, tasks: tasks === null ? null : countColumn(tasks, table.uniforms(step, PART.tasks)) }
  })
}
