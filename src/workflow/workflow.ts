import type { ConfigSpace, StepConfig } from "./config.ts"
import type { Goal } from "./goal.ts"
import type { Json } from "../base/json.ts"

/** A workflow: functions, and steps that call them, ordered by `after` into a DAG. Built by `defineWorkflow` or parsed from a spec; both validate, so a value of this type is a valid DAG. */
export interface Workflow {
  readonly name: string
  readonly functions: Readonly<Record<string, FunctionSpec>>
  /** In topological order. */
  readonly steps: readonly Step[]
  readonly goal?: Goal
  /** What a run gives; absent where it is the output of the one last step, or `{ step: output }` of several. */
  readonly output?: InputSource
}

/**
 * Where an input comes from: the run's input, the output of a step, or an object of such. A skipped step is left out of
 * an object, and so is an object of which nothing is left.
 */
export type InputSource =
  | { readonly kind: "run" }
  | { readonly kind: "step"; readonly step: string }
  | { readonly kind: "record"; readonly fields: readonly (readonly [name: string, source: InputSource])[] }

export interface FunctionSpec {
  readonly name: string
  /** Module of the handler, relative to the file that defines the workflow. */
  readonly handler: string
  /** `multi`: one process of the function uses several cores by itself. */
  readonly threads: "single" | "multi"
}

export interface Step {
  readonly name: string
  readonly function: string
  /** Dependencies: the steps whose outputs are this one's input. */
  readonly after: readonly string[]
  /** Its input where `after` alone does not tell it: in and behind nested workflows. */
  readonly input?: InputSource
  readonly split: Split
  readonly merge: Merge
  readonly configSpace: ConfigSpace
  readonly retry: readonly RetryRule[]
  readonly timeoutMs: number
  readonly tolerance: Tolerance
  /** Late invocations of the step get a duplicate where it pays. Its function must bear to run twice. */
  readonly hedge?: true
  /** Ends the run when the step has not ended by its latest finish; without it the run goes on. */
  readonly onDeadline?: "cancel"
  readonly when?: Condition
  readonly map?: MapOver
  readonly loop?: Loop
}

/** How the input becomes tasks: one task; one per element; lists of `size`; what an export of the module returns. */
export type Split =
  | { readonly kind: "none" }
  | { readonly kind: "each" }
  | { readonly kind: "size"; readonly size: number }
  | { readonly kind: "export"; readonly name: string }

/** How the results become the output: in task order as a list (with split none: the one result), or by an export. */
export type Merge = { readonly kind: "list" } | { readonly kind: "export"; readonly name: string }

export interface RetryRule {
  /** The error type that the rule names, or `*`. */
  readonly on: string
  readonly max: number
  readonly baseMs: number
}

/** Failed tasks that a step may have and still end as partial. */
export type Tolerance =
  | { readonly kind: "count"; readonly count: number }
  | { readonly kind: "share"; readonly share: number }

/** A condition on the recorded output of an earlier step: compares the value at `path` (dot-separated) with a constant. */
export interface Condition {
  readonly step: string
  readonly path: string
  readonly operator: "==" | "!=" | "<" | "<=" | ">" | ">=" | "exists"
  readonly value?: Json
  /** How often it holds, for plans; always where absent. */
  readonly probability?: number
}

/** Repeats the step for each element of a list in an earlier output; the count is known only at run time. */
export interface MapOver {
  readonly step: string
  readonly path: string
  /** For plans: its length, or the lengths that it had in earlier runs. */
  readonly expected?: number | readonly number[]
}

/** Repeats the step while the condition on its own last output holds, at most `max` times. */
export interface Loop {
  readonly while: Omit<Condition, "step">
  readonly max: number
}

/** A configuration for every step, by name. */
export type Plan = Readonly<Record<string, StepConfig>>

/** Timeout of a step that sets none, ms: AWS Lambda's longest. */
export const DEFAULT_TIMEOUT_MS = 900_000

/** The step of that name. Callers hold a valid workflow, so a miss is a bug. */
export function stepOf(workflow: Workflow, name: string): Step {
  const step = workflow.steps.find((candidate) => candidate.name === name)
  if (step === undefined) throw new Error(`workflow ${workflow.name} has no step ${name}`)
  return step
}

/** The function that a step calls. */
export function functionOf(workflow: Workflow, step: Step): FunctionSpec {
  const spec = workflow.functions[step.function]
  if (spec === undefined) throw new Error(`workflow ${workflow.name} has no function ${step.function}`)
  return spec
}
