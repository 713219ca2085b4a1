import { isObject, type Json } from "../base/json.ts"
import { isFileRef, type FileRef, type TaskError } from "../protocol/envelope.ts"

/** A wrapper's answer, checked: results may still be in the store. */
export interface PartAnswer {
  readonly results: readonly Json[] | FileRef
  readonly errors: readonly TaskError[]
}

/** Reads what came back from an instance; null when it is no answer of a wrapper. */
export function parsePartAnswer(payload: unknown): PartAnswer | null {
  const answer = isObject(payload) ? payload["$trimtab"] : undefined
  if (!isObject(answer) || answer["kind"] !== "part") return null
  const errors = Array.isArray(answer["errors"]) ? answer["errors"].map(parseError) : []
  if (errors.includes(null)) return null
  const results = Array.isArray(answer["results"]) ? answer["results"] : answer["resultsRef"]
  if (!Array.isArray(results) && !isFileRef(results)) return null
  // It came as JSON: whatever the elements are, they are Json. Nulls were filtered out above.
  return { results: results as readonly Json[] | FileRef, errors: errors as TaskError[] }
}

function parseError(value: unknown): TaskError | null {
  if (!isObject(value)) return null
  const { task, errorType, message } = value
  if (typeof task !== "number" || typeof errorType !== "string" || typeof message !== "string") return null
  return { task, errorType, message }
}
