import { expect, test } from "vitest"
import { ascendingQuantile, endToEndLatencies, sampleEndToEnd, type StepOrder } from "./end-to-end-sample.ts"
import { sumOf } from "./fft-convolution.ts"
import { randomTable, sampleColumn } from "./monte-carlo.ts"
import { constant, logNormal, quantile } from "./quantile-table.ts"
import { maxAcrossBranches } from "./quantile-table-operations.ts"

/** 0 -> {1, 2} -> 3 */
const DIAMOND: StepOrder = { order: [0, 1, 2, 3], parents: [[], [0], [0], [1, 2]] }

test("a graph of constants has its critical path in every scenario", () => {
  const times = [10, 5, 7, 1]
  const latencies = endToEndLatencies(
    DIAMOND,
    (step) => constant(times[step]!),
    randomTable({ seed: 1, scenarios: 10 }),
  )
  for (const ms of latencies) expect(ms).toBeCloseTo(18, 9)
  const empty = endToEndLatencies({ order: [], parents: [] }, () => constant(1), randomTable({ seed: 1, scenarios: 2 }))
  expect([...empty]).toEqual([0, 0])
})

test("steps end with the last parent of the same scenario, and parts add up", () => {
  const table = randomTable({ seed: 3, scenarios: 50 })
  const d = logNormal(100, 0.5)
  const parts = [{ distribution: d }, { distribution: d, instances: 4 }]
  const latencies = endToEndLatencies(DIAMOND, (step) => (step === 0 ? parts : d), table)
  const column = (step: number, part = 0, instances = 1): Float64Array =>
    sampleColumn(d, table.levels({ step, part, instances }))
  for (const [i, ms] of latencies.entries()) {
    const first = column(0)[i]! + column(0, 1, 4)[i]!
    expect(ms).toBeCloseTo(first + Math.max(column(1)[i]!, column(2)[i]!) + column(3)[i]!, 9)
  }
})

test("the order in which independent steps stand, and other plans before, change no bit", () => {
  const of = (step: number): ReturnType<typeof logNormal> => logNormal(10 + step, 0.2)
  const table = randomTable({ seed: 3 })
  const first = endToEndLatencies(DIAMOND, of, table)
  expect(endToEndLatencies({ ...DIAMOND, order: [0, 2, 1, 3] }, of, randomTable({ seed: 3 }))).toEqual(first)
  endToEndLatencies(DIAMOND, () => logNormal(1, 1), table)
  expect(endToEndLatencies(DIAMOND, of, table)).toEqual(first)
})

test("a chain and independent branches agree with convolution and the product of cdfs", () => {
  const [a, b, c] = [logNormal(100, 0.3), logNormal(150, 0.2), logNormal(80, 0.4)]
  const graph: StepOrder = { order: [0, 1, 2], parents: [[], [0], []] }
  const latencies = sampleEndToEnd(graph, (step) => [a, b, c][step]!, randomTable({ seed: 5, scenarios: 20_000 }))
  const law = maxAcrossBranches([sumOf([a, b]), c])
  for (const p of [0.05, 0.5, 0.95]) {
    // Sampling error of 20,000 draws: 0.3 % at P95.
    expect(Math.abs(ascendingQuantile(latencies, p) / quantile(law, p) - 1)).toBeLessThan(0.006)
  }
})

test("1,500 scenarios give P95 within 0.5 % on average over seeds", () => {
  // Twice the noise of most warm steps; the error is in proportion to it.
  const of = (step: number): ReturnType<typeof logNormal> => logNormal(100 * (step + 1), 0.15)
  const exact = ascendingQuantile(sampleEndToEnd(DIAMOND, of, randomTable({ seed: 99, scenarios: 100_000 })), 0.95)
  let error = 0
  for (let seed = 0; seed < 20; seed++) {
    const p95 = ascendingQuantile(sampleEndToEnd(DIAMOND, of, randomTable({ seed })), 0.95)
    error += Math.abs(p95 / exact - 1) / 20
  }
  expect(error).toBeLessThan(0.005)
})
