import type { ChildProcess } from "node:child_process"
import { mkdirSync, readFileSync } from "node:fs"
import { WORKER_VARIABLE } from "./environment.ts"
import type { Failure } from "./failure.ts"
import type { Batch, IndexedTask, TaskEnd } from "./run-tasks.ts"
import { cut } from "./split.ts"
import type { JournaledBatch, WorkerMessage } from "./worker.ts"

/** Worker processes of one instance, kept warm between invocations and grown on demand. */
export interface Processes {
  /**
   * Runs the batch over `count` processes, a contiguous piece each, and tells the end of every task. Returns the
   * largest peak memory of a process, MB.
   */
  run(batch: Batch, count: number, tell: (end: TaskEnd) => void): Promise<number>
  close(): void
}

/** Names the journals, which one worker may fill several of in one invocation. */
let batches = 0

/** Processes that run `entryPath`, the bundle of the wrapper. Fork costs 26-40 ms. */
export function processesOf(entryPath: string): Processes {
  // Only an instance with several processes pays for loading it.
  const { fork } = process.getBuiltinModule("node:child_process")
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
      const journal = `${batch.tmpDir}/ends${batches++}`
      const outcome = await runIn(worker, { ...batch, tasks: left, journal }, tell)
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
      // Without it, on a full disk, workers send messages.
      attempt(() => mkdirSync(batch.tmpDir, { recursive: true }))
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
  batch: JournaledBatch,
  tell: (end: TaskEnd) => void,
): Promise<Crash | Extract<WorkerMessage, { kind: "done" }>> {
  return await new Promise((resolve) => {
    let ended = 0
    const count = (end: TaskEnd): void => {
      ended++
      tell(end)
    }
    let broken: (WorkerMessage & { kind: "broken" }) | null = null
    const onMessage = (message: WorkerMessage): void => {
      if (message.kind === "end") count(message.end)
      else if (message.kind === "broken") broken = message
      else {
        readEnds(batch.journal, count)
        worker.off("message", onMessage)
        worker.off("close", onClose)
        resolve(message)
      }
    }
    // "close" comes after the last message, "exit" may come before it.
    const onClose = (code: number | null, signal: NodeJS.Signals | null): void => {
      readEnds(batch.journal, count)
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

/** The journal is missing when no task has ended. What is no JSON was cut off, by a kill or by a full disk. */
function readEnds(journal: string, tell: (end: TaskEnd) => void): void {
  for (const line of attempt(() => readFileSync(journal, "utf8").split("\n")) ?? []) {
    const end = attempt(() => JSON.parse(line) as TaskEnd)
    if (end !== undefined) tell(end)
  }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

/** V8 aborts when its heap is full: SIGABRT, or 128 + 6 through a shell. */
function deathOf(code: number | null, signal: NodeJS.Signals | null): Failure {
  if (signal === "SIGABRT" || code === 134)
    return { errorType: "Runtime.OutOfMemory", message: "the process ran out of memory and aborted" }
  const how = signal === null ? `exited with code ${code}` : `was killed by ${signal}`
  return { errorType: "Runtime.ExitError", message: `the process that ran this task ${how}` }
}
