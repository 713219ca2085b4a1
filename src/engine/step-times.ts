import type { StepInvocation, StepRun } from "./state.ts"

/** The parts of a step's time; `measuredMs` is their sum. */
export interface StepTimes {
  readonly measuredMs: number
  readonly queueMs: number
  readonly retryMs: number
  readonly mappingDelayMs: number
  readonly downloadMs: number
  readonly computeMs: number
  readonly uploadMs: number
}

const ZERO: StepTimes = {
  measuredMs: 0,
  queueMs: 0,
  retryMs: 0,
  mappingDelayMs: 0,
  downloadMs: 0,
  computeMs: 0,
  uploadMs: 0,
}

/**
 * Where the time of a step went: the parts of the invocation that ended last. Exported splits and merges come before
 * and after it, and the iterations of a loop one after the other, so their times are added.
 */
export function stepTimes({ invocations, iteration }: StepRun): StepTimes {
  if (iteration === 0) return executionTimes(invocations)
  return Array.from({ length: iteration + 1 }, (_, number) =>
    executionTimes(invocations.filter((entry) => entry.iteration === number)),
  ).reduce(add, ZERO)
}

function executionTimes(invocations: readonly StepInvocation[]): StepTimes {
  if (invocations.every((entry) => entry.kind === "tasks")) return timesOf(invocations)
  return (["split", "tasks", "merge"] as const)
    .map((kind) => timesOf(invocations.filter((entry) => entry.kind === kind)))
    .reduce(add, ZERO)
}

function timesOf(entries: readonly StepInvocation[]): StepTimes {
  const last = lastOf(entries)
  if (last === null) return ZERO
  const firstAskedMs = Math.min(...sameWork(entries, last).map((entry) => entry.askedAtMs))
  const queueMs = last.sentAtMs - last.askedAtMs + last.admissionMs
  const retryMs = last.askedAtMs - firstAskedMs
  const mappingDelayMs = Math.max(0, last.startedAtMs - last.sentAtMs - last.admissionMs)
  const { downloadMs, computeMs, uploadMs } = last
  const measuredMs = queueMs + retryMs + mappingDelayMs + downloadMs + computeMs + uploadMs
  return { measuredMs, queueMs, retryMs, mappingDelayMs, downloadMs, computeMs, uploadMs }
}

/** The invocation that ended last; among those that brought a result, where there is one. */
function lastOf(entries: readonly StepInvocation[]): StepInvocation | null {
  const done = entries.filter((entry) => entry.outcome === "ok")
  const from = done.length > 0 ? done : entries
  return from.reduce<StepInvocation | null>(
    (last, entry) => (last === null || entry.endedAtMs > last.endedAtMs ? entry : last),
    null,
  )
}

/** Invocations for the same tasks: of the same part, or of an earlier attempt, whose parts were cut otherwise. */
function sameWork(entries: readonly StepInvocation[], last: StepInvocation): readonly StepInvocation[] {
  return entries.filter((entry) => entry.attempt < last.attempt || entry.part === last.part)
}

function add(a: StepTimes, b: StepTimes): StepTimes {
  return {
    measuredMs: a.measuredMs + b.measuredMs,
    queueMs: a.queueMs + b.queueMs,
    retryMs: a.retryMs + b.retryMs,
    mappingDelayMs: a.mappingDelayMs + b.mappingDelayMs,
    downloadMs: a.downloadMs + b.downloadMs,
    computeMs: a.computeMs + b.computeMs,
    uploadMs: a.uploadMs + b.uploadMs,
  }
}
