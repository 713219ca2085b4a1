import type { FileRef as StoredFile } from "../protocol/envelope.ts"

/** A file as a handler sees it: in the store under `$ref`, and on this machine at `path`. */
export interface FileRef extends StoredFile {
  readonly path: string
}

/** What a handler gets beside its task. */
export interface Context {
  /** Idempotency key of the task: the same each time that this task is tried. Hand it to the services that you change. */
  readonly key: string
  /** When the invocation ends whether it is done or not, ms since 1970. */
  readonly deadlineMs: number
  /** A folder for this task alone, made when first asked for and removed after the invocation. */
  readonly tmpDir: string
  /** Aborts shortly before the deadline. */
  readonly signal: AbortSignal
  /** Writes a line to the log of the function. */
  readonly log: (message: string) => void
  /**
   * Names a file of this machine as a result: return it, anywhere inside the result, and it is uploaded to the store.
   * Throws when there is no such file. `$ref` and `sha256` are empty until the upload.
   */
  readonly file: (path: string) => FileRef
}

/** A handler: takes one task, returns its result, both JSON with files inside. */
export type Handler<Task = unknown, Result = unknown> = (task: Task, context: Context) => Result | Promise<Result>
