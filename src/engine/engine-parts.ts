import type { Clock } from "../base/clock.ts"
import type { Logger } from "../base/logger.ts"
import type { Platform } from "../platforms/platform.ts"
import type { InvocationRecord } from "../protocol/invocation-record.ts"
import type { Store } from "../stores/store.ts"
import type { Admission } from "./admission.ts"
import type { AnswerDeadlines } from "./answer-deadlines.ts"
import type { EngineEvent } from "./events.ts"
import type { HedgeAllowance } from "./hedge-allowance.ts"
import type { Hedging } from "./hedging.ts"
import type { Load } from "./load.ts"
import type { RetryBudget } from "./retry-budget.ts"
import type { WarmInstances } from "./warm-instances.ts"

/** What all runs of an engine share. */
export interface EngineParts {
  readonly platform: Platform
  readonly store: Store
  readonly clock: Clock
  readonly logger: Logger
  readonly admission: Admission
  readonly deadlines: AnswerDeadlines
  readonly load: Load
  readonly warm: WarmInstances
  readonly platformBudget: RetryBudget
  readonly hedgeAllowance: HedgeAllowance
  /** Sizes that steps outgrew in earlier runs: `<workflow>/<step>` -> MB. */
  readonly floors: Map<string, number>
  /** Absent where nobody listens: then no event is even made. */
  readonly emit: ((event: EngineEvent) => void) | undefined
}

/** What the dispatcher needs to know about the run that it works for. */
export interface RunParts {
  readonly runId: string
  readonly budget: RetryBudget
  /** ms since the run's start, never going back. */
  readonly sinceStartMs: () => number
  /** True when the instance of this invocation had been started by a prewarm of this run. */
  readonly claimPrewarmed: (record: InvocationRecord) => boolean
  /** Null where no step of the run has duplicates. */
  readonly hedging: Hedging | null
}
