import {
  ENVELOPE_VERSION,
  INLINE_LIMIT_BYTES,
  type FileRef,
  type PartOutput,
  type TaskError,
} from "../protocol/envelope.ts"
import type { WrapperReport } from "../protocol/wrapper-report.ts"
import type { Store } from "../stores/store.ts"
import { failureOf, taskError } from "./failure.ts"
import type { TaskEnd } from "./run-tasks.ts"

/** The output of a part, its results still as the JSON that the tasks made. */
export interface Output {
  /** A JSON list in task order, null for a task without result; or where that list lies in the store. */
  readonly results: string | FileRef
  readonly errors: readonly TaskError[]
  readonly tasks: number
}

/** Puts the ends of the tasks in task order. */
export function listEnds(ends: readonly TaskEnd[]): Output & { readonly results: string } {
  const results: string[] = Array.from({ length: ends.length }, () => "null")
  const errors: TaskError[] = []
  for (const end of ends) {
    if ("failure" in end) errors.push(taskError(end.index, end.failure))
    else results[end.index] = end.json
  }
  errors.sort((a, b) => a.task - b.task)
  return { results: `[${results.join(",")}]`, errors, tasks: ends.length }
}

/** Results that are too large for an answer. */
export function isLarge(results: string): boolean {
  return Buffer.byteLength(results) > INLINE_LIMIT_BYTES
}

/** The answer of the wrapper, a PartOutput as JSON: results are not parsed only to be written again. */
export function answerText({ results, errors }: Output, report: WrapperReport): string {
  const field = typeof results === "string" ? `"results":${results}` : `"resultsRef":${JSON.stringify(results)}`
  const rest = `"errors":${JSON.stringify(errors)},"report":${JSON.stringify(report)}`
  return `{"$trimtab":{"v":${ENVELOPE_VERSION},"kind":"part",${field},${rest}}}`
}

/** The output kept under the key, or null. */
export async function finishedOutput(store: Store, key: string, signal: AbortSignal): Promise<Output | null> {
  const text = await store.get(key, undefined, signal).then(
    (bytes) => new TextDecoder().decode(bytes),
    (error: unknown) => {
      // By code, not by class: the store's file has its own copy of the class.
      if (failureOf(error).errorType === "store-missing") return null
      throw error
    },
  )
  if (text === null) return null
  // Written by answerText: the key belongs to this part alone, and objects are whole.
  const { results, resultsRef, errors, report } = (JSON.parse(text) as PartOutput).$trimtab
  return { results: resultsRef ?? JSON.stringify(results), errors, tasks: report.tasks }
}

/** Keeps the output unless another invocation of the part was first; returns the one that is kept. */
export async function keepOutput(store: Store, kept: KeptOutput, signal: AbortSignal): Promise<Output> {
  const won = await store.putIfAbsent(kept.key, kept.bytes, signal)
  return won ? kept.output : ((await finishedOutput(store, kept.key, signal)) ?? kept.output)
}

/** An output on its way into the store. */
export interface KeptOutput {
  readonly key: string
  readonly bytes: Uint8Array
  readonly output: Output
}
