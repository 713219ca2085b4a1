import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Goal } from "../../workflow/goal.ts"
import type { LossTable } from "./loss-table.ts"
import { lossUnder } from "./price-of-miss.ts"
import { regretOf } from "./regret.ts"
import { likelyPlans, valueOfMeasuring } from "./value-of-measuring.ts"

const DEADLINE: Goal = { kind: "cost", sloMs: 1000, percentile: 0.95 }

describe("price of a miss", () => {
  const loss = lossUnder(DEADLINE)

  test("is nothing within the percentile, and what was paid once more for each run beyond", () => {
    expect(loss({ medianMs: 800, percentileMs: 1000, costUsd: 2 })).toBeCloseTo(2, 9)
    expect(loss({ medianMs: 500, percentileMs: 600, costUsd: 2 })).toBe(2)
    // Half of the runs miss: 45 points more than allowed.
    expect(loss({ medianMs: 1000, percentileMs: 1200, costUsd: 2 })).toBeCloseTo(2 * 1.45, 9)
    expect(loss({ medianMs: 5000, percentileMs: 6000, costUsd: 2 })).toBeCloseTo(2 * 1.95, 6)
  })

  test("rises with the latency, also without noise and at the median", () => {
    for (const percentile of [0.5, 0.95]) {
      const at = (ms: number): number =>
        lossUnder({ ...DEADLINE, percentile })({ medianMs: ms, percentileMs: ms, costUsd: 1 })
      const losses = [950, 990, 1005, 1010, 1020, 1100].map(at)
      expect(losses).toEqual(losses.toSorted((a, b) => a - b))
      expect(losses[0]).toBeCloseTo(1, 4)
    }
  })

  test("of a budget is twice the share that is overspent, in time", () => {
    const budget = lossUnder({ kind: "latency", budgetUsd: 1, percentile: 0.95 })
    expect(budget({ medianMs: 90, percentileMs: 100, costUsd: 0.9 })).toBe(100)
    expect(budget({ medianMs: 90, percentileMs: 100, costUsd: 1.1 })).toBeCloseTo(120, 9)
  })
})

/** Losses by draw and plan; the first plan is taken. */
function tableOf(losses: readonly (readonly number[])[]): LossTable {
  const plans = losses[0]!.map(() => ({}))
  return {
    goal: DEADLINE,
    plans,
    taken: 0,
    usual: 0,
    loss: Float64Array.from(losses.flat()),
    best: Float64Array.from(losses, (row) => Math.min(...row)),
    bestPlan: Int32Array.from(losses, (row) => row.indexOf(Math.min(...row))),
    present: { plan: {}, latencyMs: 500, costUsd: 2 },
  }
}

describe("regret", () => {
  test("is what the plan costs more than the best of each draw, as a share of the plan's cost", () => {
    const regret = regretOf(
      tableOf([
        [2, 2.2],
        [2.1, 2],
      ]),
    )
    expect(regret.expected).toBeCloseTo(0.05, 12)
    expect(regret.expectedShare).toBeCloseTo(0.025, 12)
    expect(regret.expectedUsd).toBeCloseTo(0.05, 12)
  })

  test("is 0 where there is one plan", () => {
    expect(regretOf(tableOf([[2], [3], [1]]))).toMatchObject({ expected: 0, share95: 0 })
  })
})

describe("the value of measuring", () => {
  const table = tableOf([
    [1, 3],
    [1, 3],
    [3, 1],
    [3, 1],
  ])
  const value = (logMs: readonly number[], noiseSd = 0.01, of = table): number =>
    valueOfMeasuring(likelyPlans(of), logMs, noiseSd)

  test("is the whole regret where it tells the draws apart, and nothing where it does not", () => {
    expect(value([0, 0, 1, 1])).toBeCloseTo(1, 9)
    expect(value([0, 0, 0, 0])).toBe(0)
    expect(value([0, 1, 0, 1])).toBeCloseTo(0, 9)
  })

  test("falls with the noise of the measurement", () => {
    const values = [0.01, 0.5, 1, 2, 10].map((noise) => value([0, 0, 1, 1], noise))
    expect(values).toEqual(values.toSorted((a, b) => b - a))
    expect(values.at(-1)!).toBeLessThan(0.01)
  })

  test("is nothing where all draws ask for the same plan", () => {
    expect(
      value(
        [0, 0.3, 1, 2],
        0.01,
        tableOf([
          [1, 2],
          [2, 3],
          [1, 4],
          [5, 6],
        ]),
      ),
    ).toBeCloseTo(0, 12)
  })

  test("is never negative, nor more than the regret that choosing well would leave", () => {
    const losses = fc.array(
      fc.tuple(fc.double({ min: 1, max: 2, noNaN: true }), fc.double({ min: 1, max: 2, noNaN: true })),
      {
        minLength: 2,
        maxLength: 12,
      },
    )
    fc.assert(
      fc.property(losses, fc.double({ min: 0.01, max: 1, noNaN: true }), fc.nat(), (rows, noiseSd, seed) => {
        const logMs = rows.map((_, b) => ((b * 7919 + seed) % 13) / 13)
        const found = value(logMs, noiseSd, tableOf(rows))
        expect(found).toBeGreaterThanOrEqual(0)
        expect(found).toBeLessThanOrEqual(1)
      }),
    )
  })
})
