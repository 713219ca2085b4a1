import { createHash } from "node:crypto"
import type { Clock } from "../base/clock.ts"
import { TrimtabError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import { isFileRef, type FileRef } from "../protocol/envelope.ts"
import type { Store } from "../stores/store.ts"
import { withDeadline } from "./deadline.ts"

/** Values above this live in the store, and the journal holds a reference, bytes. */
export const SPILL_LIMIT_BYTES: number = 128 * 1024

/** Longest wait for one object of the store, ms. */
const STORE_DEADLINE_MS = 60_000

export interface SpillOptions {
  readonly store: Store
  readonly clock: Clock
  readonly signal?: AbortSignal
}

/** True when a text is too large for the place that holds it. */
export function isLarge(text: string, limitBytes: number = SPILL_LIMIT_BYTES): boolean {
  // A UTF-16 unit is at most 3 bytes of UTF-8, so short texts need no counting.
  return text.length * 3 > limitBytes && Buffer.byteLength(text) > limitBytes
}

/** Puts a text into the store under a key made of its content, and returns what finds it again. */
export async function spill(prefix: string, text: string, options: SpillOptions): Promise<FileRef> {
  return putText(`${prefix}/${sha256Of(text).slice(0, 32)}.json`, text, options)
}

/** Puts a text into the store, and returns what finds it again. */
export async function putText(key: string, text: string, options: SpillOptions): Promise<FileRef> {
  const bytes = Buffer.from(text)
  await withDeadline(deadlineOf(options, `writing ${key}`), (signal) => options.store.put(key, bytes, signal))
  return { $ref: key, bytes: bytes.length, sha256: sha256Of(bytes) }
}

/**
 * The text behind a reference, checked against its hash where the reference has one.
 * @throws TrimtabError `store-missing`, or `journal-corrupt` when the object is not what it was
 */
export async function unspill(ref: FileRef, options: SpillOptions): Promise<string> {
  const bytes = await withDeadline(deadlineOf(options, `reading ${ref.$ref}`), (signal) =>
    options.store.get(ref.$ref, undefined, signal),
  )
  if (ref.sha256 !== "" && sha256Of(bytes) !== ref.sha256)
    throw new TrimtabError("journal-corrupt", `object ${ref.$ref} of the store is not what was written`, {
      where: ref.$ref,
    })
  return Buffer.from(bytes).toString("utf8")
}

/** The reference in a text, when it is one. */
export function parseRef(text: string): FileRef {
  const value: Json = JSON.parse(text)
  if (!isFileRef(value)) throw new TrimtabError("journal-corrupt", "a reference to the store is none")
  return value
}

function deadlineOf(options: SpillOptions, what: string): Parameters<typeof withDeadline>[0] {
  const { clock, signal } = options
  return { clock, ms: STORE_DEADLINE_MS, what, ...(signal === undefined ? {} : { signal }) }
}

function sha256Of(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex")
}
