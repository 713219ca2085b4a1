import { processMemory, resetPeakMemory, taskTimes, type TaskTimes } from "./proc.ts"
import { PERIOD_MS, type GroupUsage, type ProcessGroup } from "./enforcement/layer.ts"

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

/** The limits under which the group ran, in cores. */
export interface CpuLimits {
  readonly cores: number
  readonly coresPerProcess: number | null
}

/** What was used since `begin`. Reads every counter at one instant, before anything is killed. */
export function endUsage(group: ProcessGroup, begin: UsageSnapshot, limits: CpuLimits): InvocationUsage {
  const pids = group.pids()
  const end = snapshot(group, pids)
  const threads = [...end.threads].map(([id, now]) => {
    const before = begin.threads.get(id)
    return {
      pid: id.slice(0, id.indexOf("/")),
      cpuMs: Math.max(0, now.cpuMs - (before?.cpuMs ?? 0)),
      delayMs: Math.max(0, now.delayMs - (before?.delayMs ?? 0)),
    }
  })
  const ownCpuMs = threads.reduce((sum, thread) => sum + thread.cpuMs, 0)
  const groupCpuMs = end.usage.cpuMs === null ? null : end.usage.cpuMs - (begin.usage.cpuMs ?? 0)
  const cpuMs = Math.max(0, groupCpuMs ?? ownCpuMs)
  return {
    cpuMs,
    throttledMs: Math.max(0, end.usage.throttledMs - begin.usage.throttledMs),
    contentionMs: contention({
      threads,
      throttledMs: end.usage.throttledDelayMs - begin.usage.throttledDelayMs,
      cpuMs,
      wallMs: end.atMs - begin.atMs,
      limits,
    }),
    maxMemoryUsedMB: Math.ceil(peakMemoryMB(pids)),
  }
}

/** What one thread did in an invocation. */
export interface ThreadUse extends TaskTimes {
  readonly pid: string
}

export interface ContentionInput {
  readonly threads: readonly ThreadUse[]
  /** Summed over the cores on which the group was throttled. */
  readonly throttledMs: number
  /** Of the whole group. */
  readonly cpuMs: number
  readonly wallMs: number
  readonly limits: CpuLimits
}

/** A thread counts as one that worked when it was running or wanted to for half as long as the busiest. */
const WORKING_SHARE = 0.5

/**
 * Time the invocation lost because its threads were runnable without a core, for another reason than its own quota.
 *
 * A thread's run delay contains the throttled time, which the kernel sums over the cores on which the group ran:
 * with n working threads each of them waited about an n-th of it; the rest is contention, and the invocation is as
 * late as its latest thread. But a wait inside a period whose quota is used up all the same costs nothing, so the
 * loss is at most what the wall time has beyond the time that the quota alone demands.
 */
export function contention(input: ContentionInput): number {
  const { threads, throttledMs, wallMs } = input
  const most = Math.max(0, ...threads.map(wantedMs))
  const working = threads.filter((thread) => wantedMs(thread) > 0 && wantedMs(thread) >= most * WORKING_SHARE)
  const throttledEachMs = throttledMs / Math.max(1, working.length)
  const waits = working.map(({ cpuMs, delayMs }) => Math.min(delayMs - throttledEachMs, wallMs - cpuMs))
  return Math.max(0, Math.min(Math.max(0, ...waits), wallMs - demandedMs(input)))
}

/** Wall time that the quotas demand for this CPU time. */
function demandedMs({ threads, cpuMs, limits }: ContentionInput): number {
  const byProcess = new Map<string, number>()
  for (const thread of threads) byProcess.set(thread.pid, (byProcess.get(thread.pid) ?? 0) + thread.cpuMs)
  const ofGroup = underQuota(cpuMs, limits.cores)
  if (limits.coresPerProcess === null) return ofGroup
  return Math.max(ofGroup, underQuota(Math.max(0, ...byProcess.values()), limits.coresPerProcess))
}

/** A burst ends sooner than CPU / cores says: on average half of the sleep in the first period is saved. */
function underQuota(cpuMs: number, cores: number): number {
  return cpuMs / cores - (Math.max(0, 1 - cores) * PERIOD_MS) / 2
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
