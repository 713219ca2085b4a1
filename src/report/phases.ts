import type { InvocationResult } from "../workflow/run-result.ts"

/** What an invocation spends its time on, in order. */
export type Phase = "queued" | "start" | "init" | "download" | "compute" | "upload"

export const PHASES: readonly Phase[] = ["queued", "start", "init", "download", "compute", "upload"]

export const PHASE_NAMES: Readonly<Record<Phase, string>> = {
  queued: "queued",
  start: "start",
  init: "cold init",
  download: "download",
  compute: "compute",
  upload: "upload",
}

export interface Segment {
  readonly phase: Phase
  readonly fromMs: number
  readonly toMs: number
}

/**
 * The phases of one invocation as instants of the run. Queue time comes first, then the mapping delay, whose last
 * part is the init of a cold instance; download, compute and upload follow from the start of the work, and end
 * at the latest with the invocation.
 */
export function segmentsOf(invocation: InvocationResult): readonly Segment[] {
  const { sentAtMs, startedAtMs, endedAtMs } = invocation
  const queuedUntil = Math.min(startedAtMs, sentAtMs + invocation.queueMs)
  const initFrom = Math.max(queuedUntil, startedAtMs - invocation.initMs)
  const downloaded = Math.min(endedAtMs, startedAtMs + invocation.downloadMs)
  const computed = Math.min(endedAtMs, downloaded + invocation.computeMs)
  const uploaded = Math.min(endedAtMs, computed + invocation.uploadMs)
  const all: readonly Segment[] = [
    { phase: "queued", fromMs: sentAtMs, toMs: queuedUntil },
    { phase: "start", fromMs: queuedUntil, toMs: initFrom },
    { phase: "init", fromMs: initFrom, toMs: startedAtMs },
    { phase: "download", fromMs: startedAtMs, toMs: downloaded },
    { phase: "compute", fromMs: downloaded, toMs: computed },
    { phase: "upload", fromMs: computed, toMs: uploaded },
  ]
  return all.filter(({ fromMs, toMs }) => toMs > fromMs)
}

/** True when the invocation did what it was asked. */
export function succeeded(invocation: InvocationResult): boolean {
  return invocation.outcome === "ok"
}

/** True when another invocation brought the result first. */
export function isOvertaken(invocation: InvocationResult): boolean {
  return invocation.outcome === "overtaken"
}
