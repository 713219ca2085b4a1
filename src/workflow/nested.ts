import { TrimtabError } from "../base/errors.ts"
import type { Condition, InputSource, Step } from "./workflow.ts"

/**
 * A step that runs another workflow is replaced by the steps of that workflow, `outer.inner`, when the spec is read. What
 * plans, decides, recovers, cancels or redrives then knows steps alone: a nested workflow gets its share of the goal like
 * any other part of the run, and is as durable.
 */
export interface NestedStep {
  readonly name: string
  readonly after: readonly string[]
  readonly when?: Condition
  /** Name of the workflow that it runs. */
  readonly workflow: string
}

/** Steps of one workflow as its spec has them, in topological order. */
export type Scope = readonly (Step | NestedStep)[]

/** Steps of a spec and what its run gives; `output` is absent where the steps alone tell it. */
export interface Flattened {
  readonly steps: readonly Step[]
  readonly output?: InputSource
}

/** Steps that a workflow may have once all nested ones are in it. */
const MOST_STEPS = 10_000

/**
 * Puts the steps of nested workflows in the place of the steps that run them. `workflows` are valid scopes; none is
 * looked at that no step runs.
 * @throws TrimtabError `invalid-workflow` for a workflow that runs itself, and for more than 10,000 steps
 */
export function flatten(top: Scope, workflows: ReadonlyMap<string, Scope>, where: string): Flattened {
  if (top.every((step) => !isNested(step))) return { steps: top as readonly Step[] } // none is nested
  const steps: Step[] = []
  const output = expand(top, { prefix: "", input: { kind: "run" }, path: [] }, { steps, workflows, where })
  return { steps, output }
}

export function isNested(step: Step | NestedStep): step is NestedStep {
  return "workflow" in step
}

/** Where a scope stands: names before its own, what its first steps read, and the workflows around it. */
interface Place {
  readonly prefix: string
  readonly input: InputSource
  readonly when?: Condition
  readonly path: readonly string[]
}

interface Flattening {
  readonly steps: Step[]
  readonly workflows: ReadonlyMap<string, Scope>
  readonly where: string
}

/** Adds the steps of a scope and returns what the scope gives. */
function expand(scope: Scope, place: Place, into: Flattening): InputSource {
  const outputs = new Map<string, InputSource>()
  const isParent = new Set(scope.flatMap((step) => step.after))
  for (const step of scope) {
    const input = inputOf(step.after, place.input, outputs)
    const own = step.when === undefined ? undefined : { ...step.when, ...sourceStep(step, step.when, outputs, into) }
    // First steps have no condition of their own; the others are skipped with them.
    const when = step.after.length === 0 ? place.when : own
    const name = `${place.prefix}${step.name}`
    if (isNested(step)) outputs.set(step.name, expandNested(step, { ...place, prefix: name, input }, when, into))
    else {
      into.steps.push(placed(step, { name, input, when, outputs, into }))
      outputs.set(step.name, { kind: "step", step: name })
    }
    if (into.steps.length > MOST_STEPS)
      throw refused(into.where, `the workflow has more than ${MOST_STEPS} steps`, "run less of it in one workflow")
  }
  const sinks = scope.filter((step) => !isParent.has(step.name))
  if (sinks.length === 1) return outputs.get(sinks[0]!.name)!
  return { kind: "record", fields: sinks.map(({ name }) => [name, outputs.get(name)!] as const) }
}

function expandNested(step: NestedStep, around: Place, when: Condition | undefined, into: Flattening): InputSource {
  const path = [...around.path, step.workflow]
  if (around.path.includes(step.workflow))
    throw refused(into.where, `workflow ${step.workflow} runs itself: ${path.join(" -> ")}`, "break the circle")
  const { input } = around
  const place = { prefix: `${around.prefix}.`, input, path, ...(when === undefined ? {} : { when }) }
  return expand(into.workflows.get(step.workflow)!, place, into)
}

function inputOf(after: readonly string[], input: InputSource, outputs: ReadonlyMap<string, InputSource>): InputSource {
  if (after.length === 0) return input
  if (after.length === 1) return outputs.get(after[0]!)!
  return { kind: "record", fields: after.map((name) => [name, outputs.get(name)!] as const) }
}

interface Placing {
  readonly name: string
  readonly input: InputSource
  readonly when: Condition | undefined
  readonly outputs: ReadonlyMap<string, InputSource>
  readonly into: Flattening
}

function placed(step: Step, { name, input, when, outputs, into }: Placing): Step {
  const { when: _, map, ...rest } = step
  const after = [...new Set(stepsOf(input))]
  return {
    ...rest,
    name,
    after,
    ...(isTold(input, after) ? {} : { input }),
    ...(when === undefined ? {} : { when }),
    ...(map === undefined ? {} : { map: { ...map, ...sourceStep(step, map, outputs, into) } }),
  }
}

function stepsOf(source: InputSource): readonly string[] {
  if (source.kind === "run") return []
  return source.kind === "step" ? [source.step] : source.fields.flatMap(([, inner]) => stepsOf(inner))
}

/** True when the names of the parents tell the input: the usual rule (`stepInput`). */
function isTold(source: InputSource, after: readonly string[]): boolean {
  if (source.kind !== "record") return true
  return (
    source.fields.length === after.length &&
    source.fields.every(([name, inner]) => inner.kind === "step" && inner.step === name)
  )
}

/** The step that a condition or a map looks at, once the names are whole; into one of several ends by its path. */
function sourceStep(
  { name }: { readonly name: string },
  { step, path }: { readonly step: string; readonly path: string },
  outputs: ReadonlyMap<string, InputSource>,
  { where }: Flattening,
): { readonly step: string; readonly path: string } {
  let source = outputs.get(step)!
  let rest = path
  while (source.kind === "record") {
    const [first = "", ...others] = rest.split(".")
    const inner: InputSource | undefined = source.fields.find(([field]) => field === first)?.[1]
    if (inner === undefined) {
      const ends = source.fields.map(([field]) => field).join(", ")
      throw refused(
        where,
        `step ${name} looks at ${path === "" ? step : `${path} of ${step}`}, whose workflow ends in several steps`,
        `begin the path with one of them: ${ends}`,
      )
    }
    source = inner
    rest = others.join(".")
  }
  if (source.kind === "run") throw new Error(`step ${step} has no steps`)
  return { step: source.step, path: rest }
}

function refused(where: string, problem: string, fix: string): TrimtabError {
  return new TrimtabError("invalid-workflow", `${where}: ${problem}; ${fix}`, { where, fix })
}
