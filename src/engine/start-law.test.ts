import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { quantileOf, spreadTime, startLaw } from "./start-law.ts"

/** A parent whose median is 1 s and whose 95th percentile is 1.5 s. */
const takes = spreadTime(1_000, 1_500, 0.95)

test("a time is known from its median and one percentile", () => {
  expect(quantileOf(takes, 0.5)).toBeCloseTo(1_000, 6)
  expect(quantileOf(takes, 0.95)).toBeCloseTo(1_500, 6)
  // No prediction is exact: a percentile that says so is not believed.
  expect(quantileOf(spreadTime(1_000, 1_000, 0.95), 0.95)).toBeGreaterThan(1_050)
})

describe("the start of a step", () => {
  test("is the end of its one parent", () => {
    const law = startLaw([{ sinceMs: 200, takes }], 200, 0)
    expect(law.quantile(0.5)).toBeCloseTo(1_200, 0)
    expect(law.quantile(0.95)).toBeCloseTo(1_700, 0)
  })

  test("is the latest end of several: later than each of them", () => {
    const one = startLaw([{ sinceMs: 0, takes }], 0, 0)
    const two = startLaw(
      [
        { sinceMs: 0, takes },
        { sinceMs: 0, takes },
      ],
      0,
      0,
    )
    // Both end by t with probability F(t)^2.
    expect(two.quantile(0.25)).toBeCloseTo(one.quantile(0.5), 0)
    expect(startLaw([{ sinceMs: 0, takes }], 0, 5_000).quantile(0.5)).toBeCloseTo(5_000, 3)
  })

  test("moves on while a parent is late", () => {
    expect(startLaw([{ sinceMs: 0, takes }], 1_400, 0).quantile(0.5)).toBeGreaterThan(1_400)
    // Far beyond what was predicted nothing is known: it may end at any moment.
    expect(startLaw([{ sinceMs: 0, takes }], 100_000, 0).quantile(0.5)).toBe(100_000)
  })

  test("is never past, and never earlier at a higher level", () => {
    const parent = fc.record({
      sinceMs: fc.double({ min: 0, max: 5_000, noNaN: true }),
      medianMs: fc.double({ min: 0.1, max: 1e6, noNaN: true }),
      factor: fc.double({ min: 0.5, max: 20, noNaN: true }),
    })
    fc.assert(
      fc.property(
        fc.array(parent, { maxLength: 4 }),
        fc.double({ min: 0, max: 1e5, noNaN: true }),
        fc.double({ min: 0.02, max: 0.97, noNaN: true }),
        (parents, nowMs, p) => {
          const running = parents.map(({ sinceMs, medianMs, factor }) => ({
            sinceMs,
            takes: spreadTime(medianMs, factor * medianMs, 0.95),
          }))
          const law = startLaw(running, nowMs, 0)
          expect(law.quantile(p)).toBeGreaterThanOrEqual(nowMs)
          expect(law.quantile(p + 0.01)).toBeGreaterThanOrEqual(law.quantile(p))
        },
      ),
      { numRuns: 100 },
    )
  })
})
