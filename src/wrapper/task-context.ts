import { mkdirSync, statSync } from "node:fs"
import { TrimtabError } from "../base/errors.ts"
import type { Context, FileRef } from "./handler-types.ts"

/** In the last moments of an invocation no task is begun, ms: what is done must still be answered. */
const CLOSING_MS = 500

/** When an invocation that begins now stops to begin tasks: of a short one half is left for them. */
export function closingAt(deadlineMs: number): number {
  return deadlineMs - Math.min(CLOSING_MS, Math.max(0, deadlineMs - Date.now()) / 2)
}

/** What makes up a context. */
export interface ContextOptions {
  readonly key: string
  readonly deadlineMs: number
  /** When the signal aborts, ms since 1970. */
  readonly closingMs: number
  /** Made only when the handler asks for it. */
  readonly tmpDir: string
}

/** A context, and its end. */
export interface OpenContext {
  readonly context: Context
  /** Stops the timer of the signal. */
  readonly close: () => void
}

/** The context of one task. What costs time, the folder and the signal, is made when first used. */
export function openContext({ key, deadlineMs, closingMs, tmpDir }: ContextOptions): OpenContext {
  let made = false
  let abort: AbortController | null = null
  let timer: NodeJS.Timeout | undefined
  const context: Context = {
    key,
    deadlineMs,
    get tmpDir() {
      if (!made) mkdirSync(tmpDir, { recursive: true })
      made = true
      return tmpDir
    },
    get signal() {
      if (abort === null) {
        const controller = new AbortController()
        const arm = (): void => {
          const leftMs = Math.max(0, Math.ceil(closingMs - Date.now()))
          timer = setTimeout(due, Math.min(leftMs, 2 ** 31 - 1))
        }
        // A timer may fire a moment early by the wall clock; then the next task would still begin.
        const due = (): void => {
          if (Date.now() < closingMs) arm()
          else controller.abort(deadlineError())
        }
        arm()
        abort = controller
      }
      return abort.signal
    },
    log: (message) => {
      process.stdout.write(`${message}\n`)
    },
    file: (path) => localFile(path),
  }
  return { context, close: () => clearTimeout(timer) }
}

/** A file of this machine that is not in the store yet: its `$ref` is empty. */
function localFile(path: string): FileRef {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat?.isFile()) {
    throw new TrimtabError("handler-failed", `context.file: there is no file ${path}`, {
      fix: "write the file before you return it, and give its absolute path",
    })
  }
  return { $ref: "", bytes: stat.size, sha256: "", path }
}

function deadlineError(): TrimtabError {
  return new TrimtabError("timeout", "the deadline of the invocation is near", {
    fix: "raise timeoutMs of the step, or make its tasks smaller",
  })
}
