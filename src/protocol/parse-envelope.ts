import { TrimtabError } from "../base/errors.ts"
import { isObject, type Json } from "../base/json.ts"
import { ENVELOPE_VERSION, isFileRef, type FileRef, type TaskEnvelope } from "./envelope.ts"

/** What an invocation asks for. */
export type Request =
  /** Not ours: any client may call the function with any payload. */
  | { readonly kind: "plain" }
  | { readonly kind: "prewarm"; readonly holdMs: number }
  | { readonly kind: "part"; readonly part: PartRequest }

/** The inside of a task envelope, checked. */
export type PartRequest = TaskEnvelope["$trimtab"]

/**
 * Reads the payload of an invocation. Throws `unsupported` for another version of the envelope, `internal` for one
 * that is malformed. No schema library, since the wrapper loads this.
 */
export function parseEnvelope(payload: unknown): Request {
  if (!isObject(payload) || !("$trimtab" in payload)) return { kind: "plain" }
  const fields = payload["$trimtab"]
  if (!isObject(fields)) throw malformed("$trimtab", "an object")
  if (fields["v"] !== ENVELOPE_VERSION) {
    throw new TrimtabError("unsupported", `this function speaks envelope version ${ENVELOPE_VERSION} only`, {
      fix: "deploy the function again with the version of Trimtab that calls it",
    })
  }
  if (fields["prewarm"] === true) return { kind: "prewarm", holdMs: Math.max(0, numberIn(fields, "holdMs")) }
  return { kind: "part", part: partOf(fields) }
}

function partOf(fields: Record<string, unknown>): PartRequest {
  const { tasks, tasksRef, part } = fields
  if ((tasks === undefined) === (tasksRef === undefined)) throw malformed("tasks", "given, or else tasksRef")
  if (!Array.isArray(part) || part.length !== 2) throw malformed("part", "a pair of numbers")
  return {
    v: ENVELOPE_VERSION,
    key: textIn(fields, "key"),
    repeat: numberIn(fields, "repeat"),
    part: [Number(part[0]), Number(part[1])],
    processes: Math.max(1, Math.floor(numberIn(fields, "processes"))),
    call: textIn(fields, "call"),
    ...(fields["files"] === "leave" ? { files: "leave" } : {}),
    outputKey: textIn(fields, "outputKey"),
    deadlineMs: numberIn(fields, "deadlineMs"),
    ...(fields["operations"] === true ? { operations: true } : {}),
    ...(tasks === undefined ? { tasksRef: refOf(tasksRef, "tasksRef") } : { tasks: listOf(tasks, "tasks") }),
  }
}

function refOf(value: unknown, field: string): FileRef {
  if (!isFileRef(value)) throw malformed(field, "a file in the store")
  return value
}

function listOf(value: unknown, field: string): readonly Json[] {
  if (!Array.isArray(value)) throw malformed(field, "a list")
  // A payload is parsed JSON, so the elements of a list in it are JSON.
  return value as readonly Json[]
}

function textIn(fields: Record<string, unknown>, field: string): string {
  const value = fields[field]
  if (typeof value !== "string" || value === "") throw malformed(field, "a text")
  return value
}

function numberIn(fields: Record<string, unknown>, field: string): number {
  const value = fields[field]
  if (typeof value !== "number" || !Number.isFinite(value)) throw malformed(field, "a number")
  return value
}

function malformed(field: string, expected: string): TrimtabError {
  return new TrimtabError("internal", `malformed envelope: ${field} must be ${expected}`, {
    where: `payload.$trimtab.${field}`,
  })
}
