import { isObject, type Json } from "../../base/json.ts"
import { seededRandom, seedOf, type Random } from "../../base/random.ts"
import type { HandlerCall } from "../../platforms/simulated/function-behaviour.ts"
import { stepOfKey } from "../shaped-results.ts"
import { parseWorkflow } from "../../workflow/parse.ts"
import type { StepSpecInput } from "../../workflow/spec.ts"
import type { Workflow } from "../../workflow/workflow.ts"

type StepInput = Omit<StepSpecInput, "function">

/** Retries by rule that a part may take: at 10 % faults, fewer would now and then fail a run, rightly. */
const RETRIES = 12

/** A workflow of 1-9 steps with forks, joins, fan-outs, choices, maps and loops. The same seed gives the same one. */
export function randomWorkflow(seed: number): Workflow {
  const random = seededRandom(seedOf(`workflow ${seed}`))
  const steps: Record<string, StepSpecInput> = {}
  const lists = new Set<string>()
  const count = 1 + Math.floor(random.next() * 9)
  for (let i = 0; i < count; i++) {
    const name = `s${i}`
    const after = parentsOf(Object.keys(steps), random)
    const { spec, isList } = stepOf(after, lists, random)
    if (isList) lists.add(name)
    steps[name] = { function: name, retry: [{ on: "*", max: RETRIES, baseMs: 20 }], after, ...spec }
  }
  const functions = Object.fromEntries(Object.keys(steps).map((name) => [name, { handler: `./${name}.ts` }]))
  return parseWorkflow({ name: `random-${seed}`, functions, steps }, `random-${seed}`)
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

function answerOf(step: string, task: Json): Json {
  // The order of an object's keys is part of what a step sees: a change of it is a change of the output.
  const random = seededRandom(seedOf(`${step} ${JSON.stringify(isObject(task) ? Object.entries(task) : task)}`))
  const length = Math.floor(random.next() * 7)
  return {
    n: Math.floor(random.next() * 10),
    list: Array.from({ length }, () => Math.floor(random.next() * 1_000)),
  }
}
