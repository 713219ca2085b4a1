import type { TaskError } from "../protocol/envelope.ts"

/** Longest message that an answer carries, characters: a thousand failed tasks still fit into one answer. */
const MAX_MESSAGE = 2000

/** What went wrong, as plain data: it crosses processes and goes into answers. */
export interface Failure {
  readonly errorType: string
  readonly message: string
}

/** Describes anything that was thrown. The type is what `retry` rules name. */
export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error)
  return { errorType: errorTypeOf(error), message: message.slice(0, MAX_MESSAGE) }
}

/** The failure of one task of a part. */
export function taskError(task: number, { errorType, message }: Failure): TaskError {
  return { task, errorType, message }
}

function errorTypeOf(error: unknown): string {
  if (!(error instanceof Error)) return "Error"
  // Ours have one class and many codes; another copy of the class may be in the user's bundle.
  if (error.name === "TrimtabError" && "code" in error) return String(error.code)
  // A class that never set `name` inherits "Error" for it.
  return error.name === "Error" || error.name === "" ? error.constructor.name || "Error" : error.name
}
