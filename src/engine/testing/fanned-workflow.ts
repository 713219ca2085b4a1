import { defineWorkflow } from "../../workflow/builder.ts"
import type { Workflow } from "../../workflow/workflow.ts"

/** Two steps, `many -> last`; what `many` is beyond that is the test's. */
export function fanned(step: object): Workflow {
  return defineWorkflow({
    name: "fanned",
    functions: { many: { handler: "./many.ts" }, last: { handler: "./last.ts" } },
    steps: { many: { function: "many", ...step }, last: { function: "last", after: ["many"] } },
  })
}
