import { isObject } from "../base/json.ts"

/**
 * What an instance counted about itself during one invocation, from the first download to the last upload, all its
 * processes and threads together. Counters that the machine does not have are absent, never zero.
 */
export interface OperationReport {
  readonly wallMs: number
  readonly userMs: number
  readonly systemMs: number
  readonly contextSwitches: number
  /** Garbage collections: each is a snapshot of the heap. */
  readonly memorySnapshots: number
  /** V8's heap and the memory outside it that its objects hold, at the end. */
  readonly heapBytes: number
  /** VmStk of the instance's first process. */
  readonly stackBytes?: number
  /** Largest resident memory of one process since it started (VmHWM). */
  readonly peakMemoryBytes: number
  /** Over sockets of the first process, and files of tasks and results to the store. */
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Bytes that went through read and write calls (`/proc/self/io`): sockets and pipes too. */
  readonly ioReadBytes?: number
  readonly ioWriteBytes?: number
}

/** Counters that every machine has. */
const ALWAYS = [
  "wallMs",
  "userMs",
  "systemMs",
  "contextSwitches",
  "memorySnapshots",
  "heapBytes",
  "peakMemoryBytes",
  "bytesSent",
  "bytesReceived",
] as const satisfies readonly (keyof OperationReport)[]

/** Counters that only a /proc gives. */
const WITH_PROC = ["stackBytes", "ioReadBytes", "ioWriteBytes"] as const satisfies readonly (keyof OperationReport)[]

/** Reads the counters of an instance; null unless each one that must be there is, and all are numbers >= 0. */
export function parseOperationReport(value: unknown): OperationReport | null {
  if (!isObject(value)) return null
  const entries: [string, number][] = []
  for (const key of [...ALWAYS, ...WITH_PROC]) {
    const number = value[key]
    const isOptional = (WITH_PROC as readonly string[]).includes(key)
    if (number === undefined && isOptional) continue
    if (typeof number !== "number" || !Number.isFinite(number) || number < 0) return null
    entries.push([key, number])
  }
  // Each field of the type was checked above, and nothing else was taken.
  return Object.fromEntries(entries) as unknown as OperationReport
}
