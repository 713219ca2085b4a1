import type { Json } from "../../base/json.ts"
import { goesOn, holds, valueAt } from "../../workflow/condition.ts"
import { topologicalSort } from "../../workflow/graph.ts"
import type { NestedStepSpecInput, StepSpecInput, WorkflowSpec } from "../../workflow/spec.ts"
import type { Condition, Loop } from "../../workflow/workflow.ts"
import { answerOf } from "./random-workflow.ts"

/**
 * What a run of a random workflow gives, told from the spec alone: step by step, one after the other, nested workflows as
 * calls. It shares nothing with the engine but what a condition means, and nothing with the flattening of nested steps.
 */
export function referenceOutput({ steps, workflows = {} }: WorkflowSpec, input: Json): Json {
  const output = scopeOutput(steps, { input, prefix: "", workflows })
  return output ?? nothingOf(steps, workflows)
}

/** What is given where no last step ran. */
function nothingOf(steps: WorkflowSpec["steps"], workflows: Scope["workflows"]): Json {
  const [last, ...others] = lastSteps(inOrder(steps))
  if (others.length > 0) return {}
  const step = steps[last!]!
  return "workflow" in step ? nothingOf(workflows[step.workflow]!.steps, workflows) : null
}

interface Scope {
  readonly input: Json
  /** Names of the steps around it. */
  readonly prefix: string
  readonly workflows: NonNullable<WorkflowSpec["workflows"]>
}

type Named = readonly [name: string, step: StepSpecInput | NestedStepSpecInput]

function inOrder(steps: WorkflowSpec["steps"]): readonly Named[] {
  const named = Object.entries(steps).map(([name, step]) => ({ name, after: step.after ?? [], step }))
  const sorted = topologicalSort(named)
  if (sorted.kind === "cycle") throw new Error("a random workflow has a cycle")
  return sorted.steps.map(({ name, step }) => [name, step])
}

function lastSteps(steps: readonly Named[]): readonly string[] {
  const parents = new Set(steps.flatMap(([, { after = [] }]) => after))
  return steps.map(([name]) => name).filter((name) => !parents.has(name))
}

/** Undefined where nothing of it ran. */
function scopeOutput(steps: WorkflowSpec["steps"], scope: Scope): Json | undefined {
  const outputs = new Map<string, Json | undefined>()
  const named = inOrder(steps)
  for (const [name, step] of named) outputs.set(name, stepOutput(name, step, outputs, scope))
  const sinks = lastSteps(named)
  return sinks.length === 1 ? outputs.get(sinks[0]!) : byName(sinks, outputs)
}

function stepOutput(
  name: string,
  step: StepSpecInput | NestedStepSpecInput,
  outputs: ReadonlyMap<string, Json | undefined>,
  scope: Scope,
): Json | undefined {
  const { after = [], when } = step
  if (after.length > 0 && after.every((parent) => outputs.get(parent) === undefined)) return undefined
  if (when !== undefined && !holds(when as Condition, outputs.get(when.step))) return undefined // as parsed
  const input =
    after.length === 0 ? scope.input : after.length === 1 ? outputs.get(after[0]!)! : byName(after, outputs)!
  const path = `${scope.prefix}${name}`
  if ("workflow" in step)
    return scopeOutput(scope.workflows[step.workflow]!.steps, { ...scope, input, prefix: `${path}.` })
  const { map, loop } = step
  if (map !== undefined) {
    const source = outputs.get(map.step)
    const list = source === undefined ? [] : (valueAt(source, map.path) as readonly Json[])
    return list.map((task) => answerOf(path, task))
  }
  if (step.split === "each") return (input as readonly Json[]).map((task) => answerOf(path, task))
  return loop === undefined ? answerOf(path, input) : looped(path, input, loop as Loop) // as parsed
}

function looped(path: string, input: Json, loop: Loop): Json {
  let output = answerOf(path, input)
  for (let done = 1; goesOn(loop, done, output); done++) output = answerOf(path, output)
  return output
}

function byName(names: readonly string[], outputs: ReadonlyMap<string, Json | undefined>): Json | undefined {
  const ran = names.flatMap((name): [string, Json][] => {
    const output = outputs.get(name)
    return output === undefined ? [] : [[name, output]]
  })
  return ran.length === 0 ? undefined : Object.fromEntries(ran)
}
