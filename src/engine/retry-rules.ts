import { seededRandom, seedOf } from "../base/random.ts"
import type { InvokeOutcome } from "../platforms/platform.ts"
import type { RetryRule } from "../workflow/workflow.ts"

/** First and longest wait of a backoff for throttled and unavailable platforms, ms. */
const BASE_MS = 100
const CAP_MS = 5_000

/** How long one part keeps trying a platform that throttles or does not answer, ms. */
export const PATIENCE_MS: number = 10 * 60_000

/** Invocations of one part that a timeout may cost: the first and one retry. */
const TIMEOUT_TRIES = 2

/** What one part has been through. */
export interface Tries {
  /** Invocations under this key so far. */
  readonly repeat: number
  readonly sinceFirstMs: number
  readonly timeouts: number
  /** Times that each rule of the step has been used, by its place. */
  readonly ruleUses: ReadonlyMap<number, number>
}

export type Verdict =
  | { readonly kind: "retry"; readonly waitMs: number; readonly rule?: number }
  /** A new attempt with another size. */
  | { readonly kind: "grow"; readonly cause: "out-of-memory" | "timeout" }
  | { readonly kind: "fail"; readonly errorType: string; readonly message: string }

export type Failure = Exclude<InvokeOutcome, { kind: "ok" }>

/** What follows a failed invocation. Pure: the jitter is seeded by the key and the try. */
export function verdictOf(failure: Failure, key: string, tries: Tries, rules: readonly RetryRule[]): Verdict {
  if (failure.kind === "refused") return { kind: "fail", errorType: failure.code, message: failure.message }
  if (failure.kind === "function-error") {
    const { errorType, message } = failure
    return ruleVerdict(errorType, key, tries, rules) ?? { kind: "fail", errorType, message }
  }
  if (failure.kind === "throttled" || failure.kind === "unavailable") return patiently(failure, key, tries)
  const again = failure.kind === "timeout" && tries.timeouts < TIMEOUT_TRIES
  return again ? { kind: "retry", waitMs: 0 } : { kind: "grow", cause: failure.kind }
}

function patiently(failure: Failure & { kind: "throttled" | "unavailable" }, key: string, tries: Tries): Verdict {
  if (tries.sinceFirstMs > PATIENCE_MS) return outOfPatience(failure)
  const leastMs = failure.kind === "throttled" ? (failure.retryAfterMs ?? 0) : 0
  return { kind: "retry", waitMs: Math.max(leastMs, jitter(key, tries.repeat, BASE_MS, tries.repeat)) }
}

/** A retry where a rule of the step names this error and has tries left; null where none does. */
export function ruleVerdict(
  errorType: string,
  key: string,
  tries: Tries,
  rules: readonly RetryRule[],
): (Verdict & { kind: "retry" }) | null {
  const rule = rules.findIndex(({ on }) => on === errorType || on === "*")
  if (rule < 0) return null
  const { max, baseMs } = rules[rule]!
  const used = tries.ruleUses.get(rule) ?? 0
  if (used >= max) return null
  return { kind: "retry", rule, waitMs: jitter(key, tries.repeat, baseMs, used) }
}

/** Full jitter: uniform in [0, min(cap, base x 2^n)). */
export function jitter(key: string, repeat: number, baseMs: number, n: number): number {
  const boundMs = Math.min(Math.max(CAP_MS, baseMs), baseMs * 2 ** n)
  return seededRandom(seedOf(`${key}:${repeat}`)).next() * boundMs
}

function outOfPatience(failure: Failure & { kind: "throttled" | "unavailable" }): Verdict {
  const errorType = failure.kind === "throttled" ? "Throttled" : "Unavailable"
  const why = failure.kind === "throttled" ? failure.reason : failure.message
  return { kind: "fail", errorType, message: `the platform did not take the invocation for ${PATIENCE_MS} ms: ${why}` }
}
