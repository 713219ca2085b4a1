import type { RandomTable } from "../../statistics/monte-carlo.ts"
import type { Loop, Step, Workflow } from "../../workflow/workflow.ts"
import { type BranchRule, branchRules } from "./conditions.ts"
import { always, countColumn, type CountDistribution, countMoments, countsSeen, repeatedWhile } from "./counts.ts"
import { ALWAYS, both, either, probabilityOf, runs, wayOf, type Ways } from "./ways.ts"

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
  /** What must be drawn for it to run. */
  readonly ways: Ways
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
 * How the steps of a workflow unfold, by step index: as the engine does it, a step runs where its own condition holds, the
 * step that it looks at has run, and one of its parents has, where it has any. Nothing known means the most: every
 * branch, every loop to its end.
 */
export function unfold(workflow: Workflow, known: KnownOutcomes = {}): StepUnfolding[] {
  const expected = new Map(workflow.steps.map(({ name, when }) => [name, when?.probability]))
  const rules = branchRules(workflow.steps, (step) => known.probabilityOf?.(step) ?? expected.get(step) ?? 1)
  const waysOf = new Map<string, Ways>()
  return workflow.steps.map((step) => {
    const ways = waysTo(step, rules.get(step.name), waysOf)
    waysOf.set(step.name, ways)
    return {
      probability: probabilityOf(ways),
      loop: step.loop === undefined ? always(1) : (known.loopCounts?.(step.name) ?? expectedLoops(step.loop)),
      tasks: step.map === undefined ? null : (known.taskCounts?.(step.name) ?? expectedTasks(step)),
      ways,
    }
  })
}

function waysTo({ after }: Step, rule: BranchRule | undefined, known: ReadonlyMap<string, Ways>): Ways {
  const reached = after.length === 0 ? ALWAYS : either(after.map((parent) => known.get(parent) ?? ALWAYS))
  if (rule === undefined) return reached
  return both(both(reached, known.get(rule.decidedBy) ?? ALWAYS), wayOf(rule))
}

function expectedLoops({ while: { probability }, max }: Loop): CountDistribution {
  return probability === undefined ? always(max) : repeatedWhile(probability, max)
}

function expectedTasks({ map }: Step): CountDistribution | null {
  if (map?.expected === undefined) return null
  return typeof map.expected === "number" ? always(map.expected) : countsSeen(map.expected)
}

/** Expected executions of each step: what its cost is weighed by. */
export function expectedExecutions(unfoldings: readonly StepUnfolding[]): Float64Array {
  return Float64Array.from(unfoldings, ({ probability, loop }) => probability * countMoments(loop).mean)
}

/** The steps in every scenario of a table: the same table gives two plans the same branches and counts. */
export function occurrenceColumns(unfoldings: readonly StepUnfolding[], table: RandomTable): OccurrenceColumn[] {
  const draws = new Map<string, Float64Array>()
  for (const draw of unfoldings.flatMap(({ ways }) => ways.flatMap((way) => [...way.keys()])))
    if (!draws.has(draw)) draws.set(draw, table.uniforms(0, PART.draw + draws.size))
  return unfoldings.map(({ ways, loop, tasks }, step) => {
    const executions = countColumn(loop, table.uniforms(step, PART.loop))
    if (ways !== ALWAYS)
      for (let s = 0; s < executions.length; s++) if (!runs(ways, (draw) => draws.get(draw)![s]!)) executions[s] = 0
    return { executions, tasks: tasks === null ? null : countColumn(tasks, table.uniforms(step, PART.tasks)) }
  })
}
