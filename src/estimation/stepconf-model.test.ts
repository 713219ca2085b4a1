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
    expect(fit.parameters.a2).toBeCloseTo(TRUTH.a2, 2)
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
