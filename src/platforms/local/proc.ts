import { readFileSync, readdirSync, writeFileSync } from "node:fs"

/** What Linux tells about a process under /proc. Everything is null or empty once the process is gone. */

/** CPU time and time spent runnable without a core of one thread, since it began. */
export interface TaskTimes {
  readonly cpuMs: number
  readonly delayMs: number
}

/** The instant a process started, in clock ticks since boot: with the pid it names one process for ever. */
export function startTicks(pid: number): number | null {
  const field = statField(pid, 22)
  return field === null ? null : Number(field)
}

export function parentPid(pid: number): number | null {
  const field = statField(pid, 4)
  return field === null ? null : Number(field)
}

/** True while the process runs; a zombie is gone. */
export function isAlive(pid: number, ticks: number): boolean {
  if (startTicks(process.pid) === null) return answersSignals(pid)
  return startTicks(pid) === ticks && statField(pid, 3) !== "Z"
}

/** Without /proc (not Linux) there is only this. */
function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** `pid`, its children, their children, ... as far as they were not adopted by init. */
export function processTree(pid: number): number[] {
  const pids = [pid]
  for (let i = 0; i < pids.length; i++) {
    const parent = pids[i]!
    for (const tid of list(`/proc/${parent}/task`)) {
      const children = read(`/proc/${parent}/task/${tid}/children`) ?? ""
      for (const child of children.split(" ")) if (child !== "") pids.push(Number(child))
    }
  }
  return pids
}

/** Times of every thread of a process, by thread id. */
export function taskTimes(pid: number): Map<number, TaskTimes> {
  const times = new Map<number, TaskTimes>()
  for (const tid of list(`/proc/${pid}/task`)) {
    const fields = read(`/proc/${pid}/task/${tid}/schedstat`)?.split(" ")
    if (fields === undefined) continue
    times.set(Number(tid), { cpuMs: Number(fields[0]) / 1e6, delayMs: Number(fields[1]) / 1e6 })
  }
  return times
}

export interface ProcessMemory {
  readonly peakMB: number
  /** Resident pages of files, such as the program itself: shared with every other process that runs it. */
  readonly fileMB: number
}

export function processMemory(pid: number): ProcessMemory | null {
  const status = read(`/proc/${pid}/status`)
  const peak = /^VmHWM:\s+(\d+) kB/m.exec(status ?? "")?.[1]
  if (peak === undefined) return null
  const file = /^RssFile:\s+(\d+) kB/m.exec(status ?? "")?.[1] ?? "0"
  return { peakMB: Number(peak) / 1024, fileMB: Number(file) / 1024 }
}

/** Makes VmHWM start again from what is resident now. Needs the same user; without permission nothing happens. */
export function resetPeakMemory(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5")
  } catch {
    // Not permitted or gone: the peak then covers the whole life of the process.
  }
}

/** Field `n` (from 1) of /proc/PID/stat; the command in field 2 may hold spaces and brackets. */
function statField(pid: number, n: number): string | null {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === null) return null
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[n - 3] ?? null
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "latin1").trimEnd()
  } catch {
    return null
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
