/** Below this, ms, a difference is the noise of a float, not time: reports carry at most six decimals. */
const NOISE = 1e6

/** Init of ZIP packages on managed runtimes is billed from this day on. */
const INIT_BILLED_SINCE = "2025-08-01"

export interface InvocationTimes {
  readonly initMs: number
  readonly durationMs: number
}

/** Billed duration of one invocation, ms: the sum is rounded up, not its parts. */
export function billedMs(times: InvocationTimes): number {
  return roundUpMs(times.initMs + times.durationMs)
}

/** Started milliseconds. A time that was computed as a difference of instants, 301.00000000000006, is 301. */
export function roundUpMs(ms: number): number {
  return Math.ceil(Math.round(ms * NOISE) / NOISE)
}

/**
 * True when AWS billed init on that day. Before 2025-08-01 it was free for ZIP packages on managed runtimes, so an
 * old log needs the old rule. `date` is ISO.
 */
export function initIsBilled(invocation: { readonly date: string; readonly packageType: "zip" | "image" }): boolean {
  return invocation.packageType === "image" || invocation.date >= INIT_BILLED_SINCE
}
