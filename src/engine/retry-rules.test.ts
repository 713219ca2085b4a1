import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { virtualClock } from "../base/testing/virtual-clock.ts"
import { retryBudget } from "./retry-budget.ts"
import { jitter, PATIENCE_MS, verdictOf, type Tries } from "./retry-rules.ts"

const FIRST: Tries = { repeat: 0, sinceFirstMs: 0, timeouts: 0, ruleUses: new Map() }

describe("what follows a failure", () => {
  test("the platform's own wait is kept", () => {
    const verdict = verdictOf({ kind: "throttled", reason: "r", retryAfterMs: 60_000 }, "k", FIRST, [])
    expect(verdict).toEqual({ kind: "retry", waitMs: 60_000 })
  })

  test("patience has an end", () => {
    const late = { ...FIRST, sinceFirstMs: PATIENCE_MS + 1 }
    const verdict = verdictOf({ kind: "unavailable", message: "m", mayHaveRun: false }, "k", late, [])
    expect(verdict).toMatchObject({ kind: "fail", errorType: "Unavailable" })
  })

  test("the first rule that names the error counts, and only so often", () => {
    const rules = [
      { on: "A", max: 1, baseMs: 10 },
      { on: "*", max: 9, baseMs: 10 },
    ]
    const failure = { kind: "refused", code: "A", message: "m" } as const
    expect(verdictOf(failure, "k", FIRST, rules)).toMatchObject({ kind: "fail" })
  })
})

describe("full jitter", () => {
  test("lies in [0, base x 2^n), is the same for the same key and try, and spreads over keys", () => {
    fc.assert(
      fc.property(fc.string(), fc.nat({ max: 30 }), (key, n) => {
        const wait = jitter(key, n, 100, n)
        expect(wait).toBeGreaterThanOrEqual(0)
        expect(wait).toBeLessThan(Math.min(5_000, 100 * 2 ** n))
        expect(jitter(key, n, 100, n)).toBe(wait)
      }),
    )
    const waits = Array.from({ length: 1_000 }, (_, i) => jitter(`key-${i}`, 3, 100, 3) / 800)
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length
    expect(mean).toBeGreaterThan(0.45)
    expect(mean).toBeLessThan(0.55)
    expect(Math.min(...waits)).toBeLessThan(0.05)
    expect(Math.max(...waits)).toBeGreaterThan(0.95)
  })
})

describe("the retry budget", () => {
  test("has ten free, then a fifth of the calls, and refills as the window slides", async () => {
    const clock = virtualClock()
    const budget = retryBudget(clock)
    const taken = (): number => {
      for (let n = 0; ; n++) if (budget.tryTake() > 0) return n
    }
    expect(taken()).toBe(10)
    for (let i = 0; i < 100; i++) budget.called()
    expect(taken()).toBe(10)
    expect(budget.tryTake()).toBeGreaterThan(0)
    await clock.advance(12_000)
    expect(taken()).toBe(10)
  })
})
