import { inRange } from "../workflow/config.ts"
import { functionOf } from "../workflow/workflow.ts"
import type { EngineParts, RunParts } from "./engine-parts.ts"
import { invokePart, startPart, type PartOptions } from "./invoke-part.ts"
import { partKey } from "./keys.ts"
import { largest, smallestAbove } from "./memory-floor.ts"
import type { CallAction, InvokeAction } from "./next-actions.ts"
import type { PartCall } from "./part-progress.ts"
import type { InvocationEntry, InvokeRecord, PartRecord } from "./records.ts"
import { toleratedErrors, type RunState, type StepRun } from "./state.ts"

/** Made once: a stack for every step would cost more than its end. */
const ABANDONED = new Error("abandoned: all parts of the step are settled, or too many of its tasks failed")

/** Growth of the size of an exported split or merge that ran out of memory. */
const CALL_GROWTH = 2

export interface InvokeContext {
  readonly parts: EngineParts
  readonly run: RunParts
  readonly state: RunState
  /** Invocations that a crash may have cut off: above 0 the wrapper looks for a finished output first. */
  readonly earlier: number
  readonly signal: AbortSignal
}

/** Runs a batch of parts at once and resolves when all have settled, or when too many tasks have failed for good. */
export async function invokeBatch(action: InvokeAction, context: InvokeContext): Promise<InvokeRecord> {
  const { parts, run, state, signal } = context
  const call = callFor(state.steps[action.index]!, context)
  const { memoryMB, processes } = action.config
  const siblings = run.hedging?.siblingsOf(action, state) ?? null
  const optionsOf = ({ part, tasks }: InvokeAction["parts"][number], until: AbortSignal): PartOptions => ({
    parts,
    run,
    signal: until,
    siblings,
    call: {
      ...call,
      kind: "tasks",
      call: "handler",
      memoryMB,
      processes,
      part,
      partCount: action.partCount,
      tasks,
      key: partKey(state.definition.runId, action.id, part),
    },
  })
  const only = action.parts.length === 1 ? action.parts[0] : undefined
  if (only !== undefined) return { parts: [await invokePart(optionsOf(only, signal))] }
  return { parts: await untilHopeless(action, context, optionsOf) }
}

type OptionsOf = (part: InvokeAction["parts"][number], until: AbortSignal) => PartOptions

/** All parts, or those that had settled when more tasks had failed than the step tolerates; in order of the parts. */
async function untilHopeless(
  action: InvokeAction,
  { state, signal }: InvokeContext,
  optionsOf: OptionsOf,
): Promise<PartRecord[]> {
  const { step, tasks } = state.steps[action.index]!
  const allowed = toleratedErrors(step, tasks?.length ?? 0)
  const settled: PartRecord[] = []
  const controller = new AbortController()
  const onAbort = (): void => controller.abort(signal.reason)
  signal.addEventListener("abort", onAbort, { once: true })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let errors = 0
  const ended = (record: PartRecord): void => {
    settled.push(record)
    errors += record.errors.length
    if (settled.length === action.parts.length || errors > allowed) resolve()
  }
  for (const part of action.parts) startPart(optionsOf(part, controller.signal), { ended, failed: reject })
  try {
    await promise
  } finally {
    signal.removeEventListener("abort", onAbort)
    // What is still open is abandoned; whatever becomes of it is of no interest.
    controller.abort(ABANDONED)
  }
  return settled.toSorted((a, b) => a.part - b.part)
}

/**
 * Calls an exported split or merge on one instance: the smallest that is warm, or else the smallest size of the step's
 * space, since a cold start takes longer than most of these calls; a larger one when it runs out of memory or time.
 */
export async function invokeCall(action: CallAction, context: InvokeContext): Promise<InvokeRecord> {
  const run = context.state.steps[action.index]!
  const range = run.step.configSpace.memoryMB
  const invocations: InvocationEntry[] = []
  const { functionName } = callFor(run, context)
  const warm = context.parts.warm.sizes(functionName).find((size) => size > run.memoryFloorMB && inRange(range, size))
  let memoryMB = warm ?? smallestAbove(range, run.memoryFloorMB)
  for (let size = 0; ; size++) {
    const key = partKey(context.state.definition.runId, action.id, action.kind)
    const record = await invokePart({
      parts: context.parts,
      run: context.run,
      signal: context.signal,
      call: {
        ...callFor(run, context),
        kind: action.kind,
        call: action.call,
        memoryMB,
        processes: 1,
        part: 0,
        partCount: 1,
        tasks: [action.argument],
        key: size === 0 ? key : `${key}.${memoryMB}MB`,
      },
    })
    invocations.push(...record.invocations)
    if (record.openCause === null) return { parts: [{ ...record, invocations }] }
    if (memoryMB >= largest(range)) return { parts: [outgrown(record, memoryMB, invocations)] }
    memoryMB = smallestAbove(range, Math.min(memoryMB * CALL_GROWTH, largest(range)) - 1)
  }
}

function outgrown(record: PartRecord, memoryMB: number, invocations: readonly InvocationEntry[]): PartRecord {
  const timedOut = record.openCause === "timeout"
  const errorType = timedOut ? "Timeout" : "OutOfMemory"
  const message = `${timedOut ? "out of time" : "out of memory"} at ${memoryMB} MB, the largest size of the step`
  return { ...record, open: [], openCause: null, errors: [{ task: 0, errorType, message }], invocations }
}

function callFor(
  run: StepRun,
  { parts, state, earlier }: InvokeContext,
): Pick<PartCall, "step" | "functionName" | "earlier" | "retry" | "timeoutMs"> {
  const { step } = run
  return {
    step: step.name,
    functionName: functionOf(state.definition.workflow, step).name,
    earlier,
    retry: step.retry,
    timeoutMs: Math.min(step.timeoutMs, parts.platform.limits.timeoutMs),
  }
}
