import { TrimtabError } from "../base/errors.ts"
import { isObject } from "../base/json.ts"

/** How the rows of one kind of file are read. */
export interface LineReader<T> {
  /** What a line should be, as messages name it. */
  readonly noun: string
  /** The row behind the fields of a line. Throws what `corrupt` gives. */
  readonly read: (fields: Readonly<Record<string, unknown>>, line: Line) => T
}

/** A line that is being read. */
export interface Line {
  /** Version of the line as written. */
  readonly version: unknown
  /** File and line number. */
  readonly where: string
  readonly corrupt: (reason: string) => TrimtabError
}

/** One row with its version as a line, line break included. */
export function versionedLine(version: number, row: object): string {
  return `${JSON.stringify({ v: version, ...row })}\n`
}

/**
 * The rows in the text of a file, oldest first. A last line without a line break was torn by a crash and is left out.
 * @throws TrimtabError `profile-corrupt` with file and line for any other line that is no row.
 */
export function parseLines<T>(text: string, path: string, reader: LineReader<T>): T[] {
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n")
  return lines.flatMap((line, index) => (line === "" ? [] : [parseLine(line, `${path}:${index + 1}`, reader)]))
}

function parseLine<T>(line: string, where: string, { noun, read }: LineReader<T>): T {
  const corrupt = (reason: string, cause?: unknown): TrimtabError =>
    new TrimtabError("profile-corrupt", `${where}: no ${noun}: ${reason}`, {
      where,
      fix: "delete that line, or delete the file and profile again",
      cause,
    })
  let row: unknown
  try {
    row = JSON.parse(line)
  } catch (cause) {
    throw corrupt("not JSON", cause)
  }
  if (!isObject(row)) throw corrupt("not an object")
  const { v, ...fields } = row
  return read(fields, { version: v, where, corrupt })
}
