import type { InvocationUsage } from "./accounting.ts"

/** How the initialisation of an instance ended. */
export type InitEnd =
  | { readonly kind: "ready"; readonly initMs: number }
  | { readonly kind: "error"; readonly body: Uint8Array; readonly errorType: string; readonly initMs: number }
  | { readonly kind: "exit"; readonly detail: string; readonly initMs: number }
  | { readonly kind: "out-of-memory" | "timeout"; readonly initMs: number }

/** How the work of an instance on one event ended. */
export type WorkEnd =
  | { readonly kind: "response"; readonly body: Uint8Array }
  | { readonly kind: "error"; readonly body: Uint8Array; readonly errorType: string }
  | { readonly kind: "too-large"; readonly sizeBytes: number }
  | { readonly kind: "exit"; readonly detail: string }
  | { readonly kind: "timeout" | "out-of-memory" }

/** The work on one event, measured. */
export interface Work {
  readonly end: WorkEnd
  readonly startedAtMs: number
  readonly endedAtMs: number
  readonly durationMs: number
  readonly usage: InvocationUsage
}
