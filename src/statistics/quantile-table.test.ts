import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type Distribution, PROBABILITIES } from "./distribution.ts"
import { normalQuantile } from "./normal.ts"
import {
  cdf,
  cdfAtLog,
  constant,
  density,
  fromLogs,
  fromQuantiles,
  levelOf,
  logAtLevel,
  logNormal,
  mean,
  momentsOf,
  quantile,
  quantileAtScore,
  sd,
} from "./quantile-table.ts"
import {
  coldOrWarm,
  conditionalOn,
  maxAcrossBranches,
  maxOf,
  mixture,
  scale,
  shift,
} from "./quantile-table-operations.ts"
import { slowestLevel } from "./slowest-level.ts"

const distributions: fc.Arbitrary<Distribution> = fc
  .record({
    start: fc.double({ min: -2, max: 10, noNaN: true }),
    steps: fc.array(fc.double({ min: 1e-4, max: 0.8, noNaN: true }), { minLength: 6, maxLength: 6 }),
    xi: fc.double({ min: 0, max: 0.45, noNaN: true }),
    fromP: fc.constantFrom(0.95, 0.99),
  })
  .map(({ start, steps, xi, fromP }) => {
    const logs = [start]
    for (const step of steps) logs.push(logs.at(-1)! + step)
    return fromLogs(logs, { xi, fromP })
  })
const probabilities = fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true })

describe("the law", () => {
  test("Q1: quantiles are positive, finite and non-decreasing", () => {
    fc.assert(
      fc.property(distributions, probabilities, probabilities, (d, a, b) => {
        const [low, high] = [quantile(d, Math.min(a, b)), quantile(d, Math.max(a, b))]
        expect(low).toBeGreaterThan(0)
        expect(high).toBeGreaterThanOrEqual(low)
        expect(Number.isFinite(high)).toBe(true)
      }),
    )
  })

  test("Q2: the cdf inverts the quantile to 1e-9", () => {
    fc.assert(
      fc.property(distributions, probabilities, (d, p) => {
        expect(cdf(d, quantile(d, p))).toBeCloseTo(p, 9)
      }),
    )
  })

  test("the table's points are its quantiles and the density is continuous where the tail begins", () => {
    fc.assert(
      fc.property(distributions, (d) => {
        for (const [i, p] of PROBABILITIES.entries()) expect(Math.log(quantile(d, p))).toBeCloseTo(d.logMs[i]!, 9)
        const { fromP } = d.tail
        const h = 1e-7
        const before = (quantile(d, fromP) - quantile(d, fromP - h)) / h
        const after = (quantile(d, fromP + h) - quantile(d, fromP)) / h
        expect(Math.abs(before / after - 1)).toBeLessThan(5e-3)
      }),
    )
  })

  test("the density is the slope of the cdf, and has no step where the tail begins", () => {
    fc.assert(
      fc.property(distributions, fc.double({ min: 0.001, max: 0.9999, noNaN: true }), (d, p) => {
        const ms = quantile(d, p)
        const h = ms * 1e-7
        const slope = (cdf(d, ms + h) - cdf(d, ms - h)) / (2 * h)
        // A point of the table between the two has the densities of both its sides around it.
        const bounds = [density(d, ms - h), density(d, ms + h)]
        expect(slope).toBeGreaterThan(Math.min(...bounds) * 0.999 - 1e-9)
        expect(slope).toBeLessThan(Math.max(...bounds) * 1.001 + 1e-9)
        const t = quantile(d, d.tail.fromP)
        expect(density(d, t * (1 - 1e-12)) / density(d, t * (1 + 1e-12))).toBeCloseTo(1, 6)
      }),
    )
  })

  test("readings by score are readings by probability", () => {
    fc.assert(
      fc.property(distributions, probabilities, (d, p) => {
        const ms = quantileAtScore(d)(normalQuantile(p), Math.log1p(-p))
        expect(ms / quantile(d, p)).toBeCloseTo(1, 11)
      }),
    )
  })

  test("shares and quantiles read with what is known of table or level are those read without", () => {
    fc.assert(
      fc.property(distributions, fc.double({ min: -3, max: 16, noNaN: true }), probabilities, (d, log, p) => {
        expect(cdfAtLog(d)(log)).toBeCloseTo(cdf(d, Math.exp(log)), 11)
        expect(logAtLevel(d, levelOf(p))).toBeCloseTo(Math.log(quantile(d, p)), 11)
      }),
    )
  })

  test("mean and sd agree with 400,000 points of the quantile function", () => {
    const d = logNormal(100, 0.3)
    const count = 400_000
    let first = 0
    let second = 0
    for (let i = 0; i < count; i++) {
      const value = quantile(d, (i + 0.5) / count)
      first += value / count
      second += (value * value) / count
    }
    expect(Math.abs(mean(d) / first - 1)).toBeLessThan(1e-3)
    expect(Math.abs(sd(d) / Math.sqrt(second - first * first) - 1)).toBeLessThan(0.01)
  })

  test("a constant is one time at every probability", () => {
    const d = constant(42)
    for (const p of [0.001, 0.5, 0.95, 0.999]) expect(quantile(d, p)).toBeCloseTo(42, 10)
    expect(momentsOf(d).mean).toBeCloseTo(42, 10)
    expect(momentsOf(d).sd).toBeCloseTo(0, 4)
    expect(cdf(d, 41)).toBe(0)
    expect(cdf(d, 43)).toBe(1)
    expect(quantile(constant(0), 0.5)).toBeGreaterThan(0)
  })

  test("crossing quantiles are sorted, NaN is refused", () => {
    const d = fromQuantiles([10, 30, 20, 40, 60, 50, 70], { xi: 0.1, fromP: 0.99 })
    expect(d.logMs.map((log) => Math.round(Math.exp(log)))).toEqual([10, 20, 30, 40, 50, 60, 70])
    expect(() => fromQuantiles([1, 2, 3, 4, 5, 6, Number.NaN], { xi: 0, fromP: 0.95 })).toThrow(/quantile table/)
  })
})

describe("operations", () => {
  test("Q3: scale multiplies every quantile and the mean", () => {
    fc.assert(
      fc.property(distributions, probabilities, fc.double({ min: 0.01, max: 100, noNaN: true }), (d, p, k) => {
        expect(quantile(scale(d, k), p) / quantile(d, p) / k).toBeCloseTo(1, 9)
        expect(mean(scale(d, k)) / mean(d) / k).toBeCloseTo(1, 9)
      }),
    )
  })

  test("Q3: conditionalOn(0) is the identity, and time that has passed never comes back", () => {
    fc.assert(
      fc.property(distributions, probabilities, (d, p) => {
        expect(conditionalOn(d, 0)).toBe(d)
        const elapsed = quantile(d, p)
        const rest = conditionalOn(d, elapsed)
        expect(quantile(rest, 0.05)).toBeGreaterThanOrEqual(elapsed * (1 - 1e-9))
        expect(quantile(rest, 0.5)).toBeCloseTo(quantile(d, p + 0.5 * (1 - p)), 6)
      }),
    )
  })

  test("the longest of p is at Q(u^(1/p)), never shorter than one, and of one it is the same", () => {
    fc.assert(
      fc.property(distributions, fc.integer({ min: 2, max: 64 }), (d, count) => {
        const longest = maxOf(d, count)
        for (const p of PROBABILITIES) {
          expect(quantile(longest, p)).toBeCloseTo(quantile(d, p ** (1 / count)), 5)
          expect(quantile(longest, p)).toBeGreaterThanOrEqual(quantile(d, p) * (1 - 1e-12))
        }
        expect(maxOf(d, 1)).toBe(d)
      }),
    )
  })

  test("common noise lies between one time and independent ones", () => {
    fc.assert(
      fc.property(
        probabilities,
        fc.integer({ min: 2, max: 200 }),
        fc.double({ min: 0.01, max: 0.97, noNaN: true }),
        (p, count, commonShare) => {
          const level = slowestLevel(p, count, commonShare)
          expect(level).toBeGreaterThanOrEqual(p * (1 - 1e-9))
          expect(level).toBeLessThanOrEqual(p ** (1 / count) + 1e-9)
          expect(level).toBeGreaterThanOrEqual(slowestLevel(p, count, Math.min(0.97, commonShare + 0.1)) - 1e-9)
        },
      ),
      { numRuns: 40 },
    )
    const d = logNormal(50, 0.3)
    expect(maxOf(d, 10, 1)).toBe(d)
    expect(maxOf(d, 10, 0)).toEqual(maxOf(d, 10))
    // All but common: as good as independent.
    expect(quantile(maxOf(d, 10, 1e-6), 0.5) / quantile(maxOf(d, 10), 0.5)).toBeCloseTo(1, 4)
  })

  test("the longest of p exponential times has (1 - e^-t)^p", () => {
    const exponential = fromQuantiles(
      PROBABILITIES.map((p) => -100 * Math.log(1 - p)),
      { xi: 0, fromP: 0.95 },
    )
    const longest = maxOf(exponential, 20)
    for (const p of [0.25, 0.5, 0.9, 0.95, 0.99]) {
      // The table's tail has the density of its last segment, 3 % from the exponential's own.
      expect(Math.abs(quantile(longest, p) / (-100 * Math.log(1 - p ** (1 / 20))) - 1)).toBeLessThan(0.04)
    }
  })

  test("the last of several branches has the product of their cdfs, in any order; of equal ones it is maxOf", () => {
    fc.assert(
      fc.property(distributions, distributions, distributions, (a, b, c) => {
        const last = maxAcrossBranches([a, b, c])
        for (const p of PROBABILITIES) {
          const ms = quantile(last, p)
          expect(cdf(a, ms) * cdf(b, ms) * cdf(c, ms)).toBeCloseTo(p, 6)
        }
        const again = maxAcrossBranches([c, a, b])
        for (const [i, log] of last.logMs.entries()) expect(again.logMs[i]).toBeCloseTo(log, 9)
        const equal = maxAcrossBranches([a, a, a])
        for (const [i, log] of maxOf(a, 3).logMs.entries()) expect(equal.logMs[i]).toBeCloseTo(log, 6)
      }),
      { numRuns: 40 },
    )
    const d = logNormal(50, 0.3)
    expect(maxAcrossBranches([d])).toBe(d)
    expect(() => maxAcrossBranches([])).toThrow(/at least one/)
  })

  test("a start is cold or warm by its share", () => {
    const [cold, warm] = [logNormal(900, 0.1), logNormal(20, 0.1)]
    expect(coldOrWarm(cold, warm, 0)).toBe(warm)
    expect(coldOrWarm(cold, warm, 1)).toBe(cold)
    const start = coldOrWarm(cold, warm, 0.2)
    expect(quantile(start, 0.75)).toBeLessThan(40)
    expect(quantile(start, 0.9) / quantile(cold, 0.5)).toBeCloseTo(1, 6)
  })

  test("a mixture has the weighted cdf; of one component or of equal ones it is that component", () => {
    fc.assert(
      fc.property(distributions, distributions, fc.double({ min: 0.05, max: 0.95, noNaN: true }), (a, b, weight) => {
        const both = mixture([
          { weight, distribution: a },
          { weight: 1 - weight, distribution: b },
        ])
        for (const p of PROBABILITIES) {
          const ms = quantile(both, p)
          expect(weight * cdf(a, ms) + (1 - weight) * cdf(b, ms)).toBeCloseTo(p, 6)
        }
      }),
      { numRuns: 40 },
    )
    const d = logNormal(50, 0.2)
    expect(mixture([{ weight: 0.3, distribution: d }])).toBe(d)
  })

  test("shift moves every point by the same time and never below zero", () => {
    const d = logNormal(50, 0.2)
    for (const p of PROBABILITIES) expect(quantile(shift(d, 30), p)).toBeCloseTo(quantile(d, p) + 30, 8)
    expect(quantile(shift(d, -1000), 0.5)).toBeGreaterThan(0)
  })
})
