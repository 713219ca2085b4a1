import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import chunkFunc from "../../bench/estimation/data/chunk-func.json" with { type: "json" }
import { seededRandom } from "../base/random.ts"
import { normalQuantile } from "../statistics/normal.ts"
import type { Cell } from "./cells.ts"
import { type ComputeCurve, type ComputeCurveOptions, fitComputeCurve } from "./compute-curve.ts"
import { computeMs, type ComputeParameters, type ComputePoint } from "./compute-model.ts"
import slapp from "./testing/slapp-medians.json" with { type: "json" }

const OPTIONS: ComputeCurveOptions = { mbPerVcpu: 1769, maxMemoryMB: 10_240 }
const SINGLE: ComputeParameters = {
  kind: "single",
  phiMs: 40,
  f0Ms: 25,
  w0Ms: 300,
  parallelShare: 0,
  contention: 0.06,
  coherence: 0.004,
  mbPerVcpu: 1769,
}
const MULTI: ComputeParameters = { ...SINGLE, kind: "multi", parallelShare: 0.8 }
const MEMORIES = [512, 1024, 2048, 4096, 10_240]

type Truth = (point: ComputePoint) => number

function cellsOf(
  truth: Truth,
  { memories = MEMORIES, processes = [1, 2], tasks = [2, 6], noise = 0 }: Partial<Design> = {},
): Cell[] {
  const random = seededRandom(11)
  return memories.flatMap((memoryMB) =>
    processes.flatMap((q) =>
      tasks.map((n) => {
        const factor = Math.exp(noise * normalQuantile(0.001 + 0.998 * random.next()))
        const point = { memoryMB, processes: q, tasks: n }
        return { ...point, cold: false, ms: truth(point) * factor, weight: 1 }
      }),
    ),
  )
}

interface Design {
  readonly memories: readonly number[]
  readonly processes: readonly number[]
  readonly tasks: readonly number[]
  readonly noise: number
}

function oneTask(memoryMB: readonly number[], ms: readonly (number | null)[], sizes: readonly number[]): Cell[] {
  return sizes.flatMap((size) => {
    const measured = ms[memoryMB.indexOf(size)]
    return measured == null ? [] : [{ memoryMB: size, processes: 1, tasks: 1, cold: false, ms: measured, weight: 1 }]
  })
}

function errorOf(curve: ComputeCurve, truth: Truth, memories: readonly number[]): number {
  const errors = memories.flatMap((memoryMB) =>
    [2, 3, 6].map((tasks) => {
      const point = { memoryMB, processes: 1, tasks }
      return Math.abs(curve.ms(point) / truth(point) - 1)
    }),
  )
  return errors.reduce((sum, error) => sum + error, 0) / errors.length
}

describe("the kind of code", () => {
  test.each([
    ["single", SINGLE],
    ["multi", MULTI],
  ] as const)("%s-threaded code is told from cells alone, whatever was declared", (kind, truth) => {
    const cells = cellsOf((point) => computeMs(truth, point), { tasks: [4], noise: 0.02 })
    for (const threads of ["single", "multi"] as const) {
      const curve = fitComputeCurve(cells, { ...OPTIONS, threads })
      expect(curve.parameters.kind).toBe(kind)
      expect(curve.notes.includes("threads-other-than-declared")).toBe(threads !== kind)
    }
    expect(fitComputeCurve(cells, OPTIONS).notes).not.toContain("threads-other-than-declared")
  })

  test("below one vCPU both are the same: what was declared, else single", () => {
    const cells = cellsOf((point) => computeMs(MULTI, point), { memories: [256, 512, 1024, 1536], processes: [1] })
    expect(fitComputeCurve(cells, OPTIONS).parameters.kind).toBe("single")
    expect(fitComputeCurve(cells, { ...OPTIONS, threads: "multi" }).parameters.kind).toBe("multi")
  })

  test("measured functions: CPU-bound Lambda code is single-threaded, video code on whole vCPUs is not", () => {
    const sizes = [128, 512, 1024, 1792, 3008]
    for (const medians of [slapp.medianMs.f2, slapp.medianMs.f3, slapp.medianMs.f5, slapp.medianMs.f6]) {
      expect(fitComputeCurve(oneTask(slapp.memoryMB, medians, sizes), OPTIONS).parameters.kind).toBe("single")
    }
    const whole = { ...OPTIONS, cores: "whole" } as const
    const spread = [1024, 2688, 4416, 6208, 8000, 9600]
    const curveOf = (name: string): ComputeCurve => {
      const series = chunkFunc.series.find((other) => other.function === name)!
      return fitComputeCurve(oneTask(chunkFunc.memoryMB, series.meanMs, spread), whole)
    }
    expect(curveOf("transform-video").parameters).toMatchObject({ kind: "multi", mostVcpus: Infinity })
    // Its time halves at the second vCPU and then stays.
    expect(curveOf("mark-faces").parameters.mostVcpus).toBe(2)
  })
})

describe("refinements", () => {
  test.each(["long", "short"] as const)("%s phases of a task are told by the sizes left out", (phases) => {
    const p = { ...MULTI, phiMs: 0, parallelShare: 0.6, contention: 0.02, coherence: 0, phases }
    const truth: Truth = (point) => computeMs(p, point)
    const curve = fitComputeCurve(cellsOf(truth, { processes: [1], noise: 0.01 }), { ...OPTIONS, threads: "multi" })
    expect(curve.parameters.phases).toBe(phases)
    // A noise of 1 % in ten cells; the other law is up to 20 % off.
    expect(errorOf(curve, truth, [768, 1536, 3072, 6144, 8192])).toBeLessThan(0.03)
  })

  test("an exponent below one vCPU is learned where it predicts left-out sizes better", () => {
    const truth: Truth = (point) => computeMs({ ...SINGLE, phiMs: 0, f0Ms: 0, exponent: 0.9 }, point)
    const memories = [128, 256, 512, 1024, 1769, 3008]
    const curve = fitComputeCurve(cellsOf(truth, { memories, noise: 0.005 }), OPTIONS)
    expect(curve.parameters.exponent).toBeLessThan(0.98)
    expect(errorOf(curve, truth, [192, 384, 768, 1536])).toBeLessThan(0.03)
    const plain = fitComputeCurve(
      cellsOf((point) => computeMs(SINGLE, point)),
      OPTIONS,
    )
    expect(plain.parameters.exponent).toBe(1)
  })

  /** A smooth wave over memory that no roofline has: 8 % up and down. */
  const wavy: Truth = (point) => computeMs(SINGLE, point) * Math.exp(0.08 * Math.sin(2 * Math.log(point.memoryMB)))
  const many = { memories: [192, 320, 512, 768, 1024, 1536, 2304, 4096, 7168, 10_240], processes: [1] }
  const bent = fitComputeCurve(cellsOf(wavy, many), OPTIONS)

  test("a residual is used where it helps at left-out sizes, and dropped where only noise is left", () => {
    expect(bent.notes).toContain("gaussian-process-residual")
    const between = [256, 640, 1280, 3008, 5000]
    const roofline = errorOf({ ...bent, ms: (point) => computeMs(bent.parameters, point) }, wavy, between)
    expect(errorOf(bent, wavy, between)).toBeLessThan(0.5 * roofline)
    const noisy = cellsOf((point) => computeMs(SINGLE, point), { ...many, noise: 0.02 })
    expect(fitComputeCurve(noisy, OPTIONS).notes).toEqual([])
  })

  test("with a residual more memory is never slower, and all ways to ask agree", () => {
    const curve = bent
    const axes = {
      memoryMB: [64, 128, 200, 333, 1769, 1770, 5000, 10_240, 12_000],
      processes: [1, 2, 5],
      tasks: [0, 1, 7],
    }
    const table = curve.table(axes)
    let at = 0
    for (const memoryMB of axes.memoryMB) {
      for (const processes of axes.processes) {
        for (const tasks of axes.tasks) {
          const ms = curve.ms({ memoryMB, processes, tasks })
          expect(table[at++]).toBe(ms)
          expect(curve.at(memoryMB)(processes, tasks)).toBe(ms)
        }
      }
    }
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 11_000 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 40 }),
        (memoryMB, processes, tasks) => {
          const ms = curve.ms({ memoryMB, processes, tasks })
          expect(curve.ms({ memoryMB: memoryMB + 16, processes, tasks })).toBeLessThanOrEqual(ms * (1 + 1e-9))
        },
      ),
    )
  })

  test("a profile that shows more memory to be slower is believed, and says so", () => {
    const truth: Truth = ({ memoryMB, tasks }) => tasks * 100 * (memoryMB < 3000 ? 3000 / memoryMB : memoryMB / 3000)
    const memories = [512, 1024, 2048, 3072, 5120, 8192]
    const curve = fitComputeCurve(cellsOf(truth, { memories, processes: [1] }), { ...OPTIONS, threads: "multi" })
    expect(curve.notes).toContain("slower-with-memory")
    const at = (memoryMB: number): number => curve.ms({ memoryMB, processes: 1, tasks: 2 })
    expect(at(8192)).toBeGreaterThan(1.2 * at(3072))
  })
})

describe("what a curve is fitted to", () => {
  const truth: Truth = (point) => computeMs(SINGLE, point)

  test("a run that was stopped raises a curve below its limit and leaves one above it alone", () => {
    const cells = cellsOf(truth, { memories: [2048, 4096], processes: [1] })
    const plain = fitComputeCurve(cells, OPTIONS)
    const stopped = { memoryMB: 256, processes: 1, tasks: 2, cold: false, weight: 1 }
    const early = fitComputeCurve(cells, { ...OPTIONS, censored: [{ ...stopped, ms: 100 }] })
    expect(early.parameters).toEqual(plain.parameters)
    const late = fitComputeCurve(cells, { ...OPTIONS, censored: [{ ...stopped, ms: 1.4 * truth(stopped) }] })
    expect(late.ms(stopped)).toBeGreaterThan(1.05 * plain.ms(stopped))
  })

  test("order changes nothing, scale scales, and sizes left out are reported", () => {
    const cells = cellsOf(truth, { noise: 0.02 })
    const curve = fitComputeCurve(cells, OPTIONS)
    const turned = fitComputeCurve(cells.toReversed(), OPTIONS)
    const scaled = fitComputeCurve(
      cells.map((cell) => ({ ...cell, ms: 7 * cell.ms })),
      OPTIONS,
    )
    for (const cell of cells) {
      // Sums in another order: rounding, enlarged by searches that stop at relative falls of 1e-10.
      expect(turned.ms(cell) / curve.ms(cell)).toBeCloseTo(1, 4)
      expect(scaled.ms(cell) / curve.ms(cell) / 7).toBeCloseTo(1, 4)
    }
    expect(curve.heldOut.map((fold) => [fold.memoryMB, fold.inner, fold.logErrors.length])).toEqual(
      MEMORIES.map((memoryMB, k) => [memoryMB, k > 0 && k < 4, 4]),
    )
  })

  test("a fifth of the cells wild moves the curve by less than 5 %", () => {
    const cells = cellsOf(truth, { tasks: [2, 4, 8], noise: 0.01 })
    const clean = fitComputeCurve(cells, OPTIONS)
    const wild = cells.map((cell, i) => (i % 5 === 2 ? { ...cell, ms: cell.ms * (i % 2 === 0 ? 10 : 0.1) } : cell))
    const curve = fitComputeCurve(wild, OPTIONS)
    for (const cell of cells) expect(Math.abs(curve.ms(cell) / clean.ms(cell) - 1)).toBeLessThan(0.05)
  })

  test("any positive cells give finite, positive times; none are an error", () => {
    const cell = fc.record({
      memoryMB: fc.constantFrom(128, 256, 1024, 1769, 3008, 10_240),
      processes: fc.integer({ min: 1, max: 6 }),
      tasks: fc.integer({ min: 1, max: 100 }),
      cold: fc.boolean(),
      ms: fc.oneof(fc.double({ min: 0.01, max: 1e7, noNaN: true }), fc.constant(1e12)),
      weight: fc.constant(1),
    })
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 10 }), (cells) => {
        const curve = fitComputeCurve(cells, OPTIONS)
        for (const memoryMB of [128, 1769, 10_240]) {
          const ms = curve.ms({ memoryMB, processes: 2, tasks: 3 })
          expect(ms >= 0 && Number.isFinite(ms)).toBe(true)
        }
      }),
      { numRuns: 15 },
    )
    expect(() => fitComputeCurve([], OPTIONS)).toThrow("at least one cell")
  })
})

test("six public Lambda functions: five sizes fitted, 41 predicted within 1.5 % on average (f2-f6)", () => {
  const sizes = [128, 512, 1024, 1792, 3008]
  const { f2, f3, f4, f5, f6 } = slapp.medianMs
  const errors = [f2, f3, f4, f5, f6].flatMap((medians) => {
    const curve = fitComputeCurve(oneTask(slapp.memoryMB, medians, sizes), OPTIONS)
    return slapp.memoryMB.flatMap((memoryMB, i) =>
      sizes.includes(memoryMB) ? [] : [Math.abs(curve.ms({ memoryMB, processes: 1, tasks: 1 }) / medians[i]! - 1)],
    )
  })
  expect(errors).toHaveLength(5 * 41)
  // Neighbours predict each other to 1.1 %: noise of the medians.
  expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.015)
})
