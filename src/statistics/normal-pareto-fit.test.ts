import * as fc from "fast-check"
import { expect, test } from "vitest"
import { MAX_XI } from "./gpd.ts"
import { normalQuantile } from "./normal.ts"
import { normalParetoMoments, normalParetoQuantile } from "./normal-pareto.ts"
import { fitNormalPareto, matchNormalPareto } from "./normal-pareto-fit.ts"

test("mean, sd and p95 are met wherever they can be", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.85, max: 1.99, noNaN: true }),
      fc.double({ min: 1, max: 1e4, noNaN: true }),
      (k, sd) => {
        const mean = 50 * sd
        const match = matchNormalPareto({ mean, sd, p95: mean + k * sd })
        expect(match.kind).toBe("fitted")
        if (match.kind !== "fitted") return
        const moments = normalParetoMoments(match.law)
        expect(moments.mean / mean).toBeCloseTo(1, 9)
        expect(moments.sd / sd).toBeCloseTo(1, 6)
        expect((normalParetoQuantile(match.law, 0.95) - mean) / sd).toBeCloseTo(k, 6)
      },
    ),
    { numRuns: 40 },
  )
})

test("the pooled shape is kept where it serves", () => {
  const match = matchNormalPareto({ mean: 100, sd: 10, p95: 117.5 })
  expect(match.kind === "fitted" && match.law.xi).toBe(0.1)
})

test("no law of this form has its p95 more than 1.996 sd above its mean, or less than .78", () => {
  const kindAt = (k: number): string => matchNormalPareto({ mean: 100, sd: 10, p95: 100 + 10 * k }).kind
  expect(kindAt(2)).toBe("p95-too-far")
  expect(kindAt(0.75)).toBe("p95-too-near")
  expect(matchNormalPareto({ mean: 100, sd: 0, p95: 100 }).kind).toBe("not-positive")
  expect(matchNormalPareto({ mean: 100, sd: Number.NaN, p95: 100 }).kind).toBe("not-positive")
})

test("likelihood finds the quantiles of the law that gave the samples", () => {
  const law = { mu: 200, sigma: 12, z: 1, xi: 0.12 }
  const samples = Array.from({ length: 400 }, (_, i) => normalParetoQuantile(law, (i + 0.5) / 400))
  const fit = fitNormalPareto(samples)!
  // Evenly spread samples have no luck in them; the last 1 % lies beyond the fourth last sample.
  for (const [p, tolerance] of [
    [0.05, 0.005],
    [0.5, 0.005],
    [0.95, 0.01],
    [0.99, 0.02],
  ] as const)
    expect(Math.abs(normalParetoQuantile(fit, p) / normalParetoQuantile(law, p) - 1)).toBeLessThan(tolerance)
})

test("scaling the samples scales the fit, and their order does not matter", () => {
  const samples = Array.from({ length: 60 }, (_, i) => 100 + 5 * Math.log(60 / (i + 0.5)) + (i % 7))
  const fit = fitNormalPareto(samples)!
  const scaled = fitNormalPareto(samples.toReversed().map((value) => 1000 * value))!
  for (const p of [0.1, 0.5, 0.95, 0.99])
    expect(normalParetoQuantile(scaled, p) / normalParetoQuantile(fit, p) / 1000).toBeCloseTo(1, 3)
})

test("the shape stays near what is believed of it unless the samples say otherwise, and below its bound", () => {
  const normal = Array.from({ length: 60 }, (_, i) => 100 + 8 * normalQuantile((i + 0.5) / 60))
  const xi = fitNormalPareto(normal)!.xi
  // Half an sd of the belief either way.
  expect(Math.abs(Math.log(xi / 0.1))).toBeLessThan(0.25)
  expect(fitNormalPareto([...normal, 1e6])!.xi).toBeLessThanOrEqual(MAX_XI)
})

test("too few or equal samples have no fit", () => {
  expect(fitNormalPareto([1, 2, 3])).toBeNull()
  expect(fitNormalPareto([5, 5, 5, 5, 5, 5])).toBeNull()
})
