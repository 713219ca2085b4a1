import type { ObservedInvocation } from "../observation.ts"

/** The invocations of one run as the logs give them, each source by its own clock, in no order. */
export interface GatheredRun {
  readonly runId: string
  readonly joinedBy: "id" | "time"
  readonly invocations: readonly ObservedInvocation[]
}
