import type { Json } from "../base/json.ts"
import type { WrapperReport } from "./wrapper-report.ts"

/** The version of the envelope that this code speaks. */
export const ENVELOPE_VERSION = 1 as const

/** Payloads above this travel through the store, bytes. */
export const INLINE_LIMIT_BYTES: number = 128 * 1024

/** A file in the store, anywhere inside a task or a result. The wrapper adds `path` before the handler sees it. */
export interface FileRef {
  readonly $ref: string
  readonly bytes: number
  readonly sha256: string
}

export function isFileRef(value: unknown): value is FileRef {
  return typeof value === "object" && value !== null && "$ref" in value && typeof value.$ref === "string"
}

/** One part of one attempt of a step: what the engine asks of one instance. */
export interface TaskEnvelope {
  readonly $trimtab: {
    readonly v: typeof ENVELOPE_VERSION
    /** Idempotency key, the same for every invocation of this part. */
    readonly key: string
    /** Earlier invocations under this key: above 0 the wrapper looks for a finished output first. */
    readonly repeat: number
    /** [index, count] of this part. */
    readonly part: readonly [number, number]
    readonly processes: number
    /** The export of the handler's module that is called: `handler` for tasks, another for split and merge. */
    readonly call: string
    /** `leave`: files stay references, for a split, which only hands them on. Default `download`. */
    readonly files?: "download" | "leave"
    readonly tasks?: readonly Json[]
    /** Instead of `tasks`: a JSON list in the store. */
    readonly tasksRef?: FileRef
    /** Store key under which the whole output of this part is kept, by putIfAbsent. */
    readonly outputKey: string
    /** Wall time, ms since 1970. */
    readonly deadlineMs: number
    /** Asks for the counters of the instance in the report. */
    readonly operations?: true
  }
}

/** A dummy invocation: initialises the instance, holds it so that overlapping ones land elsewhere, does no work. */
export interface PrewarmEnvelope {
  readonly $trimtab: { readonly v: typeof ENVELOPE_VERSION; readonly prewarm: true; readonly holdMs: number }
}

export interface TaskError {
  /** Index of the task inside the part. */
  readonly task: number
  readonly errorType: string
  readonly message: string
}

/** What the wrapper answers. */
export interface PartOutput {
  readonly $trimtab: {
    readonly v: typeof ENVELOPE_VERSION
    readonly kind: "part"
    /** In task order; null where the task failed (see errors) or was not begun before the deadline. */
    readonly results?: readonly (Json | null)[]
    /** Instead of `results`: a JSON list in the store. */
    readonly resultsRef?: FileRef
    readonly errors: readonly TaskError[]
    readonly report: WrapperReport
  }
}

export interface PrewarmOutput {
  readonly $trimtab: { readonly v: typeof ENVELOPE_VERSION; readonly kind: "prewarm"; readonly cold: boolean }
}
