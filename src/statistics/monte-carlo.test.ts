import * as fc from "fast-check"
import { expect, test } from "vitest"
import { randomTable, sampleColumn } from "./monte-carlo.ts"
import { logNormal, mean, quantile } from "./quantile-table.ts"
import { maxOf } from "./quantile-table-operations.ts"

test("M1: the same seed gives the same bits, whatever was asked before; another seed gives others", () => {
  const forth = randomTable({ seed: 4, scenarios: 100 })
  const back = randomTable({ seed: 4, scenarios: 100 })
  const keys = [0, 1, 2, 3].flatMap((step) => [1, 8].map((instances) => ({ step, part: step % 2, instances })))
  const first = keys.map((key) => forth.levels(key))
  const second = keys
    .toReversed()
    .map((key) => back.levels(key))
    .reverse()
  expect(first).toEqual(second)
  expect(forth.uniforms(0)).not.toEqual(randomTable({ seed: 5, scenarios: 100 }).uniforms(0))
  expect(forth.uniforms(0, 0)).not.toEqual(forth.uniforms(0, 1))
  expect(forth.uniforms(1, 0)).not.toEqual(forth.uniforms(0, 1))
})

test("M2: every stratum holds one number of a column, and columns do not go together", () => {
  const table = randomTable({ seed: 1 })
  expect(table.scenarios).toBe(1500)
  for (const step of [0, 1, 2]) {
    const strata = new Set(Array.from(table.uniforms(step), (u) => Math.floor(u * 1500)))
    expect(strata.size).toBe(1500)
  }
  const [a, b] = [table.uniforms(0), table.uniforms(1)]
  let together = 0
  for (let i = 0; i < 1500; i++) together += (12 * (a[i]! - 0.5) * (b[i]! - 0.5)) / 1500
  // Four standard deviations of a correlation of 1,500 pairs.
  expect(Math.abs(together)).toBeLessThan(4 / Math.sqrt(1500))
})

test("M3: equal distributions give equal times in every scenario", () => {
  const table = randomTable({ seed: 2 })
  const times = [logNormal(100, 0.3), logNormal(100, 0.3)].map((d) => sampleColumn(d, table.levels({ step: 3 })))
  expect(times[0]).toEqual(times[1])
})

test("times are Q(U^(1/p)) of the same U for every p, so more instances never end earlier", () => {
  const d = logNormal(100, 0.3)
  const table = randomTable({ seed: 2, scenarios: 200 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), (instances) => {
      const times = sampleColumn(d, table.levels({ step: 0, instances }))
      const more = sampleColumn(d, table.levels({ step: 0, instances: instances + 1 }))
      for (const [i, u] of table.uniforms(0).entries()) {
        expect(times[i]! / quantile(d, u ** (1 / instances))).toBeCloseTo(1, 9)
        expect(more[i]).toBeGreaterThanOrEqual(times[i]!)
      }
    }),
    { numRuns: 20 },
  )
})

test("common noise leaves the law of the longest that maxOf has", () => {
  const d = logNormal(100, 0.4)
  const table = randomTable({ seed: 6, scenarios: 20_000 })
  for (const commonShare of [0.3, 0.8]) {
    const times = sampleColumn(d, table.levels({ step: 0, instances: 16, commonShare })).sort()
    const law = maxOf(d, 16, commonShare)
    // The sampling error of the sum of two columns at 20,000 draws is below 0.5 % at these levels.
    for (const p of [0.05, 0.5, 0.95])
      expect(Math.abs(times[Math.floor(p * 20_000)]! / quantile(law, p) - 1)).toBeLessThan(0.01)
  }
})

test("the mean of a column is nearly that of the law", () => {
  const d = logNormal(100, 0.3)
  const times = sampleColumn(d, randomTable({ seed: 8 }).levels({ step: 0 }))
  const sampled = times.reduce((sum, ms) => sum + ms, 0) / times.length
  // Independent draws would be 0.8 % off; a stratified column only by what its last stratum holds.
  expect(Math.abs(sampled / mean(d) - 1)).toBeLessThan(2e-3)
})
