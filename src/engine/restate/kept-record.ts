import { isFileRef, type FileRef } from "../../protocol/envelope.ts"
import type { PrewarmResult } from "../../workflow/run-result.ts"
import type { Settled } from "../port.ts"

/** What a record carries beside its value. */
export interface Attachment {
  /** Events that had been yielded when `next` was decided. */
  readonly basis: number
  /** Decisions that follow from this record. */
  readonly next: readonly Settled[]
  /** What prewarming had come to; absent where it did nothing. */
  readonly prewarm?: PrewarmResult
}

/** What Restate keeps of an entry. */
export type Kept =
  | { readonly atMs: number; readonly value: unknown; readonly with?: Attachment }
  | { readonly atMs: number; readonly ref: FileRef; readonly with?: Attachment }
  | { readonly atMs: number; readonly broke: string; readonly code: string }

export interface Won {
  readonly key: string
  readonly kept: Kept
}

/** What a handler answers to `call`: its value, and when it had it. */
export interface CallAnswer {
  readonly atMs: number
  readonly value: unknown
}

/** The answer of a called handler, as a record. */
export function answered(key: string, answer: unknown, failure: Error | undefined): Kept {
  if (failure !== undefined) return { atMs: 0, broke: `${key} failed: ${failure.message}`, code: "internal" }
  const { atMs, value } = answer as CallAnswer // every handler of the service answers so
  return { atMs, value }
}

/** The record as it is read back. Undefined only where a closure failed for good, which ours never do. */
export function keptOf(key: string, kept: Kept | undefined): Kept {
  if (kept === undefined) return { atMs: 0, broke: `record ${key} ended without a value`, code: "internal" }
  return "ref" in kept && !isFileRef(kept.ref)
    ? { atMs: kept.atMs, broke: `record ${key} refers to nothing`, code: "internal" }
    : kept
}

/** Of an attempt that is over nothing more must be recorded. */
export function never(): Promise<never> {
  // oxlint-disable-next-line promise/avoid-new, no-empty-function -- it is meant never to settle
  return new Promise<never>(() => {})
}
