import { TrimtabError, type ErrorCode } from "../base/errors.ts"

/** Primary result codes of SQLite (the low byte of `errcode`), https://sqlite.org/rescode.html */
const BUSY = 5
const READONLY = 8
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const NOTADB = 26

/** What to do, by code. */
const FIXES: Partial<Record<ErrorCode, string>> = {
  "disk-full": "free some space and start again: every run goes on from its last record",
  "journal-corrupt":
    "move the file and its -wal and -shm neighbours aside and start again; runs that had not ended must be started anew",
  io: "check the disk and its permissions and start again: every run goes on from its last record",
}

/** What SQLite threw, as an error of ours that says which file and what to do. */
export function journalError(path: string, error: unknown): TrimtabError {
  if (error instanceof TrimtabError) return error
  const reason = error instanceof Error ? error.message : String(error)
  const describe = (code: ErrorCode, what: string): TrimtabError =>
    new TrimtabError(code, `journal ${path}: ${what} (${reason})`, {
      where: path,
      cause: error,
      ...(FIXES[code] === undefined ? {} : { fix: FIXES[code] }),
    })
  switch (resultCode(error)) {
    case FULL:
      return describe("disk-full", "no space left to write")
    case CORRUPT:
    case NOTADB:
      return describe("journal-corrupt", "the file is damaged")
    case READONLY:
      return describe("io", "the file cannot be written")
    case BUSY:
      return describe("io", "another process holds the file for too long")
    case IOERR:
    case CANTOPEN:
      return describe("io", "reading or writing failed")
    default:
      return describe("io", "SQLite failed")
  }
}

function resultCode(error: unknown): number {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : 0
}
