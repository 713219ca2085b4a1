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

/** More than fits into a record: its values go through the store. */
const large: Workflow = fromEdges("large", { a: [], b: ["a"] })

/** What the crash tests run, all at once in one journal, so that commits mix the records of several runs. */
export const CRASH_SHAPES: readonly { readonly workflow: Workflow; readonly input: Json }[] = [
  { workflow: chain, input: 1 },
  { workflow: diamond, input: { a: [1, 2] } },
  { workflow: sevenChains, input: "x" },
  { workflow: fanned, input: [1, 2, 3, 4, 5] },
  { workflow: large, input: "y".repeat(140_000) },
]
