import type { Json } from "../base/json.ts"
import type { TaskError } from "../protocol/envelope.ts"
import type { Goal } from "../workflow/goal.ts"
import { graphOf, type Graph } from "../workflow/graph.ts"
import type { RunStatus, StepStatus } from "../workflow/run-result.ts"
import type { Step, Workflow } from "../workflow/workflow.ts"
import type { DecideRecord, InvocationEntry } from "./records.ts"

/** What a run is made of, fixed when it is accepted. */
export interface Definition {
  readonly runId: string
  readonly workflow: Workflow
  readonly graph: Graph
  readonly goal: Goal
  readonly input: Json
  /** What a redrive takes over from the run before; absent in any other run. */
  readonly kept?: Kept
  /** Parts per invoke record: 1 where a step may have as many entries as it has parts. */
  readonly entriesPerStep: number
}

/** Of an ended run, what another one that redrives it need not do again. */
export interface Kept {
  readonly runId: string
  /** By step index; null where nothing of a step can be kept. */
  readonly steps: readonly (KeptStep | null)[]
}

/** An ended step as it was; or the tasks of a step, of which those in `open` are to be run. */
export type KeptStep =
  | { readonly kind: "ended"; readonly phase: "succeeded" | "skipped"; readonly output: Json }
  | {
      readonly kind: "tasks"
      readonly input: Json
      readonly iteration: number
      readonly tasks: readonly Json[]
      readonly results: readonly Json[]
      readonly open: readonly number[]
      readonly memoryFloorMB: number
    }

/**
 * A run as far as its records tell. It is derived from them alone (E2): the same records give the same state on
 * every machine. Values are never changed in place.
 */
export interface RunState {
  readonly definition: Definition
  /** Recorded instant of acceptance, ms since 1970: zero of every other instant. */
  readonly startedAtWallMs: number
  readonly nowMs: number
  readonly steps: readonly StepRun[]
  /** Of each step, how many parents have not ended. */
  readonly missing: readonly number[]
  /** Steps whose parents have all ended and that are not begun: empty but while an event is applied. */
  readonly freed: readonly number[]
  /** Steps that the last event moved into a phase with work to ask for: all that `nextActions` looks at. */
  readonly entered: readonly number[]
  /** Steps that are ready and wait for their decision, oldest first. One is decided at a time. */
  readonly undecided: readonly number[]
  readonly deciding: boolean
  /** The wait for a cancel request has been asked for. */
  readonly listening: boolean
  /** Time of each decision, in the order they were made. */
  readonly decisionMs: readonly number[]
  /** Steps that have not ended. */
  readonly left: number
  /** Set once: the run is over. */
  readonly end: RunEnd | null
}

export interface RunEnd {
  readonly status: Exclude<RunStatus, "broken">
  readonly error: RunError | null
}

export interface RunError {
  readonly step: string
  readonly errorType: string
  readonly message: string
}

/** The error of a run that was ended because a deadline came. */
export const DEADLINE_EXCEEDED = "DeadlineExceeded"

/** `waiting` for parents; `splitting` and `merging` run an export; `deciding` from ready to decided. */
export type StepPhase = "waiting" | "splitting" | "deciding" | "running" | "merging" | StepStatus

/** One step of one run. */
export interface StepRun {
  readonly step: Step
  readonly phase: StepPhase
  readonly input: Json
  /** Known once the input is split. */
  readonly tasks: readonly Json[] | null
  /** One per task; null until it has ended, and where it failed. */
  readonly results: readonly Json[]
  readonly errors: readonly TaskError[]
  /** From 0; above it in loops only. */
  readonly iteration: number
  readonly attempt: number
  /** Tasks of the current attempt, by their place in `tasks`, cut into its parts. */
  readonly parts: readonly (readonly number[])[]
  /** Tasks that the attempts so far left open. */
  readonly open: readonly number[]
  /** Invoke records of the current attempt that have not settled. */
  readonly batchesLeft: number
  /** The step needs more memory than this, MB; 0 where no size has failed. */
  readonly memoryFloorMB: number
  readonly decisions: readonly DecideRecord[]
  /** Of them, the first of each iteration. */
  readonly firstDecisions: readonly DecideRecord[]
  /** Tasks that failed in earlier iterations. */
  readonly earlierErrors: number
  readonly readyAtMs: number
  /** When it was decided for the first time, or its exported split began. */
  readonly startedAtMs: number
  /** When its current attempt was decided: what was predicted counts from then. */
  readonly decidedAtMs: number
  readonly endedAtMs: number
  readonly invocations: readonly StepInvocation[]
  readonly output: Json
  /** The run that it was taken over from, whole or in part; null for a step of this run alone. */
  readonly keptFrom: string | null
}

/** An invocation with its place in the step. */
export interface StepInvocation extends InvocationEntry {
  readonly kind: "tasks" | "split" | "merge"
  readonly part: number
  readonly attempt: number
  readonly iteration: number
}

/** The state of a run that has been accepted and of which nothing has happened. */
export function acceptedState(definition: Definition, startedAtWallMs: number): RunState {
  return {
    definition,
    startedAtWallMs,
    nowMs: 0,
    steps: definition.workflow.steps.map((step) => waitingStep(step)),
    missing: definition.workflow.steps.map((step) => step.after.length),
    freed: [],
    entered: [],
    undecided: [],
    deciding: false,
    listening: false,
    decisionMs: [],
    left: definition.workflow.steps.length,
    end: null,
  }
}

/** Graphs of workflows that are run again and again. */
const graphs = new WeakMap<Workflow, Graph>()

export function definitionOf(parts: Omit<Definition, "graph">): Definition {
  let graph = graphs.get(parts.workflow)
  if (graph === undefined) {
    graph = graphOf(parts.workflow)
    graphs.set(parts.workflow, graph)
  }
  return { ...parts, graph }
}

function waitingStep(step: Step): StepRun {
  return {
    step,
    phase: "waiting",
    input: null,
    tasks: null,
    results: [],
    errors: [],
    iteration: 0,
    attempt: 0,
    parts: [],
    open: [],
    batchesLeft: 0,
    memoryFloorMB: 0,
    decisions: [],
    firstDecisions: [],
    earlierErrors: 0,
    readyAtMs: 0,
    startedAtMs: 0,
    decidedAtMs: 0,
    endedAtMs: 0,
    invocations: [],
    output: null,
    keptFrom: null,
  }
}

const ENDED: ReadonlySet<StepPhase> = new Set<StepStatus>(["succeeded", "partial", "failed", "skipped", "cancelled"])

/** True for a step that will not change any more. */
export function hasEnded(phase: StepPhase): phase is StepStatus {
  return ENDED.has(phase)
}

/** Failed tasks that the step may have and still end as partial. */
export function toleratedErrors(step: Step, tasks: number): number {
  // The slack keeps 5 % of 1,000 at 50 although 0.05 has no exact binary form.
  return step.tolerance.kind === "count" ? step.tolerance.count : Math.floor(step.tolerance.share * tasks + 1e-9)
}
