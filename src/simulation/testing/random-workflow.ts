import { isObject, type Json } from "../../base/json.ts"
import { seededRandom, seedOf, type Random } from "../../base/random.ts"
import type { HandlerCall } from "../../platforms/simulated/function-behaviour.ts"
import { stepOfKey } from "../shaped-results.ts"
import { parseWorkflow } from "../../workflow/parse.ts"
import type { StepSpecInput, WorkflowSpec } from "../../workflow/spec.ts"
import type { Workflow } from "../../workflow/workflow.ts"

type StepInput = Omit<StepSpecInput, "function">

/** Retries by rule that a part may take: at 10 % faults, fewer would now and then fail a run, rightly. */
const RETRIES = 12

export interface RandomWorkflow {
  readonly spec: WorkflowSpec
  readonly workflow: Workflow
}

/**
 * A workflow of 1-9 steps with forks, joins, fan-outs, choices, maps and loops, some of them with duplicates of late
 * invocations; and now and then nested workflows behind them. The same seed gives the same one.
 */
export function randomWorkflow(seed: number): RandomWorkflow {
  const own = randomSteps(seedOf(`workflow ${seed}`), "")
  const spec: WorkflowSpec = { name: `random-${seed}`, functions: {}, steps: { ...own } }
  addNested(spec, Object.keys(own), seed)
  const more = seededRandom(seedOf(`hedges ${seed}`))
  const scopes = [spec, ...Object.values(spec.workflows ?? {})].map(({ steps }) => Object.values(steps))
  for (const step of scopes.flat())
    if ("function" in step) {
      spec.functions[step.function] = { handler: `./${step.function}.ts` }
      if (more.next() < 0.75) step.hedge = true
    }
  return { spec, workflow: parseWorkflow(spec, spec.name) }
}

/** Two workflows, the second of which may run the first, and steps behind the others that run them and read them. */
function addNested(spec: WorkflowSpec, before: readonly string[], seed: number): void {
  const random = seededRandom(seedOf(`nested ${seed}`))
  if (random.next() > 0.35) return
  const inner = randomSteps(seedOf(`inner ${seed}`), "i")
  const outer: WorkflowSpec["steps"] = { ...randomSteps(seedOf(`outer ${seed}`), "o") }
  if (random.next() < 0.5) outer["deep"] = { workflow: "inner", after: parentsOf(Object.keys(outer), random) }
  spec.workflows = { inner: { steps: inner }, outer: { steps: outer } }
  const one = before.at(-1)!
  const path = "n"
  const when = random.next() < 0.2 ? { when: { step: one, path, operator: "<" as const, value: 7 } } : {}
  spec.steps["n0"] = { workflow: "outer", after: [...new Set([one, ...parentsOf(before, random)])], ...when }
  if (random.next() < 0.5) spec.steps["n1"] = { workflow: "inner", after: random.next() < 0.5 ? ["n0"] : [] }
  const last = Object.keys(spec.steps).slice(before.length)
  const after = random.next() < 0.5 ? last : [...last, before[0]!]
  if (random.next() < 0.6) spec.steps["end"] = { function: "end", retry: [...RETRY], after }
}

const RETRY = [{ on: "*", max: RETRIES, baseMs: 20 }]

/** Steps of one workflow, each of a function of its own, whose names begin with `prefix`. */
function randomSteps(seed: number, prefix: string): Record<string, StepSpecInput> {
  const random = seededRandom(seed)
  const steps: Record<string, StepSpecInput> = {}
  const lists = new Set<string>()
  const count = 1 + Math.floor(random.next() * (prefix === "" ? 9 : 4))
  for (let i = 0; i < count; i++) {
    const name = `${prefix}s${i}`
    const after = parentsOf(Object.keys(steps), random)
    const { spec, isList } = stepOf(after, lists, random)
    if (isList) lists.add(name)
    steps[name] = { function: name, retry: [...RETRY], after, ...spec }
  }
  return steps
}

function parentsOf(before: readonly string[], random: Random): string[] {
  if (before.length === 0 || random.next() < 0.15) return []
  const count = 1 + Math.floor(random.next() ** 2 * Math.min(3, before.length))
  // Mostly the newest, so that there are chains, and now and then one of long ago.
  const pick = (): string => before[before.length - 1 - Math.floor(random.next() ** 2 * before.length)]!
  return [...new Set(Array.from({ length: count }, pick))]
}

/** What a step is, from what its only parent gives; `isList`: its output is a list of objects, else one object. */
function stepOf(
  after: readonly string[],
  lists: ReadonlySet<string>,
  random: Random,
): { spec: StepInput; isList: boolean } {
  const kind = random.next()
  const parent = after.length === 1 ? after[0]! : null
  if (parent === null) return kind < 0.2 ? looped : { spec: {}, isList: false }
  const path = lists.has(parent) ? "0.n" : "n"
  const when: StepInput =
    random.next() < 0.25 ? { when: { step: parent, path, operator: "<", value: Math.ceil(random.next() * 9) } } : {}
  if (kind < 0.2) return { spec: { ...when, ...looped.spec }, isList: false }
  if (lists.has(parent))
    return kind < 0.7 ? { spec: { ...when, split: "each" }, isList: true } : { spec: when, isList: false }
  if (kind < 0.6) return { spec: { ...when, map: { step: parent, path: "list" } }, isList: true }
  return { spec: when, isList: false }
}

const looped: { readonly spec: StepInput; readonly isList: boolean } = {
  spec: { loop: { while: { path: "n", operator: "<", value: 6 }, max: 4 } },
  isList: false,
}

/** What the functions of random workflows answer: `{ n: 0-9, list: up to 6 numbers }`, from the task alone. */
export function answersOf(call: HandlerCall): readonly Json[] {
  const step = stepOfKey(call.key) ?? call.functionName
  return call.tasks.map((task) => answerOf(step, task))
}

/** What a step makes of one task. */
export function answerOf(step: string, task: Json): Json {
  // The order of an object's keys is part of what a step sees: a change of it is a change of the output.
  const random = seededRandom(seedOf(`${step} ${JSON.stringify(isObject(task) ? Object.entries(task) : task)}`))
  const length = Math.floor(random.next() * 7)
  return {
    n: Math.floor(random.next() * 10),
    list: Array.from({ length }, () => Math.floor(random.next() * 1_000)),
  }
}
