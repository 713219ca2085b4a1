import type { WorkflowSpec } from "../../workflow/spec.ts"

const configSpace = {
  memoryMB: { min: 256, max: 512, step: 256 },
  instances: { min: 1, max: 1 },
  processes: { min: 1, max: 1 },
}

/** Spec of a workflow of two steps: one task for each number, and their sum. Its handlers are the test's. */
export const TENS: WorkflowSpec = {
  name: "tens",
  functions: { ten: { handler: "./ten.ts" }, sum: { handler: "./sum.ts" } },
  steps: {
    many: { function: "ten", split: "each", configSpace },
    sum: { function: "sum", after: ["many"], configSpace },
  },
}
