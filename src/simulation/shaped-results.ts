import type { Json } from "../base/json.ts"
import type { HandlerCall } from "../platforms/simulated/function-behaviour.ts"
import { stepOf, type Step, type Workflow } from "../workflow/workflow.ts"

/**
 * What simulated functions answer: nobody runs their code, so each answer has the shape that the steps after it need and
 * nothing in it. A step that is split gets as many elements as the profile saw.
 */
export interface ShapedResults {
  readonly resultsOf: (call: HandlerCall) => readonly Json[]
  /** An input that every step without parents can take. */
  readonly input: Json
}

export function shapedResults(workflow: Workflow, tasksOf: (step: string) => number): ShapedResults {
  const lengths = new Map(workflow.steps.map((step) => [step.name, lengthOf(workflow, step, tasksOf)]))
  const outputOf = (step: string): Json => {
    const length = lengths.get(step) ?? null
    return length === null ? 0 : zeros(length)
  }
  const roots = workflow.steps.filter((step) => step.after.length === 0)
  const wanted = roots.map((step) => elementsFor(step, tasksOf)).filter((count) => count !== null)
  return {
    input: wanted.length === 0 ? 0 : zeros(Math.max(...wanted)),
    resultsOf: (call) => {
      const step = stepOf(workflow, stepOfKey(call.key) ?? call.functionName)
      // A split hands on files, a merge does not: that is how their calls differ.
      if (call.export !== "handler") return [call.files === "leave" ? zeros(tasksOf(step.name)) : outputOf(step.name)]
      if (step.split.kind === "none" && step.merge.kind === "list") return [outputOf(step.name)]
      return zeros(call.tasks.length)
    },
  }
}

/** The step in an idempotency key, `run/step#iteration.attempt/part`; null for a key of another make. */
export function stepOfKey(key: string): string | null {
  const from = key.indexOf("/")
  const to = key.indexOf("#", from)
  return from < 0 || to < 0 ? null : key.slice(from + 1, to)
}

/** Elements that the output of a step must have for its children; null where none of them splits it. */
function lengthOf(workflow: Workflow, step: Step, tasksOf: (step: string) => number): number | null {
  const wanted = workflow.steps
    .filter((child) => child.after.includes(step.name))
    .map((child) => elementsFor(child, tasksOf))
    .filter((count) => count !== null)
  return wanted.length === 0 ? null : Math.max(...wanted)
}

/** Elements of the input that a step splits into its tasks; null where it takes any input. */
function elementsFor({ name, split }: Step, tasksOf: (step: string) => number): number | null {
  if (split.kind === "each") return tasksOf(name)
  return split.kind === "size" ? tasksOf(name) * split.size : null
}

const kept = new Map<number, readonly number[]>()

function zeros(count: number): readonly number[] {
  let list = kept.get(count)
  if (list === undefined) {
    list = Array.from({ length: count }, () => 0)
    kept.set(count, list)
  }
  return list
}
