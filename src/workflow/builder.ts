import { parseWorkflow } from "./parse.ts"
import type { FunctionSpecInput, GoalSpecInput, StepSpecInput } from "./spec.ts"
import type { Workflow } from "./workflow.ts"

/** The spec of `defineWorkflow`: a typo in a step's or a function's name is a type error. */
export interface TypedSpec<F extends string, S extends string> {
  name: string
  functions: Record<F, FunctionSpecInput>
  steps: Record<S, Omit<StepSpecInput, "function" | "after"> & { function: NoInfer<F>; after?: NoInfer<S>[] }>
  goal?: GoalSpecInput
}

/**
 * A workflow from TypeScript. Same shape, defaults and checks as the YAML and JSON spec.
 * @throws TrimtabError `invalid-workflow`
 */
export function defineWorkflow<F extends string, S extends string>(spec: TypedSpec<F, S>): Workflow {
  return parseWorkflow(spec, `workflow ${spec.name}`)
}
