import type { Json } from "../base/json.ts"
import { INLINE_LIMIT_BYTES, type FileRef } from "../protocol/envelope.ts"
import type { EngineParts } from "./engine-parts.ts"
import { tasksKeyOf } from "./keys.ts"
import { isLarge, putText, unspill } from "./spill.ts"

/** Tries to write tasks to the store, and the wait between two, ms. */
const STORE_TRIES = 3
const STORE_RETRY_MS = 500

type Storage = Pick<EngineParts, "store" | "clock">

/** Tasks as an envelope carries them. */
export type Carried = { readonly tasks: readonly Json[] } | { readonly tasksRef: FileRef }

/**
 * Tasks inline, or in the store when they are too large for an envelope; null when the store fails. No promise where
 * nothing is to wait for: this is on the path of every invocation.
 */
export function carryTasks(
  storage: Storage,
  key: string,
  tasks: readonly Json[],
  signal: AbortSignal,
): Carried | Promise<Carried | null> {
  const text = JSON.stringify(tasks)
  return isLarge(text, INLINE_LIMIT_BYTES) ? storeTasks(storage, tasksKeyOf(key), text, signal) : { tasks }
}

async function storeTasks(
  { store, clock }: Storage,
  key: string,
  text: string,
  signal: AbortSignal,
): Promise<Carried | null> {
  for (let left = STORE_TRIES; ; left--) {
    try {
      return { tasksRef: await putText(key, text, { store, clock, signal }) }
    } catch {
      signal.throwIfAborted()
      if (left === 1) return null
      await clock.sleep(STORE_RETRY_MS, signal)
    }
  }
}

/** The results of an answer that are in the store; null when they cannot be read. */
export async function fetchResults(
  { store, clock }: Storage,
  results: FileRef,
  signal: AbortSignal,
): Promise<readonly Json[] | null> {
  try {
    const list: Json = JSON.parse(await unspill(results, { store, clock, signal }))
    return Array.isArray(list) ? list : null
  } catch {
    signal.throwIfAborted()
    return null
  }
}
