import type { Clock } from "../base/clock.ts"
import type { InvocationRecord } from "../protocol/invocation-record.ts"
import type { Meters, Pricing } from "../pricing/pricing.ts"
import type { PlatformLimits } from "../workflow/limits.ts"

/** One function deployed at one memory size, `helloworld:1024MB` in StepConf. */
export interface FunctionVariant {
  readonly functionName: string
  readonly memoryMB: number
  /** `<memoryMB>MB`. */
  readonly qualifier: string
}

/** A function ready to be deployed: a folder with `index.mjs` and what it needs beside it. */
export interface FunctionPackage {
  readonly functionName: string
  readonly directory: string
  /** Hash of everything in the folder: equal code, equal hash. */
  readonly codeSha256: string
  readonly threads: "single" | "multi"
}

export interface DeployOptions {
  readonly timeoutMs: number
  readonly environment: Readonly<Record<string, string>>
}

export interface InvokeRequest {
  readonly variant: FunctionVariant
  readonly payload: unknown
  readonly idempotencyKey: string
  /** Earlier invocations under this key. */
  readonly repeat: number
  readonly timeoutMs: number
}

/** Every expected end is a value; an exception is a bug. */
export type InvokeOutcome =
  | { readonly kind: "ok"; readonly payload: unknown; readonly record: InvocationRecord }
  | {
      readonly kind: "function-error"
      readonly errorType: string
      readonly message: string
      readonly record: InvocationRecord
    }
  | { readonly kind: "timeout" | "out-of-memory"; readonly record: InvocationRecord }
  | { readonly kind: "throttled"; readonly reason: string; readonly retryAfterMs?: number }
  /** Other 4xx: never retried. */
  | { readonly kind: "refused"; readonly code: string; readonly message: string }
  /** 5xx, reset, DNS. */
  | { readonly kind: "unavailable"; readonly message: string; readonly mayHaveRun: boolean }

export interface PrewarmOutcome {
  readonly asked: number
  /** Instances that answered. */
  readonly warmed: number
  /** Of these, the ones that were started for it. */
  readonly cold: number
  readonly records: readonly InvocationRecord[]
}

/** What becomes of an instance that waits for work. */
export interface IdleInstances {
  /** What is billed for the memory of an instance while it waits; 0 where only work is billed. */
  readonly usdPerGbSecond: number
  /** Share of instances that are still there after so long idle: falls from 1. */
  readonly warmAfter: (idleMs: number) => number
}

export interface LogQuery {
  readonly functionName?: string
  readonly sinceMs?: number
}

export type TeardownScope = { readonly kind: "function"; readonly functionName: string } | { readonly kind: "all" }

export interface TeardownReport {
  readonly removed: readonly string[]
}

/**
 * The contract between Trimtab and the place where functions run.
 *
 * P1 `invoke` sends one request; retries belong to the engine.
 * P2 Its read timeout is the function timeout plus a margin.
 * P3 `deploy` is idempotent: a variant is (code hash, memoryMB, environment hash).
 * P4 After a kill at any call, teardown removes exactly what we made.
 * P5 No platform removes duplicates: the idempotency key travels in the payload.
 * P6 `prewarm` sends overlapping dummy invocations; it may fail without consequence.
 * P7 Log records may be late, repeated or out of order.
 * P8 A size that cannot run (OOM, timeout) is a data point, not an error.
 */
export interface Platform {
  readonly name: string
  readonly clock: Clock
  readonly limits: PlatformLimits
  readonly pricing: Pricing
  /** Absent where nobody knows: then idle instances cost nothing and stay for minutes. */
  readonly idle?: IdleInstances
  /** What this platform bills for one invocation. */
  meters(record: InvocationRecord): Meters
  deploy(
    pkg: FunctionPackage,
    memorySizesMB: readonly number[],
    options: DeployOptions,
  ): Promise<readonly FunctionVariant[]>
  invoke(request: InvokeRequest, signal: AbortSignal): Promise<InvokeOutcome>
  prewarm(variant: FunctionVariant, instances: number, signal: AbortSignal): Promise<PrewarmOutcome>
  logs(query: LogQuery): AsyncIterable<InvocationRecord>
  teardown(scope: TeardownScope): Promise<TeardownReport>
  /** Idle warm instances per variant as far as the platform knows, `name:1024MB` -> count. Empty where it cannot tell. */
  warmInstances(signal: AbortSignal): Promise<ReadonlyMap<string, number>>
  close(): Promise<void>
}

export function variantOf(functionName: string, memoryMB: number): FunctionVariant {
  return { functionName, memoryMB, qualifier: `${memoryMB}MB` }
}

/** `helloworld:1024MB`. */
export function variantName(variant: FunctionVariant): string {
  return `${variant.functionName}:${variant.qualifier}`
}
