import type { WrapperReport } from "../protocol/wrapper-report.ts"

/** The report of one invocation while it is being filled. */
export type Report = { -readonly [Field in keyof WrapperReport]: WrapperReport[Field] }

/** The report of an invocation that has done nothing yet. */
export function newReport(cold: boolean): Report {
  return {
    downloadMs: 0,
    computeMs: 0,
    uploadMs: 0,
    downloadBytes: 0,
    uploadBytes: 0,
    downloadObjects: 0,
    uploadObjects: 0,
    tasks: 0,
    processes: 1,
    cold,
    replayed: false,
    peakProcessMB: 0,
  }
}

/** Runs one phase and adds its duration, by the monotonic clock, whether it ends well or not. */
export async function timed<T>(
  report: Report,
  phase: "downloadMs" | "computeMs" | "uploadMs",
  work: () => Promise<T>,
): Promise<T> {
  const startedMs = performance.now()
  try {
    return await work()
  } finally {
    // Microseconds are enough, and shorter in JSON.
    report[phase] += Math.round((performance.now() - startedMs) * 1000) / 1000
  }
}

/** Counts one object that went over the wire. */
export function countObject(report: Report, way: "download" | "upload", bytes: number): void {
  report[`${way}Bytes`] += bytes
  report[`${way}Objects`]++
}
