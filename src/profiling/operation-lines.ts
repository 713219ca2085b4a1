import { isObject } from "../base/json.ts"
import type { OperationRun } from "../estimation/transferred-function.ts"
import { type Line, parseLines, versionedLine } from "./versioned-lines.ts"

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
  return versionedLine(OPERATIONS_VERSION, record)
}

/** The records in the text of a file; see `parseLines`. */
export function parseOperations(text: string, path: string): OperationRecord[] {
  return parseLines(text, path, { noun: "operation profile", read: recordOf })
}

function recordOf(fields: Readonly<Record<string, unknown>>, { version, corrupt }: Line): OperationRecord {
  if (version !== OPERATIONS_VERSION) throw corrupt(`version ${JSON.stringify(version) ?? "missing"}`)
  const problem = problemOf(fields)
  if (problem !== null) throw corrupt(problem)
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
  if (local["cores"] !== undefined && !(Number(local["cores"]) >= 1)) return "local has no cores"
  if (!isObject(counters) || !Object.values(counters).every(isTime)) return "counters are no numbers"
  return null
}

function isTime(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && Number.isFinite(value)
}
