import { describe, expect, test } from "vitest"
import { type Random, seededRandom } from "../../base/random.ts"
import type { CostCurve, SelectionProblem } from "../selection-problem.ts"
import { loadRelaxationLp } from "../testing/relaxation-lp.ts"
import {
  chainOf,
  graphFrom,
  ladderOf,
  layersOf,
  mapReduceOf,
  randomCurve,
  randomParents,
  randomProblem,
  randomSelection,
  SHAPES,
  timeRange,
  valueOf,
} from "../testing/selection-problems.ts"
import { dualSimplex } from "./network-simplex.ts"
import { longestPath } from "./windows.ts"

/** Sums of a few hundred terms in double precision, with room. */
const RELATIVE = 1e-9

function close(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(RELATIVE * Math.abs(expected))
}

/** A deadline between the fastest and the slowest; `share` below 0 or above 1 lies outside. */
function deadlineAt(problem: SelectionProblem, share: number): number {
  const { minMs, maxMs } = timeRange(problem)
  return minMs + share * (maxMs - minMs)
}

function problems(seed: number, most?: number): SelectionProblem[] {
  const random = seededRandom(seed)
  const drawn = [5, 15, 30].map((steps) => randomParents(random, steps))
  return [...Object.values(SHAPES), ...drawn].map((parents) => randomProblem(random, parents, most))
}

describe("the bound", () => {
  test("is that of an independent solver of linear programs", async () => {
    const relaxation = await loadRelaxationLp()
    for (const [at, problem] of [...problems(1, 12), ...problems(2, 5)].entries()) {
      const deadlineMs = deadlineAt(problem, [0.05, 0.3, 0.8][at % 3]!)
      close(dualSimplex(problem).solve(deadlineMs)!.boundUsd, relaxation(problem, deadlineMs)!)
    }
  })

  test("is not above the cost of any selection in time", () => {
    const random = seededRandom(4)
    for (const problem of problems(4)) {
      const simplex = dualSimplex(problem)
      for (let i = 0; i < 10; i++) {
        const { latencyMs, costUsd } = valueOf(problem, randomSelection(random, problem))
        expect(simplex.solve(latencyMs)!.boundUsd).toBeLessThanOrEqual(costUsd * (1 + RELATIVE))
      }
    }
  })

  test("of a chain is that of the best single price of time", () => {
    // Long cycles with far more breakpoints than arcs: the push leaps.
    const random = seededRandom(15)
    const problem = { graph: graphFrom(chainOf(60)), curves: chainOf(60).map(() => hyperbola(random, 100)) }
    const simplex = dualSimplex(problem)
    for (const share of [0.3, 0.02, 0.6, 0.1]) {
      const deadlineMs = deadlineAt(problem, share)
      close(simplex.solve(deadlineMs)!.boundUsd, bestPrice(problem, deadlineMs))
      close(dualSimplex(problem).solve(deadlineMs)!.boundUsd, bestPrice(problem, deadlineMs))
    }
  })

  test("falls with the deadline by the price of time", () => {
    for (const problem of problems(5)) {
      const simplex = dualSimplex(problem)
      const from = deadlineAt(problem, 0.4)
      const { boundUsd, priceUsdPerMs } = simplex.solve(from)!
      for (const share of [0.01, 0.2, 0.39, 0.41, 0.7, 1.1]) {
        const to = deadlineAt(problem, share)
        const tangent = boundUsd - priceUsdPerMs * (to - from)
        expect(simplex.solve(to)!.boundUsd).toBeGreaterThanOrEqual(tangent - RELATIVE * boundUsd)
      }
      const step = 1e-6 * from
      const right = simplex.solve(from + step)!.boundUsd
      const left = simplex.solve(from - step)!.boundUsd
      // The bound is convex: its slope at a deadline lies between those on both sides.
      expect(priceUsdPerMs * step).toBeGreaterThanOrEqual(boundUsd - right - RELATIVE * boundUsd)
      expect(priceUsdPerMs * step).toBeLessThanOrEqual(left - boundUsd + RELATIVE * boundUsd)
    }
  })

  test("splits into the relaxed costs of the steps", () => {
    for (const problem of problems(6)) {
      const simplex = dualSimplex(problem)
      simplex.optimize(deadlineAt(problem, 0.25))
      const steps = problem.curves.keys().toArray()
      close(
        steps.reduce((sum, i) => sum + simplex.relaxedCostUsd(i), 0),
        simplex.boundUsd(),
      )
    }
  })
})

/** A convex curve, every entry a corner: cost falls with the inverse of time. */
function hyperbola(random: Random, entries: number): CostCurve {
  const scale = 10 ** random.next()
  const latencyMs = Float64Array.from({ length: entries }, (_, k) => scale * (100 + 5 * k))
  return { latencyMs, costUsd: latencyMs.map((time) => (1e-3 * scale) / time) }
}

/** Maximum over f of the sum of the least cost + f * time of all steps, less f * deadline; concave in f. */
function bestPrice({ curves }: SelectionProblem, deadlineMs: number): number {
  const at = (price: number): number =>
    curves.reduce((sum, { latencyMs, costUsd }) => {
      let least = Infinity
      for (const [k, time] of latencyMs.entries()) least = Math.min(least, costUsd[k]! + price * time)
      return sum + least
    }, -price * deadlineMs)
  let [low, high] = [0, 1]
  for (let round = 0; round < 200; round++) {
    const [left, right] = [low + (high - low) / 3, high - (high - low) / 3]
    if (at(left) < at(right)) low = left
    else high = right
  }
  return at(low)
}

describe("deadlines at the edge", () => {
  test("the fastest selection's is solved, just below it is infeasible", () => {
    for (const problem of problems(7)) {
      const { minMs } = timeRange(problem)
      const simplex = dualSimplex(problem)
      expect(simplex.solve(minMs)).not.toBeNull()
      expect(simplex.solve(minMs * (1 - 1e-6))).toBeNull()
      expect(simplex.solve(minMs)).not.toBeNull()
      expect(dualSimplex(problem).solve(0.5 * minMs)).toBeNull()
      expect(dualSimplex(problem).solve(-1)).toBeNull()
      expect(dualSimplex(problem).solve(NaN)).toBeNull()
    }
  })

  test("from the slowest selection's on the bound is the cheapest cost", () => {
    for (const problem of problems(8)) {
      const cheapest = problem.curves.reduce((sum, { costUsd }) => sum + costUsd.at(-1)!, 0)
      const { maxMs } = timeRange(problem)
      const simplex = dualSimplex(problem)
      for (const deadlineMs of [maxMs, 2 * maxMs, Infinity]) {
        const solution = simplex.solve(deadlineMs)!
        close(solution.boundUsd, cheapest)
        expect(solution.priceUsdPerMs).toBe(0)
      }
      simplex.solve(timeRange(problem).minMs)
      close(simplex.solve(Infinity)!.boundUsd, cheapest)
    }
  })
})

test("windows are a schedule within the deadline that no step is too slow for", () => {
  for (const problem of problems(9)) {
    const deadlineMs = deadlineAt(problem, 0.15)
    const { windowsMs } = dualSimplex(problem).solve(deadlineMs)!
    const clamped = windowsMs.map((window, i) => Math.min(window, problem.curves[i]!.latencyMs.at(-1)!))
    expect(longestPath(problem.graph, clamped)).toBeLessThanOrEqual(deadlineMs * (1 + RELATIVE))
    for (const [i, window] of windowsMs.entries())
      expect(window).toBeGreaterThanOrEqual(problem.curves[i]!.latencyMs[0]! * (1 - RELATIVE))
  }
})

test("a search that is stopped gives a bound that holds and windows that fit", () => {
  for (const problem of problems(10)) {
    const deadlineMs = deadlineAt(problem, 0.1)
    const best = dualSimplex(problem).solve(deadlineMs)!.boundUsd
    for (const pivots of [0, 1, 3]) {
      let left = pivots
      const { boundUsd, windowsMs } = dualSimplex(problem).solve(deadlineMs, () => left-- <= 0)!
      expect(boundUsd).toBeLessThanOrEqual(best * (1 + RELATIVE))
      expect(longestPath(problem.graph, windowsMs)).toBeLessThanOrEqual(deadlineMs * (1 + RELATIVE))
    }
  }
})

describe("a warm start", () => {
  test("gives what a cold one gives after any ranges, curves, deadlines and returns to a basis", () => {
    const random = seededRandom(11)
    for (const problem of problems(11, 12)) {
      const warm = dualSimplex(problem)
      const curves = [...problem.curves]
      const basis = warm.saveBasis()
      for (let change = 0; change < 25; change++) {
        changeOne(random, problem, curves, warm)
        if (change % 7 === 3) warm.saveBasis(basis)
        if (change % 7 === 6) warm.restoreBasis(basis)
        const present: SelectionProblem = { graph: problem.graph, curves }
        const deadlineMs = deadlineAt(present, 1.3 * random.next() - 0.1)
        const cold = dualSimplex(present).solve(deadlineMs)
        const again = warm.solve(deadlineMs)
        expect(again === null).toBe(cold === null)
        if (again !== null && cold !== null) close(again.boundUsd, cold.boundUsd)
      }
    }
  })

  test("of a problem without change needs no pivot", () => {
    for (const problem of problems(12)) {
      const simplex = dualSimplex(problem)
      simplex.optimize(deadlineAt(problem, 0.3))
      const before = simplex.pivots()
      simplex.optimize(deadlineAt(problem, 0.3))
      expect(simplex.pivots()).toBe(before)
    }
  })
})

/** Gives a random step another curve or a range of its own; `curves` keeps what the step may choose now. */
function changeOne(
  random: Random,
  { graph, curves: original }: SelectionProblem,
  curves: SelectionProblem["curves"][number][],
  simplex: ReturnType<typeof dualSimplex>,
): void {
  const step = Math.floor(random.next() * graph.names.length)
  if (random.next() < 0.4) {
    curves[step] = randomCurve(random, 40)
    simplex.setCurve(step, curves[step])
    return
  }
  const { latencyMs, costUsd } = original[step]!
  const lo = Math.floor(random.next() * latencyMs.length)
  const hi = random.next() < 0.3 ? lo : lo + Math.floor(random.next() * (latencyMs.length - lo))
  // Ranges are of the curve that the step has: give it the original first.
  simplex.setCurve(step, original[step]!)
  simplex.setRange(step, lo, hi)
  curves[step] = { latencyMs: latencyMs.slice(lo, hi + 1), costUsd: costUsd.slice(lo, hi + 1) }
}

describe("bounded work", () => {
  const arcsOf = (parents: readonly (readonly number[])[]): number =>
    parents.reduce((sum, list) => sum + list.length, 2 * parents.length)

  test.each([
    ["chain", chainOf(10_000)],
    ["ladder", ladderOf(10_000)],
    ["map-reduce", mapReduceOf(10_000)],
    ["layered", layersOf(20, 20)],
    ["random", randomParents(seededRandom(13), 1000)],
  ])("a %s of many steps needs few pivots, different steps or all alike", (_, parents) => {
    const random = seededRandom(14)
    const graph = graphFrom(parents)
    const one = randomCurve(random, 10)
    for (const curves of [parents.map(() => randomCurve(random, 10)), parents.map(() => one)]) {
      const problem = { graph, curves }
      const simplex = dualSimplex(problem)
      const deadlineMs = deadlineAt(problem, 0.2)
      const { windowsMs } = simplex.solve(deadlineMs)!
      // One that cycles, or crosses one breakpoint at a time, needs several pivots an arc.
      expect(simplex.pivots()).toBeLessThan(arcsOf(parents))
      const windows = windowsMs.map((window, i) => Math.min(window, curves[i]!.latencyMs.at(-1)!))
      expect(longestPath(graph, windows)).toBeLessThanOrEqual(deadlineMs * (1 + RELATIVE))
    }
  })

  test("ties everywhere never stop a search: whole times and costs, few different curves", () => {
    const random = seededRandom(16)
    for (let round = 0; round < 150; round++) {
      const parents = randomParents(random, 2 + Math.floor(40 * random.next()))
      const pool = [wholeCurve(random), wholeCurve(random)]
      const problem = { graph: graphFrom(parents), curves: parents.map((_, i) => pool[(i * i) % 3 === 0 ? 0 : 1]!) }
      const simplex = dualSimplex(problem)
      for (let change = 0; change < 5; change++) {
        const step = Math.floor(random.next() * parents.length)
        simplex.setRange(step, 0, Math.floor(random.next() * problem.curves[step]!.latencyMs.length))
        const before = simplex.pivots()
        expect(simplex.optimize(Math.round(deadlineAt(problem, random.next())))).toBe("optimal")
        // Twice what the worst of 150,000 such searches took.
        expect(simplex.pivots() - before).toBeLessThan(2.5 * arcsOf(parents))
      }
    }
  })
})

function wholeCurve(random: Random): CostCurve {
  const entries = 1 + Math.floor(6 * random.next())
  const draw = (most: number): number => 1 + Math.floor(most * random.next())
  const rising = (most: number): Float64Array => {
    let value = 0
    return Float64Array.from({ length: entries }, () => (value += draw(most)))
  }
  return { latencyMs: rising(3), costUsd: rising(4).toReversed() }
}

test("one step alone", () => {
  const problem: SelectionProblem = {
    graph: graphFrom([[]]),
    curves: [{ latencyMs: Float64Array.of(1, 2, 4), costUsd: Float64Array.of(10, 4, 2) }],
  }
  const simplex = dualSimplex(problem)
  expect(simplex.solve(3)).toMatchObject({ boundUsd: 3, priceUsdPerMs: 1 })
  expect(simplex.solve(1.5)).toMatchObject({ boundUsd: 7, priceUsdPerMs: 6 })
  expect([...simplex.solve(1.5)!.windowsMs]).toEqual([1.5])
})
