import { inRange } from "../workflow/config.ts"
import { functionOf } from "../workflow/workflow.ts"
import type { EngineParts, RunParts } from "./engine-parts.ts"
import { invokePart } from "./invoke-part.ts"
import { partKey } from "./keys.ts"
import { largest, smallestAbove } from "./memory-floor.ts"
import type { CallAction, InvokeAction } from "./next-actions.ts"
import type { PartCall } from "./part-progress.ts"
import type { InvocationEntry, InvokeRecord, PartRecord } from "./records.ts"
import { toleratedErrors, type RunState, type StepRun } from "./state.ts"

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
  const run = context.state.steps[action.index]!
  const call = callFor(run, context)
  const invokeOne = (part: InvokeAction["parts"][number], signal: AbortSignal): Promise<PartRecord> =>
    invokePart(
      context.parts,
      context.run,
      {
        ...call,
        kind: "tasks",
        call: "handler",
        memoryMB: action.config.memoryMB,
        processes: action.config.processes,
        part: part.part,
        partCount: action.partCount,
        tasks: part.tasks,
        key: partKey(context.state.definition.runId, action.id, part.part),
      },
      signal,
    )
  const only = action.parts.length === 1 ? action.parts[0] : undefined
  if (only !== undefined) return { parts: [await invokeOne(only, context.signal)] }
  return { parts: await untilHopeless(action, context, invokeOne) }
}

type InvokeOne = (part: InvokeAction["parts"][number], signal: AbortSignal) => Promise<PartRecord>

/** All parts, or those that had settled when more tasks had failed than the step tolerates. */
async function untilHopeless(
  action: InvokeAction,
  { state, signal }: InvokeContext,
  invokeOne: InvokeOne,
): Promise<PartRecord[]> {
  const { step, tasks } = state.steps[action.index]!
  const allowed = toleratedErrors(step, tasks?.length ?? 0)
  const settled: PartRecord[] = []
  const controller = new AbortController()
  const { promise: hopeless, resolve } = Promise.withResolvers<void>()
  let errors = 0
  const onAbort = (): void => controller.abort(signal.reason)
  signal.addEventListener("abort", onAbort, { once: true })
  const watched = action.parts.map(async (part) => {
    const record = await invokeOne(part, controller.signal)
    settled.push(record)
    errors += record.errors.length
    if (errors > allowed) resolve()
  })
  const all = Promise.all(watched)
  try {
    await Promise.race([all, hopeless])
  } finally {
    signal.removeEventListener("abort", onAbort)
    // What is still open is abandoned; its rejections are of no interest.
    all.catch(() => {})
    controller.abort(new Error("abandoned: too many tasks of the step failed"))
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
    const record = await invokePart(
      context.parts,
      context.run,
      {
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
      context.signal,
    )
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
