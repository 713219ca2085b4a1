import { readFileSync } from "node:fs"

/** Bytes in a MB of memory sizes, as platforms count them. */
const MB = 1024 * 1024

/** Peak resident memory of this process, MB: VmHWM where there is a /proc, else what getrusage says. */
export function peakMemoryMB(): number {
  try {
    const match = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "latin1"))
    if (match !== null) return (Number(match[1]) * 1024) / MB
  } catch {
    // No /proc: below.
  }
  // Not the first choice: on Linux it starts at the size that the parent had when it forked.
  return (process.resourceUsage().maxRSS * 1024) / MB
}
