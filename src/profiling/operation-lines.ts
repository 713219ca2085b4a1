import { TrimtabError } from "../base/errors.ts"
import { isObject } from "../base/json.ts"
import type { OperationRun } from "../estimation/transferred-function.ts"

/** Version of the lines of `<function>.operations.ndjson`. */
export const OPERATIONS_VERSION = 1 as const

/** One local run of a function, as it is kept beside its samples. */
export interface OperationRecord extends OperationRun {
  readonly atMs: number
  /** Hash of the code that ran. */
  readonly codeSha256: string
}

/** One line, with its line break. */
export function operationLine(record: OperationRecord): string {
  return `${JSON.stringify({ v: OPERATIONS_VERSION, ...record })}\n`
}

/**
 * The records in the text of a file, oldest first; a torn last line is left out.
 * @throws TrimtabError `profile-corrupt` with file and line for any other line that is no record.
 */
export function parseOperations(text: string, path: string): OperationRecord[] {
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n")
  return lines.flatMap((line, index) => (line === "" ? [] : [parseLine(line, `${path}:${index + 1}`)]))
}

function parseLine(line: string, where: string): OperationRecord {
  let row: unknown
  try {
    row = JSON.parse(line)
  } catch (cause) {
    throw corrupt(where, "not JSON", cause)
  }
  if (!isObject(row)) throw corrupt(where, "not an object")
  const { v, ...fields } = row
  if (v !== OPERATIONS_VERSION) throw corrupt(where, `version ${JSON.stringify(v) ?? "missing"}`)
  const problem = problemOf(fields)
  if (problem !== null) throw corrupt(where, problem)
  // Every field was checked.
  return fields as unknown as OperationRecord
}

function problemOf({ atMs, tasks, codeSha256, profile }: Record<string, unknown>): string | null {
  if (!isTime(atMs)) return "atMs is no time"
  if (!Number.isInteger(tasks) || !(Number(tasks) >= 1)) return "tasks is no count"
  if (typeof codeSha256 !== "string") return "codeSha256 is no text"
  if (!isObject(profile)) return "profile is missing"
  const { source, local, counters } = profile
  if (source !== "portable" && source !== "extended") return "source is none that is known"
  if (!isObject(local) || !["wallMs", "userMs", "systemMs"].every((field) => isTime(local[field])))
    return "local has no times"
  if (!isObject(counters) || !Object.values(counters).every(isTime)) return "counters are no numbers"
  return null
}

function isTime(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && Number.isFinite(value)
}

function corrupt(where: string, reason: string, cause?: unknown): TrimtabError {
  return new TrimtabError("profile-corrupt", `${where}: no operation profile: ${reason}`, {
    where,
    fix: "delete that line, or delete the file and profile again",
    cause,
  })
}
