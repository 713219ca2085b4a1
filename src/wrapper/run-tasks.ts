import type { Json } from "../base/json.ts"
import { failureOf, type Failure } from "./failure.ts"
import { openContext } from "./task-context.ts"
import { exportOf, type UserFunction, type UserModule } from "./user-module.ts"

/** Tasks for one process, as plain data. */
export interface Batch {
  /** The export that is called. */
  readonly call: string
  /** Idempotency key of the part. */
  readonly key: string
  readonly deadlineMs: number
  /** No task begins after this instant, ms since 1970. */
  readonly closingMs: number
  /** Folder of the invocation; each task has its own below it. */
  readonly tmpDir: string
  readonly tasks: readonly IndexedTask[]
}

/** A task, with its index in the part. */
export interface IndexedTask {
  readonly index: number
  readonly task: Json
}

/** The end of one task: its result as JSON, or what went wrong. */
export type TaskEnd =
  | { readonly index: number; readonly json: string }
  | { readonly index: number; readonly failure: Failure }

/** Runs the tasks one after the other in this process, telling each end before the next begins. Never throws for a task. */
export async function runTasks(
  module: UserModule,
  batch: Batch,
  tell: (end: TaskEnd) => void | Promise<void>,
): Promise<void> {
  const call = exportOf(module, batch.call)
  for (const { index, task } of batch.tasks) {
    const late = Date.now() >= batch.closingMs
    await tell(late ? { index, failure: NOT_BEGUN } : await runTask(call, { index, task }, batch))
  }
}

async function runTask(call: UserFunction, { index, task }: IndexedTask, batch: Batch): Promise<TaskEnd> {
  const { context, close } = openContext({
    key: `${batch.key}/${index}`,
    deadlineMs: batch.deadlineMs,
    closingMs: batch.closingMs,
    tmpDir: `${batch.tmpDir}/${index}`,
  })
  try {
    // undefined has no JSON.
    return { index, json: JSON.stringify(await call(task, context)) ?? "null" }
  } catch (error) {
    // Its stack belongs in the log; the answer has the summary.
    console.error(error)
    return { index, failure: failureOf(error) }
  } finally {
    close()
  }
}

const NOT_BEGUN: Failure = {
  errorType: "Deadline",
  message: "not begun: the deadline of the invocation was near",
}
