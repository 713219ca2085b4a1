import { writeSync } from "node:fs"
import { messageOf, TrimtabError } from "../base/errors.ts"
import { printable, type Logger } from "../base/logger.ts"

/** Flags that every command takes. */
export interface GlobalFlags {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
}

/**
 * Where a command speaks: data on stdout and nothing else there, progress and warnings on stderr. With `--json`
 * stdout gets one document.
 */
export interface Terminal extends Logger {
  readonly flags: GlobalFlags
  readonly width: number
  readonly color: boolean
  /** The result of the command: `data` under --json, else the text. */
  result(data: object, text: () => string): void
  /** One of a stream of results, a line each: `data` as one line of JSON under --json, else the text. */
  line(data: object, text: () => string): void
  /** A line of progress that replaces the one before on a terminal; elsewhere at most one every two seconds. */
  progress(line: string): void
  /** Ends the progress line, so that it stays. */
  done(line?: string): void
}

/** A line is rewritten this often on a terminal, and said this often elsewhere. */
const REFRESH_MS = { terminal: 80, log: 2_000 }

/** The terminal of this process. `nowMs` paces progress. */
export function processTerminal(flags: GlobalFlags, nowMs: () => number): Terminal {
  const live = process.stderr.isTTY && process.env["TERM"] !== "dumb"
  const color = process.stdout.isTTY && process.env["NO_COLOR"] === undefined && process.env["TERM"] !== "dumb"
  let shown = false
  let lastMs = Number.NEGATIVE_INFINITY
  let pending = ""

  const say = (text: string): void => {
    if (shown) writeAll(2, "\r\u001b[K")
    shown = false
    writeAll(2, `${text}\n`)
  }
  return {
    flags,
    width: process.stdout.columns ?? 120,
    color,
    debug: (message) => {
      if (flags.verbose) say(printable(message))
    },
    info: (message) => {
      if (!flags.quiet) say(printable(message))
    },
    warn: (message) => say(`warning: ${printable(message)}`),
    result: (data, text) => {
      if (shown) say(pending)
      writeAll(1, flags.json ? `${JSON.stringify(data, jsonValue, 2)}\n` : `${text()}\n`)
    },
    line: (data, text) => writeAll(1, `${flags.json ? JSON.stringify(data, jsonValue) : printable(text())}\n`),
    progress: (line) => {
      if (flags.quiet) return
      pending = printable(line).slice(0, live ? (process.stderr.columns ?? 120) - 1 : undefined)
      const now = nowMs()
      if (now - lastMs < (live ? REFRESH_MS.terminal : REFRESH_MS.log)) return
      lastMs = now
      if (!live) return say(pending)
      writeAll(2, `\r\u001b[K${pending}`)
      shown = true
    },
    done: (line) => {
      lastMs = Number.NEGATIVE_INFINITY
      if (line !== undefined && !flags.quiet) say(printable(line))
      else if (shown) writeAll(2, "\r\u001b[K")
      shown = false
    },
  }
}

/** One clear message for an error; its stack only when asked, or when it is a bug of ours. */
export function describeError(error: unknown, flags: GlobalFlags): { data: object; text: string } {
  if (error instanceof TrimtabError) {
    const { code, message, where, fix, retryable } = error
    const stack = flags.verbose && error.stack !== undefined ? `\n${error.stack}` : ""
    return {
      data: { schemaVersion: 1, error: { code, message, where: where ?? null, fix: fix ?? null, retryable } },
      text: `error: ${printable(message)}${stack}`,
    }
  }
  const message = messageOf(error)
  const stack = error instanceof Error && error.stack !== undefined ? error.stack : message
  return {
    data: { schemaVersion: 1, error: { code: "internal", message, where: null, fix: null, retryable: false } },
    text: `internal error, please report it: ${stack}`,
  }
}

/** Big integers are decimal text in JSON; not-a-number has no JSON form and becomes null. */
function jsonValue(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value
}

/** Writes everything before it returns, so that an exit right after cuts nothing off; a closed pipe is not an error. */
function writeAll(fd: 1 | 2, text: string): void {
  const bytes = Buffer.from(text)
  for (let offset = 0; offset < bytes.length;) {
    try {
      offset += writeSync(fd, bytes, offset)
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error
      if (error.code === "EPIPE") return
      if (error.code !== "EAGAIN") throw error
    }
  }
}
