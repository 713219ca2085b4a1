import { parseWorkflow } from "./parse.ts"
import type { FunctionSpecInput, GoalSpecInput, NestedStepSpecInput, StepSpecInput } from "./spec.ts"
import type { Workflow } from "./workflow.ts"

/** The spec of `defineWorkflow`: a typo in the name of a step, a function or a workflow is a type error. */
export interface TypedSpec<F extends string, S extends string, W extends string = never> {
  name: string
  functions: Record<F, FunctionSpecInput>
  steps: Record<S, TypedStep<NoInfer<F>, NoInfer<S>> | TypedNestedStep<NoInfer<W>, NoInfer<S>>>
  /** Workflows that steps run. Names of steps inside them are checked when the workflow is defined. */
  workflows?: Record<W, { steps: Record<string, TypedStep<NoInfer<F>, string> | TypedNestedStep<NoInfer<W>, string>> }>
  goal?: GoalSpecInput
}

type TypedStep<F extends string, S extends string> = Omit<StepSpecInput, "function" | "after"> & {
  function: F
  after?: S[]
}

type TypedNestedStep<W extends string, S extends string> = Omit<NestedStepSpecInput, "workflow" | "after"> & {
  workflow: W
  after?: S[]
}

/**
 * A workflow from TypeScript. Same shape, defaults and checks as the YAML and JSON spec.
 * @throws TrimtabError `invalid-workflow`
 */
export function defineWorkflow<F extends string, S extends string, W extends string = never>(
  spec: TypedSpec<F, S, W>,
): Workflow {
  return parseWorkflow(spec, `workflow ${spec.name}`)
}
