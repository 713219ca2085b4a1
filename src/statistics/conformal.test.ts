import * as fc from "fast-check"
import { expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { correctionOf, corrected, correctionsOf, type Forecast, nextLevel, scoresNeeded, widened } from "./conformal.ts"
import { PROBABILITIES } from "./distribution.ts"
import { normalQuantile } from "./normal.ts"
import { logNormal, quantile } from "./quantile-table.ts"

/** A forecast of the same lognormal for times of another spread and centre: wrong at every level. */
const WRONG = logNormal(100, 0.05)
function forecasts(count: number, random: { next(): number }): Forecast[] {
  return Array.from({ length: count }, () => ({
    ms: 110 * Math.exp(0.2 * normalQuantile(1e-9 + (1 - 2e-9) * random.next())),
    predicted: WRONG,
  }))
}

test("19 scores carry .95, 99 carry .99", () => {
  expect([0.5, 0.75, 0.9, 0.95, 0.99].map(scoresNeeded)).toEqual([1, 3, 9, 19, 99])
  expect(scoresNeeded(0.05)).toBe(19)
  const scores = Array.from({ length: 19 }, (_, i) => i / 100)
  expect(correctionOf(scores, 0.95)).toBe(0.18)
  expect(correctionOf(scores, 0.05)).toBe(0)
})

test("exchangeable data are covered at least as often as the level says, over 1,000 seeds", () => {
  const hits = new Map<number, number>([0.5, 0.75, 0.9, 0.95].map((tau) => [tau, 0]))
  for (let seed = 1; seed <= 1000; seed++) {
    const random = seededRandom(seed)
    const seen = forecasts(39, random)
    const next = forecasts(1, random)[0]!
    const fixed = corrected(WRONG, correctionsOf(seen))
    for (const tau of hits.keys()) if (next.ms <= quantile(fixed, tau)) hits.set(tau, hits.get(tau)! + 1)
  }
  // The law holds for the expectation; of 1,000 trials the share may lie three standard errors lower.
  for (const [tau, hit] of hits) expect(hit / 1000).toBeGreaterThan(tau - 3 * Math.sqrt((tau * (1 - tau)) / 1000))
  // And it is not merely wide: far from all are covered at the median and P75.
  expect(hits.get(0.5)! / 1000).toBeLessThan(0.57)
  expect(hits.get(0.75)! / 1000).toBeLessThan(0.82)
})

test("corrected quantiles rise with the level, for any scores", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), { maxLength: 40 }),
      fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), { maxLength: 10 }),
      (own, borrowed) => {
        const of = (ms: number): Forecast => ({ ms, predicted: WRONG })
        const d = corrected(WRONG, correctionsOf(own.map(of), { borrowed: borrowed.map(of) }))
        for (let i = 1; i < PROBABILITIES.length; i++) expect(d.logMs[i]!).toBeGreaterThanOrEqual(d.logMs[i - 1]!)
        expect(d.logMs.every(Number.isFinite)).toBe(true)
      },
    ),
    { numRuns: 200 },
  )
})

test("nothing seen widens both tails and leaves the median", () => {
  const d = corrected(WRONG, correctionsOf([]))
  expect(d.logMs[2]!).toBeCloseTo(WRONG.logMs[2]!, 12)
  for (const i of [0, 1]) expect(d.logMs[i]!).toBeLessThan(WRONG.logMs[i]!)
  for (const i of [3, 4, 5, 6]) expect(d.logMs[i]!).toBeGreaterThan(WRONG.logMs[i]!)
})

test("a level with too few own scores borrows, one with enough does not", () => {
  const own = Array.from({ length: 19 }, (): Forecast => ({ ms: 200, predicted: WRONG }))
  const others = Array.from({ length: 99 }, (): Forecast => ({ ms: 50, predicted: WRONG }))
  const [low, , , , , high, highest] = correctionsOf(own, { borrowed: others })
  const at = (ms: number, p: number): number => Math.log(ms / quantile(WRONG, p))
  expect([low, high]).toEqual([at(200, 0.05), at(200, 0.95)])
  expect(highest).toBe(at(200, 0.99))
  expect(correctionsOf(own.slice(0, 3), { borrowed: others })[5]).toBe(at(50, 0.95))
})

test("the moving level settles where the share covered is the one asked for", () => {
  const random = seededRandom(5)
  const truth = { sd: 0.07 }
  let level = 0.95
  let covered = 0
  for (let i = 0; i < 4000; i++) {
    const ms = 100 * Math.exp(truth.sd * normalQuantile(1e-9 + (1 - 2e-9) * random.next()))
    const hit = ms <= quantile(WRONG, level)
    if (hit) covered++
    level = nextLevel(level, { tau: 0.95, covered: hit })
  }
  // |mean covered - tau| <= (range of the level) / (step n) = 1 / 80 where the level is not held at its bounds.
  expect(Math.abs(covered / 4000 - 0.95)).toBeLessThan(0.0126)
})

test("widening by .02 reads P95 at P97 and moves no median", () => {
  const d = widened(WRONG, 0.02)
  expect(Math.exp(d.logMs[5]!)).toBeCloseTo(quantile(WRONG, 0.97), 9)
  expect(d.logMs[2]).toBe(WRONG.logMs[2])
  expect(widened(WRONG, 0)).toBe(WRONG)
})
