import { readdirSync, readFileSync } from "node:fs"

/** What processes have used since they started. */
export interface Usage {
  readonly userMs: number
  readonly systemMs: number
  readonly contextSwitches: number
  /** Largest resident memory of one of them, bytes. */
  readonly peakBytes: number
  readonly stackBytes?: number
  readonly readBytes?: number
  readonly writtenBytes?: number
}

/** Ticks of /proc/<pid>/stat: USER_HZ, 100 a second on every Linux. */
const TICK_MS = 10

/**
 * This process with all its threads, its children that have ended, and everything below it that is alive. CPU time of
 * others than this process comes in ticks of 10 ms; context switches of children that have ended are not known.
 * Costs about 0.2 ms and as much again per living child.
 */
export function usageOfTree(): Usage {
  const own = process.resourceUsage()
  const ended = cpuOf("self")
  const others = descendants(process.pid).map(usageOf)
  const sum = (of: (usage: Usage) => number | undefined): number =>
    others.reduce((total, usage) => total + (of(usage) ?? 0), 0)
  const io = ioOf("self")
  const status = statusOf("self")
  return {
    userMs: own.userCPUTime / 1000 + ended.endedUserMs + sum((usage) => usage.userMs),
    systemMs: own.systemCPUTime / 1000 + ended.endedSystemMs + sum((usage) => usage.systemMs),
    contextSwitches:
      own.voluntaryContextSwitches + own.involuntaryContextSwitches + sum((usage) => usage.contextSwitches),
    peakBytes: Math.max(status.peakBytes ?? own.maxRSS * 1024, ...others.map((usage) => usage.peakBytes)),
    ...(status.stackBytes !== undefined && { stackBytes: status.stackBytes }),
    ...(io !== null && {
      readBytes: io.readBytes + sum((usage) => usage.readBytes),
      writtenBytes: io.writtenBytes + sum((usage) => usage.writtenBytes),
    }),
  }
}

/** Processes below this one that are alive. */
function descendants(pid: number): number[] {
  const children = folder(`/proc/${pid}/task`).flatMap((thread) =>
    text(`/proc/${pid}/task/${thread}/children`).split(" ").filter(Boolean).map(Number),
  )
  return children.flatMap((child) => [child, ...descendants(child)])
}

function usageOf(pid: number): Usage {
  const cpu = cpuOf(pid)
  const io = ioOf(pid)
  const switches = folder(`/proc/${pid}/task`).map((thread) => switchesOf(`/proc/${pid}/task/${thread}/status`))
  return {
    userMs: cpu.userMs + cpu.endedUserMs,
    systemMs: cpu.systemMs + cpu.endedSystemMs,
    contextSwitches: switches.reduce((total, count) => total + count, 0),
    peakBytes: statusOf(pid).peakBytes ?? 0,
    ...(io !== null && io),
  }
}

/** CPU time of a living process and of its children that have ended, as far as the kernel tells. */
function cpuOf(pid: number | "self"): Record<"userMs" | "systemMs" | "endedUserMs" | "endedSystemMs", number> {
  const stat = text(`/proc/${pid}/stat`)
  // The name of the program stands in parentheses and may hold anything; numbers follow.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const ms = (at: number): number => Number(fields[at] ?? 0) * TICK_MS
  return { userMs: ms(11), systemMs: ms(12), endedUserMs: ms(13), endedSystemMs: ms(14) }
}

function statusOf(pid: number | "self"): { readonly peakBytes?: number; readonly stackBytes?: number } {
  const status = text(`/proc/${pid}/status`)
  const peakBytes = kilobytes(status, "VmHWM")
  const stackBytes = kilobytes(status, "VmStk")
  return { ...(peakBytes !== null && { peakBytes }), ...(stackBytes !== null && { stackBytes }) }
}

function kilobytes(status: string, name: string): number | null {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)
  return match === null ? null : Number(match[1]) * 1024
}

function switchesOf(path: string): number {
  const counts = [...text(path).matchAll(/voluntary_ctxt_switches:\s+(\d+)/g)]
  return counts.reduce((total, [, count]) => total + Number(count), 0)
}

function ioOf(pid: number | "self"): { readonly readBytes: number; readonly writtenBytes: number } | null {
  const [read, written] = /^rchar: (\d+)\nwchar: (\d+)/.exec(text(`/proc/${pid}/io`))?.slice(1) ?? []
  return read === undefined ? null : { readBytes: Number(read), writtenBytes: Number(written) }
}

/** Empty when there is no such file: no /proc, or the process has ended. */
function text(path: string): string {
  try {
    return readFileSync(path, "latin1")
  } catch {
    return ""
  }
}

function folder(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
