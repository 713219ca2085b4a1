import { fork, type ChildProcess } from "node:child_process"
import { WORKER_VARIABLE } from "./environment.ts"
import type { Failure } from "./failure.ts"
import type { Batch, IndexedTask, TaskEnd } from "./run-tasks.ts"
import { cut } from "./split.ts"
import type { WorkerMessage } from "./worker.ts"

/** Worker processes of one instance, kept warm between invocations and grown on demand. */
export interface Processes {
  /**
   * Runs the batch over `count` processes, a contiguous piece each, and tells the end of every task. Returns the
   * largest peak memory of a process, MB.
   */
  run(batch: Batch, count: number, tell: (end: TaskEnd) => void): Promise<number>
  close(): void
}

/** Processes that run `entryPath`, the bundle of the wrapper. Fork costs 26-40 ms, a message 0.04-0.1 ms. */
export function processesOf(entryPath: string): Processes {
  const idle: ChildProcess[] = []
  const all = new Set<ChildProcess>()

  const take = (): ChildProcess => {
    let worker = idle.pop()
    // One may have died while it had nothing to do.
    while (worker !== undefined && !worker.connected) worker = idle.pop()
    if (worker !== undefined) return worker
    const fresh = fork(entryPath, [], {
      env: { ...process.env, [WORKER_VARIABLE]: "1" },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    })
    all.add(fresh)
    fresh.once("close", () => all.delete(fresh))
    return fresh
  }

  const runPiece = async (batch: Batch, tell: (end: TaskEnd) => void): Promise<number> => {
    let peakMB = 0
    let left = batch.tasks
    while (left.length > 0) {
      const worker = take()
      const outcome = await runIn(worker, { ...batch, tasks: left }, tell)
      if (outcome.kind === "done") {
        idle.push(worker)
        return Math.max(peakMB, outcome.peakMB)
      }
      left = afterCrash(outcome, tell)
    }
    return peakMB
  }

  return {
    run: async (batch, count, tell) => {
      const pieces = cut(batch.tasks, count)
      const peaks = await Promise.all(pieces.map(async (tasks) => await runPiece({ ...batch, tasks }, tell)))
      return Math.max(0, ...peaks)
    },
    close: () => {
      for (const worker of all) worker.kill("SIGKILL")
    },
  }
}

interface Crash {
  readonly kind: "crashed"
  readonly failure: Failure
  /** Tasks without an end, the one that was running first. */
  readonly left: readonly IndexedTask[]
  /** The module itself does not work: another process would end the same way. */
  readonly hopeless: boolean
}

/** Tells the end of the task that took its process down; the rest goes to another process. */
function afterCrash(crash: Crash, tell: (end: TaskEnd) => void): readonly IndexedTask[] {
  const [running, ...rest] = crash.left
  const failed = crash.hopeless ? crash.left : running === undefined ? [] : [running]
  for (const { index } of failed) tell({ index, failure: crash.failure })
  return crash.hopeless ? [] : rest
}

async function runIn(
  worker: ChildProcess,
  batch: Batch,
  tell: (end: TaskEnd) => void,
): Promise<Crash | { kind: "done"; peakMB: number }> {
  return await new Promise((resolve) => {
    let ended = 0
    let broken: (WorkerMessage & { kind: "broken" }) | null = null
    const onMessage = (message: WorkerMessage): void => {
      switch (message.kind) {
        case "end":
          ended++
          tell(message.end)
          break
        case "broken":
          broken = message
          break
        case "done":
          worker.off("message", onMessage)
          worker.off("close", onClose)
          resolve({ kind: "done", peakMB: message.peakMB })
      }
    }
    // "close" comes after the last message, "exit" may come before it.
    const onClose = (code: number | null, signal: NodeJS.Signals | null): void => {
      resolve({
        kind: "crashed",
        failure: broken?.failure ?? deathOf(code, signal),
        left: batch.tasks.slice(ended),
        hopeless: broken?.hopeless ?? false,
      })
    }
    worker.on("message", onMessage)
    worker.once("close", onClose)
    // A failed send means that the process is gone: "close" tells how.
    worker.send(batch, () => {})
  })
}

/** V8 aborts when its heap is full: SIGABRT, or 128 + 6 through a shell. */
function deathOf(code: number | null, signal: NodeJS.Signals | null): Failure {
  if (signal === "SIGABRT" || code === 134)
    return { errorType: "Runtime.OutOfMemory", message: "the process ran out of memory and aborted" }
  const how = signal === null ? `exited with code ${code}` : `was killed by ${signal}`
  return { errorType: "Runtime.ExitError", message: `the process that ran this task ${how}` }
}
