import { Matrix, SVD } from "ml-matrix"
import { describe, expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { computeMs } from "./compute-model.ts"
import type { Cell } from "./cells.ts"
import { fitStepConf, stepConfMs, type StepConfParameters } from "./stepconf-model.ts"

const TRUTH: StepConfParameters = {
  preset: "repaired",
  kind: "multi",
  mbPerVcpu: 2048,
  a1: 900,
  b1: 300,
  rate: 0.4,
  a2: 520,
  b2: 0.1,
  phi1: 0,
  phi2: 60,
}

/** The paper's memory sizes. */
const MEMORIES = [512, 1024, 2048, 4096, 10_240]

function cellsOf(
  ms: (point: { memoryMB: number; processes: number; tasks: number }) => number,
  tasks: number[],
): Cell[] {
  return MEMORIES.flatMap((memoryMB) =>
    tasks.map((count) => {
      const point = { memoryMB, processes: 1, tasks: count }
      return { ...point, cold: false, ms: ms(point), weight: 1 }
    }),
  )
}

describe("eq. (1)", () => {
  test("repaired is continuous at one vCPU for every task count, published is not", () => {
    const published: StepConfParameters = { ...TRUTH, preset: "published", rate: TRUTH.a2, phi1: 60 }
    for (const tasks of [1, 2.5, 20]) {
      const at = (p: StepConfParameters, memoryMB: number): number => stepConfMs(p, { memoryMB, processes: 1, tasks })
      expect(Math.abs(at(TRUTH, 2048 - 1e-6) / at(TRUTH, 2048) - 1)).toBeLessThan(1e-8)
      // The slope in ms per task as a decay rate makes case 1 vanish.
      expect(at(published, 2048 - 1e-6) / at(published, 2048)).toBeGreaterThan(2)
    }
  })

  test("single-thread code gains from memory up to one vCPU, and from processes above", () => {
    const single: StepConfParameters = { ...TRUTH, kind: "single" }
    const at = (memoryMB: number, processes: number): number => stepConfMs(single, { memoryMB, processes, tasks: 8 })
    expect(at(4096, 1)).toBe(at(2048, 1))
    expect(at(1024, 1)).toBeGreaterThan(at(2048, 1))
    expect(at(4096, 2)).toBeLessThan(at(4096, 1))
    expect(at(8192, 2)).toBe(at(4096, 2))
  })

  test("the fit recovers repaired curves from noise-free data at unseen memories", () => {
    const cells = cellsOf((point) => stepConfMs(TRUTH, point), [5, 10, 20])
    const fit = fitStepConf(cells, { preset: "repaired", kind: "multi", mbPerVcpu: 2048, random: seededRandom(1) })
    expect(fit.loss).toBeLessThan(1e-10)
    for (const memoryMB of [768, 1536, 3072, 6144]) {
      const point = { memoryMB, processes: 1, tasks: 15 }
      expect(stepConfMs(fit.parameters, point) / stepConfMs(TRUTH, point)).toBeCloseTo(1, 4)
    }
    for (const key of ["a1", "b1", "rate", "a2", "b2", "phi2"] as const) {
      expect(Math.abs(fit.parameters[key] / TRUTH[key] - 1)).toBeLessThan(1e-6)
    }
  })

  test("on work that goes as 1/u the published form fits far worse than the repaired one", () => {
    const roofline = {
      kind: "multi",
      phiMs: 40,
      f0Ms: 0,
      w0Ms: 300,
      parallelShare: 0.9,
      contention: 0.03,
      coherence: 0,
      mbPerVcpu: 2048,
    } as const
    const cells = cellsOf((point) => computeMs(roofline, point), [5, 10, 20])
    const lossOf = (preset: "published" | "repaired"): number =>
      fitStepConf(cells, { preset, kind: "multi", mbPerVcpu: 2048, random: seededRandom(2), starts: 20 }).loss
    expect(lossOf("published")).toBeGreaterThan(20 * lossOf("repaired"))
  })
})

describe("what a campaign can tell of case 2, by the singular values of the scaled Jacobian", () => {
  /** d ln T / d ln theta at every point, by central differences. */
  function singularValues(theta: readonly number[], tasks: readonly number[], f: Case2): readonly number[] {
    const rows = [512, 1024, 2048, 4096, 10_240].flatMap((memoryMB) =>
      tasks.map((n) => {
        const x = Math.min(1, memoryMB / 2048)
        return theta.map((value, j) => {
          const at = (factor: number): number =>
            Math.log(
              f(
                theta.map((other, k) => (k === j ? value * factor : other)),
                x,
                n,
              ),
            )
          return (at(1 + 1e-5) - at(1 - 1e-5)) / 2e-5
        })
      }),
    )
    return new SVD(new Matrix(rows)).diagonal.toSorted((a, b) => b - a)
  }
  type Case2 = (theta: readonly number[], x: number, n: number) => number
  const free: Case2 = ([a2, b2, phi2, delta], x, n) => (a2! * n) / (delta! * x + b2!) + phi2!
  const fixed: Case2 = ([a2, b2, phi2], x, n) => (a2! * n) / (x + b2!) + phi2!

  test("delta_s free has rank 3 of 4: a2, b2 and delta_s scale together", () => {
    const values = singularValues([520, 0.1, 60, 1], [5, 10, 20], free)
    // Differences of 1e-5 leave errors of 1e-10 relative to the first.
    expect(values[3]! / values[0]!).toBeLessThan(1e-8)
    expect(values[2]! / values[0]!).toBeGreaterThan(1e-4)
  })

  test("delta_s = 1 has full rank, with one task count only just", () => {
    const several = singularValues([520, 0.1, 60], [5, 10, 20], fixed)
    const one = singularValues([520, 0.1, 60], [10], fixed)
    expect(several[2]! / several[0]!).toBeGreaterThan(1e-3)
    expect(several[2]! / several[0]!).toBeGreaterThan(3 * (one[2]! / one[0]!))
  })
})
