/** What Restate keeps of an entry, and how it is written: once, by us, and read only where it is not known already. */
import type { Serde } from "@restatedev/restate-sdk"
import { isObject } from "../../base/json.ts"
import { isFileRef, type FileRef } from "../../protocol/envelope.ts"
import type { LateHedges, PrewarmResult } from "../../workflow/run-result.ts"
import type { Settled } from "../port.ts"

/** What of a run is not in the records of its events. */
export interface Besides {
  readonly prewarm: PrewarmResult
  readonly lateHedges?: LateHedges
}

/** What a record carries beside its value. */
export interface Attachment {
  /** Events that will have been yielded before this record, if all goes as `next` was decided for. */
  readonly basis: number
  /** Decisions that follow from this record. */
  readonly next: readonly Settled[]
  /** What prewarming and duplicates had come to; absent where they did nothing. */
  readonly besides?: Besides
}

export type Kept =
  | { readonly atMs: number; readonly value: unknown; readonly with?: Attachment }
  | { readonly atMs: number; readonly ref: FileRef; readonly with?: Attachment }
  | { readonly atMs: number; readonly broke: string; readonly code: string }

/** The winner of a race: a closure's record as text, written or read, or the record itself. */
export interface Won {
  readonly key: string
  readonly text?: string
  readonly kept?: Kept
}

/** A record's text from its parts; `value` is JSON already. */
export function textOf(record: {
  readonly atMs: number
  readonly value?: string
  readonly ref?: FileRef
  readonly with?: Attachment
}): string {
  const { atMs, value, ref } = record
  const content = value === undefined ? `"ref":${JSON.stringify(ref)}` : `"value":${value}`
  const carried = record.with === undefined ? "" : `,"with":${JSON.stringify(record.with)}`
  return `{"atMs":${atMs},${content}${carried}}`
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Writes a record's text as it is, and reads it without parsing. */
export function recordSerde(key: string): Serde<Won> {
  return {
    contentType: "application/json",
    serialize: ({ text = "null" }) => encoder.encode(text),
    deserialize: (bytes) => ({ key, text: decoder.decode(bytes) }),
  }
}

/** The record of a winner. */
export function keptOf({ key, text, kept }: Won): Kept {
  if (kept !== undefined) return kept
  const read: unknown = JSON.parse(text ?? "null")
  if (!isObject(read) || typeof read["atMs"] !== "number") return broken(`record ${key} is none of ours`, "internal", 0)
  if ("ref" in read && !isFileRef(read["ref"])) return broken(`record ${key} refers to nothing`, "internal", 0)
  return read as Kept // written above
}

export function broken(broke: string, code: string, atMs: number): Kept {
  return { atMs, broke, code }
}

/** What a handler answers to `call`: its value, and when it had it. */
export interface CallAnswer {
  readonly atMs: number
  readonly value: unknown
}

/** The answer of a called handler, as a record. */
export function answered(key: string, answer: unknown, failure: Error | undefined): Kept {
  if (failure !== undefined) return broken(`${key} failed: ${failure.message}`, "internal", 0)
  const { atMs, value } = answer as CallAnswer // every handler of the service answers so
  return { atMs, value }
}

/** Of an attempt that is over nothing more must be recorded. */
export function never(): Promise<never> {
  // oxlint-disable-next-line promise/avoid-new, no-empty-function -- it is meant never to settle
  return new Promise<never>(() => {})
}
