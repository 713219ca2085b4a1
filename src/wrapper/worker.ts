import { appendFileSync } from "node:fs"
import { failureOf, type Failure } from "./failure.ts"
import { peakMemoryMB } from "./peak-memory.ts"
import { runTasks, type Batch, type TaskEnd } from "./run-tasks.ts"
import type { UserModule } from "./user-module.ts"

/** A batch with the file for the ends of its tasks. */
export interface JournaledBatch extends Batch {
  /** Each end is a line that begins with a line feed: one that was cut off does not spoil the next. */
  readonly journal: string
}

/** What a worker process tells its parent. */
export type WorkerMessage =
  /** An end that does not go into the journal. */
  | { readonly kind: "end"; readonly end: TaskEnd }
  | { readonly kind: "done"; readonly peakMB: number }
  /** The process ends: its module does not load (`hopeless`), or something threw where nobody could catch it. */
  | { readonly kind: "broken"; readonly failure: Failure; readonly hopeless: boolean }

/** The life of a worker process: batches from the parent, one at a time, until the parent goes. */
export function runWorker(load: () => Promise<UserModule>): void {
  let loaded = false
  const broken = async (error: unknown): Promise<never> => {
    // Its stack belongs in the log; the parent gets the summary.
    console.error(error)
    await send({ kind: "broken", failure: failureOf(error), hopeless: !loaded })
    process.exit(1)
  }
  process.on("uncaughtException", (error) => void broken(error))
  process.on("unhandledRejection", (error) => void broken(error))
  process.on("disconnect", () => process.exit(0))
  const loading = load().then((module) => {
    loaded = true
    return module
  })
  // A failure is told with the first batch, below.
  loading.catch(() => {})
  process.on("message", (batch: JournaledBatch) => {
    loading.then(async (module) => await answer(module, batch)).catch(broken)
  })
}

/**
 * Each end is kept before the next task begins: a crash costs the results of no other task. A line costs some 0.02 ms of
 * CPU time, a message, which wakes the parent, 0.2-0.5 ms.
 */
async function answer(module: UserModule, batch: JournaledBatch): Promise<void> {
  await runTasks(module, batch, async (end) => {
    try {
      appendFileSync(batch.journal, `\n${JSON.stringify(end)}`)
      // The loop must turn between tasks, as it does for a message: the parent may be gone.
      await new Promise(setImmediate)
    } catch {
      // The disk is full.
      await send({ kind: "end", end })
    }
  })
  await send({ kind: "done", peakMB: peakMemoryMB() })
}

async function send(message: WorkerMessage): Promise<void> {
  await new Promise<void>((resolve) => {
    // An error means that the parent is gone; "disconnect" follows.
    process.send?.(message, () => resolve())
  })
}
