import { expect, test } from "vitest"
import { seededRandom } from "../../src/base/random.ts"
import { computeMs, type ComputeParameters } from "../../src/estimation/compute-model.ts"
import { normalQuantile } from "../../src/statistics/normal.ts"
import { mean } from "../../src/statistics/order-statistics.ts"
import { scoreGrid } from "./grid.ts"
import { perfectModelFloor } from "./grid/floor.ts"
import type { MeasuredData } from "./measure/data-file.ts"
import { GRID_MEMORIES_MB, GRID_PROGRAMS, GRID_TASKS } from "./measure/grid.ts"
import { RUN_COLUMNS } from "./measure/plan.ts"

/** A grid whose times follow the roofline exactly; with `noise` every other repetition is so much longer. */
function exactGrid(noise: number): MeasuredData {
  return {
    origin: { measuredOn: "a law" },
    columns: [...RUN_COLUMNS, "downloadMs", "uploadMs", "maxMemoryUsedMB"],
    cells: GRID_PROGRAMS.flatMap(({ name, kind, processes, ratio }) => {
      const law: ComputeParameters = {
        kind,
        phiMs: 2,
        f0Ms: 0,
        w0Ms: 25,
        parallelShare: ratio,
        contention: 0.02,
        coherence: 0,
        mbPerVcpu: 1769,
      }
      return GRID_MEMORIES_MB.flatMap((memoryMB) =>
        GRID_TASKS.map((tasks) => {
          const ms = computeMs(law, { memoryMB, processes, tasks })
          const runs = Array.from({ length: 6 }, (_, i) => {
            const value = ms * (i % 2 === 0 ? 1 : 1 + noise)
            return [value, value + 4, Math.ceil(value + 4), value + 9, value, 0, 0, 0, i, 0, 0, 60]
          })
          return { functionName: name, memoryMB, processes, tasks, runs }
        }),
      )
    }),
  }
}

test("times that follow the law are predicted at the cells that were not fitted", () => {
  const { summary } = scoreGrid(exactGrid(0))
  expect(summary["gridCells"]).toBe(6 * (10 * 4 - 5 * 3))
  expect(summary["gridWithin4Pct"]).toBe(100)
  expect(summary["gridNoiseMaxPct"]).toBe(0)
  // Step and cost carry the 4 and 5 ms around the compute time, which are learned from the fitted cells.
  expect(summary["stepTimeWithin4Pct"]).toBe(100)
  expect(summary["stepCostWithin4Pct"]).toBe(100)
})

test("the noise is that of one half of the repetitions against the other", () => {
  const { summary } = scoreGrid(exactGrid(0.06))
  expect(summary["gridNoiseMaxPct"]).toBeCloseTo(100 * (1 - 1 / 1.06), 1)
  expect(summary["gridNoiseWithin4Pct"]).toBe(0)
})

test("a perfect model misses what the runs of a cell leave open", () => {
  const { summary } = scoreGrid(exactGrid(0))
  expect(summary["gridPerfectWithin4Pct"]).toBe(100)
  expect(summary["gridPerfectMaxErrorPct"]).toBeCloseTo(0, 9)
  const normal = (cells: number, runs: number): number[][] => {
    const random = seededRandom(3)
    return Array.from({ length: cells }, () =>
      Array.from({ length: runs }, () => Math.exp(0.08 * normalQuantile(0.0001 + 0.9998 * random.next()))),
    )
  }
  // Means of 6 runs with a CV of .08 lie within 4 % of the true mean in P(|Z| < .04 / (.08 / sqrt 6)) = 78 %.
  const { withinPct } = perfectModelFloor(normal(300, 6), mean)
  expect(Math.abs(withinPct - 78)).toBeLessThan(4)
})
