import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { constrict } from "./constriction.ts"
import { searchAnew } from "./new-search.ts"
import { relax } from "./relaxation.ts"
import { GRID, lawCurve, type RandomPipeline, randomPipeline } from "./testing/random-pipelines.ts"
import { type Chosen, costOf, lengthOf, presentOf, type TunedPipeline, tunedPipeline } from "./tuned-pipeline.ts"

/** Sums of a few doubles. */
const ROUNDING = 1 + 1e-9

const constriction = fc.record({
  share: fc.double({ min: 0.001, max: 1, noNaN: true }),
  stretch: fc.constantFrom(1, 1.05, Infinity),
  criticalMoves: fc.integer({ min: 0, max: 8 }),
})

function moved(pipeline: TunedPipeline, chosen: Chosen): readonly number[] {
  return chosen.flatMap((option, i) => (option.memoryMB === pipeline.steps[i]!.now.memoryMB ? [] : [i]))
}

function expectInReach({ options, pipeline, radius }: RandomPipeline, chosen: Chosen): void {
  for (const i of moved(pipeline, chosen)) {
    const name = options.graph.names[i]!
    const middle = GRID.indexOf(options.neighbourhood.centre.get(name)!)
    expect(Math.abs(chosen[i]!.position - middle)).toBeLessThanOrEqual(radius)
    expect(chosen[i]!.memoryMB).toBeGreaterThanOrEqual(options.floorMB.get(name)!)
  }
}

/** True where one step comes after the other. */
function onOnePath({ graph }: TunedPipeline, a: number, b: number): boolean {
  const after = (from: number): readonly number[] => graph.children[from]!.flatMap((child) => [child, ...after(child)])
  return after(a).includes(b) || after(b).includes(a)
}

describe("constriction", () => {
  test("never costs more by prediction, never lengthens the run beyond its limit, and stays in reach", () => {
    fc.assert(
      fc.property(randomPipeline, constriction, (random, { share, stretch, criticalMoves }) => {
        const { pipeline } = random
        const present = presentOf(pipeline)
        const presentMs = lengthOf(pipeline, present)
        const recoverUsd = share * costOf(present)
        const chosen = constrict(pipeline, {
          recoverUsd,
          longestMs: stretch * presentMs,
          criticalMoves,
          dearest: Infinity,
        })
        expect(costOf(chosen)).toBeLessThanOrEqual(costOf(present) * ROUNDING)
        expect(lengthOf(pipeline, chosen)).toBeLessThanOrEqual(stretch * presentMs * ROUNDING)
        expectInReach(random, chosen)
      }),
    )
  })

  test("in its batch takes at most one function of a path, each within its slack, and only while there is need", () => {
    fc.assert(
      fc.property(randomPipeline, fc.double({ min: 0.001, max: 1, noNaN: true }), ({ pipeline }, share) => {
        const present = presentOf(pipeline)
        const recoverUsd = share * costOf(present)
        const chosen = constrict(pipeline, { recoverUsd, longestMs: Infinity, criticalMoves: 0, dearest: Infinity })
        const steps = moved(pipeline, chosen)
        for (const a of steps) for (const b of steps) expect(a !== b && onOnePath(pipeline, a, b)).toBe(false)
        expect(lengthOf(pipeline, chosen)).toBeLessThanOrEqual(lengthOf(pipeline, present) * ROUNDING)
        const saved = (i: number): number => present[i]!.costUsd - chosen[i]!.costUsd
        const total = steps.reduce((sum, i) => sum + saved(i), 0)
        // Without the one that saves least the need would not be met.
        if (steps.length > 1) expect(total - Math.min(...steps.map(saved))).toBeLessThan(recoverUsd)
      }),
    )
  })

  test("recovers what it is asked for wherever the sizes in reach can", () => {
    fc.assert(
      fc.property(randomPipeline, fc.double({ min: 0.01, max: 0.9, noNaN: true }), ({ pipeline }, share) => {
        const present = presentOf(pipeline)
        const least = pipeline.steps.reduce((sum, { now, options }) => {
          return sum + Math.min(now.costUsd, ...options.map(({ costUsd }) => costUsd))
        }, 0)
        const recoverUsd = share * (costOf(present) - least)
        const chosen = constrict(pipeline, { recoverUsd, longestMs: Infinity, criticalMoves: 1000, dearest: Infinity })
        expect(costOf(present) - costOf(chosen)).toBeGreaterThanOrEqual(recoverUsd * (2 - ROUNDING))
      }),
    )
  })
})

test("constriction leaves alone what saves next to nothing: below one vCPU the run only gets longer", () => {
  const { pipeline } = diamond({ workMs: 1000, parallelShare: 0 }, 1664)
  const present = presentOf(pipeline)
  const limits = { recoverUsd: 0.5 * costOf(present), longestMs: Infinity, criticalMoves: 100 }
  const careful = constrict(pipeline, { ...limits, dearest: 10 })
  expect(lengthOf(pipeline, careful)).toBeLessThanOrEqual(lengthOf(pipeline, present) * ROUNDING)
  expect(lengthOf(pipeline, constrict(pipeline, { ...limits, dearest: Infinity }))).toBeGreaterThan(
    1.2 * lengthOf(pipeline, present),
  )
})

describe("relaxation", () => {
  test("never lengthens the run, keeps to its room, moves and step, and stays in reach", () => {
    const limits = fc.record({
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      moves: fc.integer({ min: 1, max: 6 }),
      positions: fc.integer({ min: 1, max: 3 }),
    })
    fc.assert(
      fc.property(randomPipeline, limits, (random, { share, moves, positions }) => {
        const { pipeline } = random
        const present = presentOf(pipeline)
        const roomUsd = share * costOf(present)
        const chosen = relax(pipeline, { roomUsd, enoughMs: Infinity, moves, positions, leastMs: 0 })
        expect(lengthOf(pipeline, chosen)).toBeLessThanOrEqual(lengthOf(pipeline, present) * ROUNDING)
        expect(costOf(chosen) - costOf(present)).toBeLessThanOrEqual(roomUsd + 1e-9 * costOf(present))
        const steps = moved(pipeline, chosen)
        expect(steps.length).toBeLessThanOrEqual(moves)
        for (const i of steps)
          expect(Math.abs(chosen[i]!.position - present[i]!.position)).toBeLessThanOrEqual(moves * positions)
        expectInReach(random, chosen)
      }),
    )
  })

  test("with nothing to gain by memory changes nothing", () => {
    const { pipeline } = diamond({ workMs: 1000, parallelShare: 0 }, 4096)
    const present = presentOf(pipeline)
    expect(relax(pipeline, { roomUsd: 1, enoughMs: Infinity, moves: 5, positions: 4, leastMs: 0 })).toEqual(present)
  })
})

describe("a new search", () => {
  test("keeps its budget and is no slower than the present sizes where these keep it", () => {
    fc.assert(
      fc.property(randomPipeline, ({ options }) => {
        const pipeline = tunedPipeline({ ...options, neighbourhood: { centre: new Map(), radius: Infinity } })
        const present = presentOf(pipeline)
        const chosen = searchAnew(pipeline, { kind: "budget", budgetUsd: costOf(present) })
        const floors = options.graph.names.every((name, i) => present[i]!.memoryMB >= options.floorMB.get(name)!)
        if (!floors) return
        expect(chosen).not.toBeNull()
        expect(costOf(chosen!)).toBeLessThanOrEqual(costOf(present) * ROUNDING)
        // The planner is within a hundredth of a percent of its bound, or 30 nodes long.
        expect(lengthOf(pipeline, chosen!)).toBeLessThanOrEqual(lengthOf(pipeline, present) * 1.002)
      }),
    )
  })
})

test("constriction takes slack before anything else: the short branch of a diamond shrinks, the long one stays", () => {
  const { pipeline } = diamond({ workMs: 1000, parallelShare: 0.9 }, 2048)
  const chosen = constrict(pipeline, { recoverUsd: Infinity, longestMs: Infinity, criticalMoves: 0, dearest: Infinity })
  expect(moved(pipeline, chosen).map((i) => pipeline.steps[i]!.name)).toEqual(["short"])
})

test("a step that nothing is known of keeps its size", () => {
  const { options } = diamond({ workMs: 1000, parallelShare: 0.9 }, 2048)
  const pipeline = tunedPipeline({
    ...options,
    curves: new Map([...options.curves].filter(([name]) => name !== "long")),
  })
  expect(pipeline.steps.find(({ name }) => name === "long")!.options).toHaveLength(1)
  const chosen = constrict(pipeline, {
    recoverUsd: Infinity,
    longestMs: Infinity,
    criticalMoves: 100,
    dearest: Infinity,
  })
  expect(chosen[pipeline.graph.indexOf.get("long")!]!.memoryMB).toBe(2048)
})

/** first -> { long, short } -> last; `short` does a tenth of the work of the others. */
function diamond(law: { readonly workMs: number; readonly parallelShare: number }, memoryMB: number) {
  const names = ["first", "long", "short", "last"]
  const curves = new Map(
    names.map((name) => [name, lawCurve(name === "short" ? law.workMs / 10 : law.workMs, law.parallelShare)]),
  )
  const figures = new Map(
    names.map((name) => {
      const ownMs = curves.get(name)!.ms[GRID.indexOf(memoryMB)]!
      return [name, { ratio: 1, ownMs, pathMs: ownMs, waitMs: 0, initMs: 0, probability: 1, invocations: 1 }]
    }),
  )
  const graph = {
    names,
    indexOf: new Map(names.map((name, i) => [name, i])),
    parents: [[], [0], [0], [1, 2]],
    children: [[1, 2], [3], [3], []],
  }
  const sizes = new Map(names.map((name) => [name, memoryMB]))
  const options = {
    graph,
    figures,
    curves,
    sizes,
    neighbourhood: { centre: sizes, radius: 4 },
    floorMB: new Map<string, number>(),
    rates: { usdPerGbSecond: 1.66667e-5, usdPerRequest: 2e-7 },
    inExpectation: true,
  }
  return { options, pipeline: tunedPipeline(options) }
}
