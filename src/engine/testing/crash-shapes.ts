import type { Json } from "../../base/json.ts"
import { defineWorkflow } from "../../workflow/builder.ts"
import type { Goal } from "../../workflow/goal.ts"
import { chain, diamond, fromEdges, sevenChains } from "../../workflow/testing/workflows.ts"
import type { Workflow } from "../../workflow/workflow.ts"

export const CRASH_GOAL: Goal = { kind: "cost", sloMs: 60_000, percentile: 0.95 }

/** A fan-out with an exported split and merge, between two plain steps. */
const fanned: Workflow = defineWorkflow({
  name: "fanned",
  functions: { cut: { handler: "./a.ts" }, many: { handler: "./b.ts" }, join: { handler: "./c.ts" } },
  steps: {
    cut: { function: "cut", split: "each" },
    many: { function: "many", after: ["cut"], split: "each", merge: { export: "merge" } },
    join: { function: "join", after: ["many"] },
  },
})

/** A branch that is taken and one that is not, a map and a loop, where steps return `{ name: task }`. */
const shaped: Workflow = defineWorkflow({
  name: "shaped",
  functions: Object.fromEntries(
    ["look", "many", "few", "each", "turn", "end"].map((f) => [f, { handler: `./${f}.ts` }]),
  ),
  steps: {
    look: { function: "look" },
    many: {
      function: "many",
      after: ["look"],
      when: { step: "look", path: "look.n.length", operator: ">", value: 2 },
    },
    few: { function: "few", after: ["look"], when: { step: "look", path: "look.n.length", operator: "<=", value: 2 } },
    each: { function: "each", after: ["many", "few"], map: { step: "look", path: "look.n" } },
    turn: { function: "turn", after: ["each"], loop: { while: { path: "turn", operator: "exists" }, max: 3 } },
    end: { function: "end", after: ["turn", "few"] },
  },
})

/** A workflow inside another one, with two ends. */
const nested: Workflow = defineWorkflow({
  name: "nested",
  functions: Object.fromEntries(["a", "x", "y", "z", "end"].map((f) => [f, { handler: `./${f}.ts` }])),
  workflows: { inner: { steps: { x: { function: "x" }, y: { function: "y", after: ["x"] }, z: { function: "z" } } } },
  steps: {
    a: { function: "a" },
    n: { workflow: "inner", after: ["a"] },
    end: { function: "end", after: ["n", "a"] },
  },
})

/** More than fits into a record: its values go through the store. */
const large: Workflow = fromEdges("large", { a: [], b: ["a"] })

/** What the crash tests run, all at once in one journal, so that commits mix the records of several runs. */
export const CRASH_SHAPES: readonly { readonly workflow: Workflow; readonly input: Json }[] = [
  { workflow: chain, input: 1 },
  { workflow: diamond, input: { a: [1, 2] } },
  { workflow: sevenChains, input: "x" },
  { workflow: fanned, input: [1, 2, 3, 4, 5] },
  { workflow: shaped, input: { n: [1, 2, 3] } },
  { workflow: nested, input: 5 },
  { workflow: large, input: "y".repeat(140_000) },
]
