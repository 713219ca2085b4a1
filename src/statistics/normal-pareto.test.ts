import * as fc from "fast-check"
import { expect, test } from "vitest"
import { PROBABILITIES } from "./distribution.ts"
import {
  fromNormalPareto,
  type NormalPareto,
  normalParetoCdf,
  normalParetoDensity,
  normalParetoMoments,
  normalParetoQuantile,
} from "./normal-pareto.ts"
import { quantile } from "./quantile-table.ts"

const laws: fc.Arbitrary<NormalPareto> = fc.record({
  mu: fc.double({ min: 0, max: 500, noNaN: true }),
  sigma: fc.double({ min: 1, max: 100, noNaN: true }),
  z: fc.double({ min: 0.1, max: 3, noNaN: true }),
  xi: fc.double({ min: 0.001, max: 0.3, noNaN: true }),
})

/** Integral of f over [from, to] by Gauss' five-point rule on `pieces` pieces. */
function integral(f: (x: number) => number, [from, to]: readonly [number, number], pieces: number): number {
  const nodes = [0, 0.5384693101056831, 0.906179845938664]
  const weights = [0.5688888888888889, 0.47862867049936647, 0.23692688505618908]
  const half = (to - from) / (2 * pieces)
  let sum = 0
  for (let i = 0; i < pieces; i++) {
    const centre = from + (2 * i + 1) * half
    for (const [k, node] of nodes.entries())
      sum += weights[k]! * half * (k === 0 ? f(centre) : f(centre - node * half) + f(centre + node * half))
  }
  return sum
}

/** Integral over all times: the body over x, the tail over the logarithm of x less the junction's distance to 0. */
function integralOver(law: NormalPareto, f: (ms: number) => number): number {
  const junction = law.mu + law.z * law.sigma
  const body = integral(
    (ms) => f(ms) * normalParetoDensity(law, ms),
    [Math.max(0, law.mu - 12 * law.sigma), junction],
    200,
  )
  // With x = t + sigma (e^y - 1) the tail falls like e^(-y / xi) at least; 1e-12 of the second moment is left at the end.
  const tail = integral(
    (y) => {
      const ms = junction + law.sigma * Math.expm1(y)
      return f(ms) * normalParetoDensity(law, ms) * law.sigma * Math.exp(y)
    },
    [0, 30 / Math.max(0.4, 1 / law.xi - 2) + 12],
    400,
  )
  return body + tail
}

test("the density integrates to 1 to 1e-8", () => {
  fc.assert(
    fc.property(laws, (law) => {
      expect(Math.abs(integralOver(law, () => 1) - 1)).toBeLessThan(1e-8)
    }),
    { numRuns: 60 },
  )
})

test("density and slope are continuous where the tail begins", () => {
  fc.assert(
    fc.property(laws, (law) => {
      const junction = law.mu + law.z * law.sigma
      const h = 1e-6 * law.sigma
      const at = (ms: number): number => normalParetoDensity(law, ms) * law.sigma
      expect(Math.abs(at(junction) - at(junction - h * 1e-4))).toBeLessThan(1e-9)
      // One-sided slopes to second order in h.
      const before = 3 * at(junction - 1e-12) - 4 * at(junction - h) + at(junction - 2 * h)
      const after = -3 * at(junction) + 4 * at(junction + h) - at(junction + 2 * h)
      const slope = 2e-6 * law.z * at(junction)
      // Rounding of a density leaves 1e-16 / 2e-7 of slope.
      expect(Math.abs(before - after) / slope).toBeLessThan(1e-5)
    }),
  )
})

test("moments agree with quadrature", () => {
  fc.assert(
    fc.property(laws, (law) => {
      const mean = integralOver(law, (ms) => ms)
      const square = integralOver(law, (ms) => ms * ms)
      const moments = normalParetoMoments(law)
      expect(moments.mean / mean).toBeCloseTo(1, 7)
      expect((moments.sd ** 2 + moments.mean ** 2) / square).toBeCloseTo(1, 6)
    }),
    { numRuns: 60 },
  )
})

test("the cdf inverts the quantile, and times are positive", () => {
  fc.assert(
    fc.property(laws, fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), (law, p) => {
      const ms = normalParetoQuantile(law, p)
      expect(ms).toBeGreaterThan(0)
      expect(normalParetoCdf(law, ms)).toBeCloseTo(p, 9)
    }),
  )
  const law = { mu: 100, sigma: 20, z: 1.5, xi: 0.1 }
  expect(normalParetoCdf(law, 0)).toBe(0)
  expect(normalParetoDensity(law, -1)).toBe(0)
})

test("its table has its quantiles", () => {
  const law = { mu: 100, sigma: 20, z: 1.5, xi: 0.2 }
  const table = fromNormalPareto(law)
  for (const p of PROBABILITIES) expect(quantile(table, p)).toBeCloseTo(normalParetoQuantile(law, p), 9)
})
