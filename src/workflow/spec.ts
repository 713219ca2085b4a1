import type { Json } from "../base/json.ts"

/**
 * The workflow spec as users write it, in YAML, JSON or TypeScript. `spec-schema.ts` validates it, and the published
 * JSON Schema (`schema/workflow.json`) is made from that validator.
 */
export interface WorkflowSpec {
  name: string
  functions: Record<string, FunctionSpecInput>
  steps: Record<string, StepSpecInput | NestedStepSpecInput>
  /** Workflows that steps run; they call the same functions. */
  workflows?: Record<string, NestedWorkflowSpec> | undefined
  goal?: GoalSpecInput | undefined
}

export interface FunctionSpecInput {
  /** Module of the handler, relative to the file that holds the spec. */
  handler: string
  /** `multi`: one process of the function uses several cores by itself. Default `single`. */
  threads?: "single" | "multi" | undefined
}

export interface StepSpecInput {
  function: string
  /** Steps whose outputs are the input of this one. */
  after?: string[] | undefined
  /**
   * How the input becomes tasks. Default `none`: one task. With `each` and `size` the lists of several parents are taken
   * together: task i is `{ parent: its element i }`.
   */
  split?: "none" | "each" | { size: number } | { export: string } | undefined
  /** How the results become the output. Default `list`: in task order; with split none, the one result. */
  merge?: "list" | { export: string } | undefined
  /** The choices of the step. Defaults: memoryMB 128-10,240 step 64, instances 1-64, processes 1-6. */
  configSpace?:
    | { memoryMB?: RangeSpec | undefined; instances?: RangeSpec | undefined; processes?: RangeSpec | undefined }
    | undefined
  /** Error types of the function that are tried again. */
  retry?: { on: string; max: number; baseMs: number }[] | undefined
  timeoutMs?: number | undefined
  /** Failed tasks that the step may have and still end as partial. Default none. */
  tolerance?: { count: number } | { share: number } | undefined
  /** True: late invocations get a duplicate under the same idempotency key where it pays; the first answer counts. */
  hedge?: boolean | undefined
  /** `cancel`: the run ends when the step has not ended by its latest finish. Default `continue`. */
  onDeadline?: "continue" | "cancel" | undefined
  when?: (ConditionSpec & { step: string }) | undefined
  /** `expected`: the length of the list as plans expect it, or the lengths that it had in earlier runs. */
  map?: { step: string; path: string; expected?: number | number[] | undefined } | undefined
  loop?: { while: ConditionSpec; max: number } | undefined
}

/**
 * A step that runs another workflow: its input is that workflow's, and so is its output. Everything else (split, retry,
 * loop, ...) is said by the steps in it.
 */
export interface NestedStepSpecInput {
  /** One of `workflows`. */
  workflow: string
  after?: string[] | undefined
  when?: (ConditionSpec & { step: string }) | undefined
}

export interface NestedWorkflowSpec {
  steps: Record<string, StepSpecInput | NestedStepSpecInput>
}

export interface RangeSpec {
  min: number
  max: number
  /** Default: 64 for memoryMB, else 1. */
  step?: number | undefined
}

export interface ConditionSpec {
  /** Dot-separated path into the output that is looked at. */
  path: string
  operator: "==" | "!=" | "<" | "<=" | ">" | ">=" | "exists"
  value?: Json | undefined
  /** How often it holds, as plans expect it. Default: always. */
  probability?: number | undefined
}

/**
 * Least cost under a latency SLO, or least latency under a budget; the percentile is 0.95 by default. `onDeadline: cancel`
 * ends a run that has not ended by its SLO.
 */
export type GoalSpecInput =
  | { sloMs: number; percentile?: number | undefined; onDeadline?: "continue" | "cancel" | undefined }
  | { budgetUsd: number; percentile?: number | undefined }
