/**
 * A file in the store. The wrapper downloads each one that a task names and adds the `path` of its local copy; what
 * `context.file` returns is uploaded when the handler ends.
 */
export interface FileRef {
  readonly $ref: string
  readonly bytes: number
  readonly sha256: string
  /** Local copy, inside this invocation only. */
  readonly path: string
}

/** What the wrapper gives a handler beside its task: the same shape as `Context` of trimtab. */
export interface Context {
  /** The same for every try of this task. */
  readonly key: string
  /** Wall time, ms since 1970. */
  readonly deadlineMs: number
  /** A folder for this task alone, removed after the invocation. */
  readonly tmpDir: string
  readonly signal: AbortSignal
  readonly log: (message: string) => void
  /** Names a local file as (part of) the result. */
  readonly file: (path: string) => FileRef
}

/** A file handed on unread: without the path, which means nothing to the next step. */
export type PassedFile = Omit<FileRef, "path">

/** Hands a file on to the next step. */
export function passOn(file: FileRef): PassedFile {
  return { $ref: file.$ref, bytes: file.bytes, sha256: file.sha256 }
}
