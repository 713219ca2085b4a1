import { processMemory, resetPeakMemory, taskTimes, type TaskTimes } from "./proc.ts"
import type { GroupUsage, ProcessGroup } from "./enforcement/layer.ts"

/** What one invocation used, from the kernel's counters. */
export interface InvocationUsage {
  readonly cpuMs: number
  readonly throttledMs: number
  readonly contentionMs: number
  readonly maxMemoryUsedMB: number
}

/** The counters at one instant. */
export interface UsageSnapshot {
  /** Of a monotonic clock, ms. */
  readonly atMs: number
  readonly usage: GroupUsage
  /** By `pid/tid`. */
  readonly threads: ReadonlyMap<string, TaskTimes>
}

/** Reads the counters before an invocation. */
export function beginUsage(group: ProcessGroup): UsageSnapshot {
  return snapshot(group, group.pids())
}

/** Makes the memory peaks start anew from what is resident now; the answer is that, MB. */
export function resetPeaks(group: ProcessGroup): number {
  const pids = group.pids()
  for (const pid of pids) resetPeakMemory(pid)
  return peakMemoryMB(pids)
}

/** What was used since `begin`. Reads every counter at one instant, before anything is killed. */
export function endUsage(group: ProcessGroup, begin: UsageSnapshot): InvocationUsage {
  const pids = group.pids()
  const end = snapshot(group, pids)
  const threads = [...end.threads].map(([id, now]) => {
    const before = begin.threads.get(id)
    return {
      cpuMs: Math.max(0, now.cpuMs - (before?.cpuMs ?? 0)),
      delayMs: Math.max(0, now.delayMs - (before?.delayMs ?? 0)),
    }
  })
  const ownCpuMs = threads.reduce((sum, thread) => sum + thread.cpuMs, 0)
  const groupCpuMs = end.usage.cpuMs === null ? null : end.usage.cpuMs - (begin.usage.cpuMs ?? 0)
  return {
    cpuMs: Math.max(0, groupCpuMs ?? ownCpuMs),
    throttledMs: Math.max(0, end.usage.throttledMs - begin.usage.throttledMs),
    contentionMs: contention(threads, end.usage.throttledDelayMs - begin.usage.throttledDelayMs, end.atMs - begin.atMs),
    maxMemoryUsedMB: Math.ceil(peakMemoryMB(pids)),
  }
}

/** A thread counts as one that worked when it was running or wanted to for half as long as the busiest. */
const WORKING_SHARE = 0.5

/**
 * Time the invocation was runnable without a core for another reason than its own quota. A thread's run delay
 * contains the throttled time, which the kernel sums over the cores on which the group ran: with n working threads
 * each of them waited about an n-th of it. The invocation is as late as its latest thread, and no later than the
 * time in which that did not run.
 */
function contention(threads: readonly TaskTimes[], throttledMs: number, wallMs: number): number {
  const most = Math.max(0, ...threads.map(wantedMs))
  const working = threads.filter((thread) => wantedMs(thread) > 0 && wantedMs(thread) >= most * WORKING_SHARE)
  const throttledEachMs = throttledMs / Math.max(1, working.length)
  const waits = working.map(({ cpuMs, delayMs }) => Math.min(delayMs - throttledEachMs, wallMs - cpuMs))
  return Math.max(0, ...waits)
}

function wantedMs(thread: TaskTimes): number {
  return thread.cpuMs + thread.delayMs
}

/**
 * Max Memory Used, MB: the peak of the root process, and of each worker the peak less its file pages, so that the
 * program they share counts once. Not the group's own maximum: file pages are charged to whoever touched them first.
 */
export function peakMemoryMB(pids: readonly number[]): number {
  let sumMB = 0
  for (const [index, pid] of pids.entries()) {
    const memory = processMemory(pid)
    if (memory === null) continue
    sumMB += index === 0 ? memory.peakMB : Math.max(0, memory.peakMB - memory.fileMB)
  }
  return sumMB
}

function snapshot(group: ProcessGroup, pids: readonly number[]): UsageSnapshot {
  const threads = new Map<string, TaskTimes>()
  for (const pid of pids) for (const [tid, times] of taskTimes(pid)) threads.set(`${pid}/${tid}`, times)
  return { atMs: performance.now(), usage: group.usage(), threads }
}
