import { setTimeout as sleep } from "node:timers/promises"

/** Sends a signal to a process, or with a negative pid to a process group; false when there is none. */
export function signal(pid: number, name: "SIGKILL" | "SIGSTOP" | "SIGCONT" | "SIGTERM"): boolean {
  try {
    process.kill(pid, name)
    return true
  } catch {
    return false
  }
}

/** A killed process leaves within milliseconds; one in uninterruptible sleep may take longer. */
const PATIENCE_MS = 3000

/** Repeats `attempt` until it says true, ever more slowly. False when it never did. */
export async function eventually(attempt: () => boolean): Promise<boolean> {
  for (let waitedMs = 0, pauseMs = 1; ; waitedMs += pauseMs, pauseMs = Math.min(50, pauseMs * 2)) {
    if (attempt()) return true
    if (waitedMs > PATIENCE_MS) return false
    await sleep(pauseMs)
  }
}
