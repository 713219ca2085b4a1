import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { normalQuantile } from "../statistics/normal.ts"
import type { Cell } from "./cells.ts"
import type { ComputeFitOptions } from "./compute-candidate.ts"
import { fitCompute } from "./compute-fit.ts"
import {
  computeCurve,
  computeMs,
  type ComputeParameters,
  type ComputePoint,
  maxCoherence,
  maxUsefulProcesses,
} from "./compute-model.ts"
import slapp from "./testing/slapp-medians.json" with { type: "json" }

const OPTIONS: ComputeFitOptions = { kind: "single", mbPerVcpu: 1769, maxMemoryMB: 10_240 }
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

interface Grid {
  readonly memories: readonly number[]
  readonly processes: readonly number[]
  readonly tasks: readonly number[]
}
const DENSE: Grid = { memories: [512, 1024, 2048, 4096, 10_240], processes: [1, 2, 4], tasks: [10, 20, 41] }
const SPARSE: Grid = { memories: [256, 1024, 1792, 3008], processes: [1, 2], tasks: [2, 6] }

function points(grid: Grid): ComputePoint[] {
  return grid.memories.flatMap((memoryMB) =>
    grid.processes.flatMap((processes) => grid.tasks.map((tasks) => ({ memoryMB, processes, tasks }))),
  )
}

function cellAt(truth: ComputeParameters, point: ComputePoint, factor = 1): Cell {
  return { ...point, cold: false, ms: computeMs(truth, point) * factor, weight: 1 }
}

describe("the curve", () => {
  const parameters = fc
    .record({
      kind: fc.constantFrom("single" as const, "multi" as const),
      phiMs: fc.double({ min: 0, max: 500, noNaN: true }),
      f0Ms: fc.double({ min: 0, max: 100, noNaN: true }),
      w0Ms: fc.double({ min: 1, max: 5000, noNaN: true }),
      processTaskMs: fc.double({ min: 0, max: 1000, noNaN: true }),
      phases: fc.constantFrom("long" as const, "short" as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      contention: fc.double({ min: 0, max: 0.9, noNaN: true }),
      coherence: fc.double({ min: 0, max: 1, noNaN: true }),
      mbPerVcpu: fc.double({ min: 800, max: 2200, noNaN: true }),
    })
    .map(({ share, coherence, ...rest }) => ({
      ...rest,
      parallelShare: rest.kind === "multi" ? share : 0,
      coherence: coherence * maxCoherence(rest.contention, Math.ceil(10_240 / rest.mbPerVcpu)),
    }))

  test("C1: more memory is never slower; more tasks are never faster", () => {
    fc.assert(
      fc.property(
        parameters,
        fc.integer({ min: 128, max: 10_176 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 60 }),
        (p, memoryMB, processes, tasks) => {
          const ms = computeMs(p, { memoryMB, processes, tasks })
          expect(computeMs(p, { memoryMB: memoryMB + 64, processes, tasks })).toBeLessThanOrEqual(ms * (1 + 1e-9))
          expect(computeMs(p, { memoryMB, processes, tasks: tasks + 1 })).toBeGreaterThanOrEqual(ms * (1 - 1e-9))
        },
      ),
    )
  })

  test("C2: no tasks take phi, and one process below one vCPU takes exactly phi + w0 n / u", () => {
    expect(computeMs(SINGLE, { memoryMB: 512, processes: 4, tasks: 0 })).toBe(40)
    for (const p of [SINGLE, MULTI]) {
      const u = 884.5 / 1769
      expect(computeMs(p, { memoryMB: 884.5, processes: 1, tasks: 7 })).toBeCloseTo(40 + (300 * 7) / u, 9)
    }
  })

  test("short phases share a quota of two and a half vCPUs; long ones meet it each on its own", () => {
    const p = { ...MULTI, phiMs: 0, contention: 0, coherence: 0 }
    const ms = (parallelShare: number, phases: "long" | "short"): number =>
      computeMs({ ...p, parallelShare, phases }, { memoryMB: 2.5 * 1769, processes: 1, tasks: 1 })
    // The quota limits (300 / 2.5), or the serial half and a third of the other on three cores.
    expect(ms(0.95, "short")).toBeCloseTo(300 / 2.5, 9)
    expect(ms(0.5, "short")).toBeCloseTo(300 * (0.5 + 0.5 / 3), 9)
    expect(ms(0.5, "long")).toBeCloseTo(300 * (0.5 + 0.5 / 2.5), 9)
  })

  test("several processes start side by side: f0 on enough vCPUs, more on fewer", () => {
    const startMs = (memoryMB: number): number =>
      computeMs({ ...SINGLE, phiMs: 0, w0Ms: 0 }, { memoryMB, processes: 2, tasks: 2 })
    expect(startMs(4 * 1769)).toBeCloseTo(25, 9)
    expect(startMs(1769)).toBeCloseTo(50, 9)
    expect(startMs(1769 / 2)).toBeCloseTo(100, 9)
  })

  test("no process above the useful count is faster", () => {
    fc.assert(
      fc.property(
        parameters,
        fc.integer({ min: 128, max: 10_240 }),
        fc.integer({ min: 1, max: 30 }),
        (p, memoryMB, tasks) => {
          const useful = maxUsefulProcesses(computeCurve(p, memoryMB), tasks, 6)
          const best = computeMs(p, { memoryMB, processes: useful, tasks })
          for (let processes = 1; processes <= 6; processes++) {
            expect(computeMs(p, { memoryMB, processes, tasks })).toBeGreaterThanOrEqual(best * (1 - 1e-9))
          }
        },
      ),
    )
    expect(maxUsefulProcesses(computeCurve({ ...SINGLE, f0Ms: 1, coherence: 0 }, 3538), 8, 6)).toBe(2)
  })
})

describe("fitCompute", () => {
  test.each([SINGLE, MULTI])("recovers $kind parameters from noise-free data to 1e-6", (truth) => {
    const fit = fitCompute(
      points(DENSE).map((point) => cellAt(truth, point)),
      { ...OPTIONS, kind: truth.kind },
    ).parameters
    for (const key of ["phiMs", "f0Ms", "w0Ms"] as const) expect(Math.abs(fit[key] / truth[key] - 1)).toBeLessThan(1e-6)
    for (const key of ["contention", "coherence", "parallelShare"] as const) expect(fit[key]).toBeCloseTo(truth[key], 6)
  })

  test("recovers what a task takes more in several processes, where task counts tell it from their start", () => {
    const truth = { ...SINGLE, processTaskMs: 30 }
    const fit = fitCompute(
      points(DENSE).map((point) => cellAt(truth, point)),
      OPTIONS,
    ).parameters
    // Start and task columns are nearly parallel: the steps of the fit end a little early.
    expect(Math.abs(fit.processTaskMs! / 30 - 1)).toBeLessThan(1e-4)
    expect(Math.abs(fit.f0Ms / 25 - 1)).toBeLessThan(1e-4)
  })

  test("scaling all times scales phi, f0 and w0; order and repetition change nothing", () => {
    const cells = points(SPARSE).map((point, i) => cellAt(SINGLE, point, 1 + 0.02 * Math.sin(i)))
    const fit = fitCompute(cells, OPTIONS).parameters
    const scaled = fitCompute(
      cells.map((cell) => ({ ...cell, ms: 3 * cell.ms })),
      OPTIONS,
    ).parameters
    const turned = fitCompute(cells.toReversed(), OPTIONS).parameters
    for (const point of points(SPARSE)) {
      expect(computeMs(scaled, point) / computeMs(fit, point) / 3).toBeCloseTo(1, 5)
      expect(computeMs(turned, point) / computeMs(fit, point)).toBeCloseTo(1, 5)
    }
  })

  test("a sparse campaign with 3 % noise predicts unseen configurations within 5 % on average", () => {
    const unseen = points({
      memories: [128, 384, 512, 640, 1536, 2048, 2560],
      processes: [1, 2],
      tasks: [1, 3, 5, 8, 12],
    })
    for (const truth of [SINGLE, MULTI]) {
      const errors: number[] = []
      for (let seed = 1; seed <= 8; seed++) {
        const random = seededRandom(seed)
        const noise = (): number => Math.exp(0.03 * normalQuantile(0.001 + 0.998 * random.next()))
        const cells = points(SPARSE).map((point) => cellAt(truth, point, noise()))
        const fit = fitCompute(cells, { ...OPTIONS, kind: truth.kind }).parameters
        for (const point of unseen) errors.push(Math.abs(computeMs(fit, point) / computeMs(truth, point) - 1))
      }
      expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.03)
    }
  })

  test("finds a breakpoint of its own within 16 MB, and keeps the platform's where nothing tells", () => {
    const truth = { ...SINGLE, mbPerVcpu: 1100, f0Ms: 0 }
    const cells = [256, 512, 768, 1024, 1536, 2048, 3008].flatMap((memoryMB) =>
      [2, 6].map((tasks) => cellAt(truth, { memoryMB, processes: 1, tasks })),
    )
    expect(Math.abs(fitCompute(cells, OPTIONS).parameters.mbPerVcpu - 1100)).toBeLessThanOrEqual(16)
    const flat = cells.map((cell) => ({ ...cell, ms: 700 }))
    const fit = fitCompute(flat, OPTIONS).parameters
    expect(computeMs(fit, { memoryMB: 640, processes: 1, tasks: 4 })).toBeCloseTo(700, -1)
    expect(fitCompute(cells.slice(0, 6), OPTIONS).parameters.mbPerVcpu).toBe(1769)
  })

  test("the first call of cold instances is told from the warm curve", () => {
    const warm = points({ memories: [512, 1792], processes: [1], tasks: [2, 6] }).map((point) => cellAt(SINGLE, point))
    const cold = [512, 1792].map((memoryMB) => {
      const cell = cellAt(SINGLE, { memoryMB, processes: 1, tasks: 1 })
      return { ...cell, cold: true, ms: cell.ms + 60 / Math.min(1, memoryMB / 1769) }
    })
    const fit = fitCompute([...warm, ...cold], OPTIONS)
    expect(fit.coldWorkMs).toBeGreaterThan(45)
    expect(fit.coldWorkMs).toBeLessThan(75)
  })

  test("one cell: time goes as 1/u below one vCPU and is linear in tasks", () => {
    const fit = fitCompute(
      [cellAt({ ...SINGLE, phiMs: 0, f0Ms: 0 }, { memoryMB: 1024, processes: 1, tasks: 2 })],
      OPTIONS,
    )
    const at = (memoryMB: number, tasks: number): number => computeMs(fit.parameters, { memoryMB, processes: 1, tasks })
    expect(at(512, 2) / at(1024, 2)).toBeCloseTo(2, 3)
    expect(at(1024, 6) / at(1024, 2)).toBeCloseTo(3, 3)
    expect(at(3008, 2)).toBeCloseTo(at(1769, 2), 6)
  })

  test("a wild cell in ten moves the curve by less than 5 %", () => {
    const grid = points({ memories: [256, 512, 1024, 1792, 3008], processes: [1, 2], tasks: [2, 6] })
    const clean = grid.map((point, i) => cellAt(SINGLE, point, 1 + 0.01 * Math.sin(3 * i)))
    const wild = clean.map((cell, i) => (i % 10 === 4 ? { ...cell, ms: cell.ms * 8 } : cell))
    const [a, b] = [fitCompute(clean, OPTIONS).parameters, fitCompute(wild, OPTIONS).parameters]
    for (const point of grid) expect(Math.abs(computeMs(b, point) / computeMs(a, point) - 1)).toBeLessThan(0.05)
  })

  test("any cells give finite, positive times", () => {
    const cell = fc.record({
      memoryMB: fc.integer({ min: 128, max: 10_240 }),
      processes: fc.integer({ min: 1, max: 6 }),
      tasks: fc.integer({ min: 1, max: 100 }),
      cold: fc.boolean(),
      ms: fc.double({ min: 0.01, max: 1e7, noNaN: true }),
      weight: fc.constant(1),
    })
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 8 }), fc.constantFrom("single", "multi"), (cells, kind) => {
        const fit = fitCompute(cells, { ...OPTIONS, kind })
        for (const memoryMB of [128, 1769, 10_240]) {
          const ms = computeMs(fit.parameters, { memoryMB, processes: 2, tasks: 3 })
          expect(Number.isFinite(ms)).toBe(true)
          expect(ms).toBeGreaterThanOrEqual(0)
        }
        expect(fit.coldWorkMs).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 60 },
    )
  })
})

test("six public Lambda functions: five sizes fitted, 41 predicted within 2.2 % (f2-f6)", () => {
  const fitted = [128, 512, 1024, 1792, 3008]
  const errorOf = (medians: readonly number[]): number => {
    const cells = fitted.map((memoryMB) => ({
      memoryMB,
      processes: 1,
      tasks: 1,
      cold: false,
      ms: medians[slapp.memoryMB.indexOf(memoryMB)]!,
      weight: 1,
    }))
    const fit = fitCompute(cells, OPTIONS).parameters
    const errors = slapp.memoryMB.flatMap((memoryMB, i) =>
      fitted.includes(memoryMB)
        ? []
        : [Math.abs(computeMs(fit, { memoryMB, processes: 1, tasks: 1 }) / medians[i]! - 1)],
    )
    expect(errors).toHaveLength(41)
    return errors.reduce((sum, error) => sum + error, 0) / errors.length
  }
  const { f1, f2, f3, f4, f5, f6 } = slapp.medianMs
  for (const medians of [f2, f3, f4, f5, f6]) expect(errorOf(medians)).toBeLessThan(0.022)
  // f1 stops gaining at about 900 MB.
  expect(errorOf(f1)).toBeLessThan(0.055)
})
