import { describe, expect, test } from "vitest"
import { balanceOf, levelOf, newsvendorRule } from "./prewarm-newsvendor.ts"
import { paperRule } from "./prewarm-paper.ts"
import type { PrewarmAsk } from "./prewarm-rule.ts"
import { quantileOf, spreadTime, startLaw } from "./start-law.ts"

/** A parent that takes 2 s, 2.5 s at the percentile; ten instances that take 300 ms to start. As on AWS Lambda. */
const ASK: PrewarmAsk = {
  nowMs: 0,
  start: startLaw([{ sinceMs: 0, takes: spreadTime(2_000, 2_500, 0.95) }], 0, 0),
  latestStartMs: 4_000,
  probability: 1,
  delay: spreadTime(300, 400, 0.95),
  percentile: 0.95,
  instances: 10,
  usdPerMs: 3e-7,
  prices: { warmCallUsd: 2e-7, coldCallUsd: 9e-6, idleUsdPerMs: 0, warmAfter: (ms) => (ms < 240_000 ? 1 : 0) },
}

function firedAt(ask: PrewarmAsk): number {
  const timing = newsvendorRule.time(ask)
  if (timing.kind !== "fire") throw new Error("the prewarm was declined")
  return timing.atMs
}

describe("StepConf's rule", () => {
  test("warms one mapping delay, at the percentile, before the step has to start", () => {
    expect(paperRule.time(ASK)).toEqual({ kind: "fire", atMs: expect.closeTo(4_000 - 400, 6) })
  })

  test("is too late for a run that is ahead of its plan", () => {
    const timing = paperRule.time(ASK)
    expect(timing.kind === "fire" && timing.atMs).toBeGreaterThan(ASK.start.quantile(0.95))
  })
})

describe("the newsvendor's rule", () => {
  test("has its instances ready before the step is at all likely to start, where idling costs nothing", () => {
    const readyMs = firedAt(ASK) + quantileOf(ASK.delay, 0.5)
    expect(readyMs).toBeLessThan(ASK.start.quantile(0.05))
  })

  test("waits the longer the more idling costs", () => {
    const at = [0, 1e-9, 1e-8, 1e-7].map((idleUsdPerMs) => {
      const ask = { ...ASK, prices: { ...ASK.prices, idleUsdPerMs } }
      return levelOf(ask)
    })
    expect(at.toSorted((a, b) => a - b)).toEqual(at)
    expect(at.at(-1)).toBeGreaterThan(10 * at[0]!)
  })

  test("is early / (early + late): half where a second of both costs the same", () => {
    const widthMs = ASK.start.quantile(0.84) - ASK.start.quantile(0.16)
    const late = (ASK.usdPerMs * ASK.delay.medianMs) / widthMs
    const ask = { ...ASK, prices: { ...ASK.prices, idleUsdPerMs: late / ASK.instances } }
    expect(levelOf(ask)).toBeCloseTo(0.5, 9)
  })

  test("waits where instances do not stay", () => {
    const fleeting = { ...ASK.prices, warmAfter: (ms: number) => Math.exp(-ms / 500) }
    // Time is worth ten times as much, or it would not be worth the calls at all.
    const dear = { ...ASK, usdPerMs: 10 * ASK.usdPerMs }
    expect(firedAt({ ...dear, prices: fleeting })).toBeGreaterThan(firedAt(dear) + 100)
  })

  test("warms for a likely branch and not for an unlikely one", () => {
    expect(newsvendorRule.time({ ...ASK, probability: 0.9 }).kind).toBe("fire")
    const unlikely = newsvendorRule.time({ ...ASK, probability: 0.3 })
    expect(unlikely.kind).toBe("declined")
  })

  test("does not warm where time is worth less than the calls, or where it would come too late", () => {
    expect(newsvendorRule.time({ ...ASK, usdPerMs: 1e-11 }).kind).toBe("declined")
    const soon = startLaw([{ sinceMs: 0, takes: spreadTime(200, 210, 0.95) }], 0, 0)
    expect(newsvendorRule.time({ ...ASK, start: soon }).kind).toBe("declined")
  })

  test("knows that a hit costs little more than its call: the start is billed once, wherever it happens", () => {
    const { gainUsd, costUsd } = balanceOf({ ...ASK, usdPerMs: 0 }, 0)
    expect(costUsd - gainUsd).toBeCloseTo(ASK.instances * ASK.prices.warmCallUsd, 12)
  })
})
