import type { Json } from "../../base/json.ts"
import type { PartRequest } from "../../protocol/parse-envelope.ts"
import type { FunctionVariant, InvokeOutcome, InvokeRequest } from "../platform.ts"
import type { Fault } from "./faults.ts"
import type { DeployedFunction } from "./function-table.ts"

/** One request on its way through the platform. */
export interface Call {
  readonly request: InvokeRequest
  readonly variant: FunctionVariant
  readonly variantName: string
  readonly deployed: DeployedFunction
  readonly kind: "part" | "prewarm" | "plain"
  readonly part: PartRequest | null
  readonly tasks: readonly Json[]
  readonly holdMs: number
  readonly fault: Fault | null
  /** Virtual instants. */
  readonly sentAtMs: number
  /** Answers the caller; later answers are lost. */
  readonly answer: (outcome: InvokeOutcome) => void
}
