import type { SampleOutcome } from "../../estimation/sample.ts"
import type { ObservedInvocation } from "../observation.ts"

/** What one line of a log says. */
export type LoggedItem =
  | LoggedInvocation
  | LoggedNote
  /** How an invocation really ended, said on a line of its own. */
  | { readonly kind: "ending"; readonly requestId: string; readonly outcome: SampleOutcome }
  /** A report that cannot be understood. */
  | { readonly kind: "malformed"; readonly reason: string }
  /** A report of a call that is part of no run: a prewarm, a measurement. */
  | { readonly kind: "passed"; readonly requestId: string }

/** A report of an invocation. Its run is found from all that is known about it. */
export interface LoggedInvocation {
  readonly kind: "invocation"
  readonly invocation: ObservedInvocation
  /** Names of its run, the surest first: that of our engine, then the trace. */
  readonly runIds: readonly string[]
  /** `report`: a REPORT line; `event`: a JSON line, which says more and wins where both are there. */
  readonly form: "report" | "event"
  /** False where no line says when it was: its instants are 0. */
  readonly dated: boolean
}

/** What a function's own line says about its invocation: its run, the configuration it looked up. */
export interface LoggedNote {
  readonly kind: "note"
  readonly requestId: string
  readonly runId?: string
  readonly configVersion?: number
}
