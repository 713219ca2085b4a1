import type { Json } from "../base/json.ts"
import { INLINE_LIMIT_BYTES, type FileRef } from "../protocol/envelope.ts"
import type { EngineParts } from "./engine-parts.ts"
import { tasksKeyOf } from "./keys.ts"
import { isLarge, putText, unspill } from "./spill.ts"

/** Tries to write tasks to the store, and the wait between two, ms. */
const STORE_TRIES = 3
const STORE_RETRY_MS = 500

type Storage = Pick<EngineParts, "store" | "clock">

/** Tasks as the envelope carries them: inline, or in the store when they are too large; null when the store fails. */
export async function carryTasks(
  { store, clock }: Storage,
  key: string,
  tasks: readonly Json[],
  signal: AbortSignal,
): Promise<{ readonly tasks: readonly Json[] } | { readonly tasksRef: FileRef } | null> {
  const text = JSON.stringify(tasks)
  if (!isLarge(text, INLINE_LIMIT_BYTES)) return { tasks }
  for (let left = STORE_TRIES; ; left--) {
    try {
      return { tasksRef: await putText(tasksKeyOf(key), text, { store, clock, signal }) }
    } catch {
      signal.throwIfAborted()
      if (left === 1) return null
      await clock.sleep(STORE_RETRY_MS, signal)
    }
  }
}

/** The results of an answer, fetched where they are in the store; null when they cannot be read. */
export async function readResults(
  { store, clock }: Storage,
  results: readonly Json[] | FileRef,
  signal: AbortSignal,
): Promise<readonly Json[] | null> {
  if (!("$ref" in results)) return results
  try {
    const list: Json = JSON.parse(await unspill(results, { store, clock, signal }))
    return Array.isArray(list) ? list : null
  } catch {
    signal.throwIfAborted()
    return null
  }
}
