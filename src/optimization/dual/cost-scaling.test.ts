import * as fc from "fast-check"
import { expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { layersOf, randomParents, randomProblem, SHAPES, timeRange, valueOf } from "../testing/selection-problems.ts"
import { certificateBound, certificateHolds } from "./certificate.ts"
import { costScaling } from "./cost-scaling.ts"
import { dualSimplex } from "./network-simplex.ts"

const shapes = [...Object.values(SHAPES), layersOf(4, 6)]

test("its bound is proven, below its plan, and in the end that of the simplex", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.nat(shapes.length),
      fc.double({ min: 0, max: 1.1, noNaN: true }),
      (seed, at, share) => {
        const random = seededRandom(seed)
        const problem = randomProblem(random, shapes[at] ?? randomParents(random, 12))
        const { minMs, maxMs } = timeRange(problem)
        const deadlineMs = minMs + share * (maxMs - minMs)
        const found = costScaling(problem, deadlineMs, { gap: 0 })!
        expect(certificateHolds(problem, deadlineMs, found.certificate!, found.lowerBound)).toBe(true)
        expect(found.lowerBound).toBeLessThanOrEqual(found.costUsd)
        const { latencyMs, costUsd } = valueOf(problem, found.selection)
        expect(latencyMs).toBeLessThanOrEqual(deadlineMs * (1 + 1e-9))
        expect([found.latencyMs, found.costUsd]).toEqual([latencyMs, costUsd])
        const exact = dualSimplex(problem).solve(deadlineMs)!
        // Eleven phases leave 1/24/4^10 of the deadline, times the price of time: far below 1e-5 of the cost.
        expect(found.dual.boundUsd / exact.boundUsd).toBeGreaterThan(1 - 1e-5)
        expect(found.dual.boundUsd / exact.boundUsd).toBeLessThan(1 + 1e-9)
      },
    ),
    { numRuns: 60, seed: 3 },
  )
})

test("it ends at the gap asked for, sooner at a wider one", () => {
  const problem = randomProblem(seededRandom(5), layersOf(8, 12))
  const { minMs } = timeRange(problem)
  const [wide, narrow] = [0.1, 0.05].map((gap) => costScaling(problem, 1.5 * minMs, { gap })!)
  expect(wide!.gap).toBeLessThanOrEqual(0.1)
  expect(narrow!.gap).toBeLessThanOrEqual(0.05)
  expect(wide!.phases).toBeLessThan(narrow!.phases)
})

test("no plan before the fastest, the cheapest one when there is time", () => {
  const problem = randomProblem(seededRandom(6), SHAPES["dag16"]!)
  const { minMs, maxMs } = timeRange(problem)
  expect(costScaling(problem, minMs * (1 - 1e-6))).toBeNull()
  expect(costScaling(problem, minMs)).not.toBeNull()
  expect(costScaling(problem, maxMs)).toMatchObject({ gap: 0, phases: 0 })
})

test("stopped at once, it still has a plan and a proven bound", () => {
  const problem = randomProblem(seededRandom(7), layersOf(6, 6))
  const deadlineMs = 1.3 * timeRange(problem).minMs
  const found = costScaling(problem, deadlineMs, { gap: 0, shouldStop: () => true })!
  expect(found.phases).toBe(0)
  expect(found.latencyMs).toBeLessThanOrEqual(deadlineMs * (1 + 1e-9))
  expect(certificateBound(problem, deadlineMs, found.certificate!)).toBeGreaterThanOrEqual(
    found.lowerBound * (1 - 1e-9),
  )
})

test("deadlines near the fastest time take no more work than others", () => {
  const problem = randomProblem(seededRandom(1), SHAPES["dag16"]!)
  const { minMs, maxMs } = timeRange(problem)
  const pushes = [0, 1e-6, 1e-3, 0.3].map(
    (share) => costScaling(problem, minMs + share * (maxMs - minMs), { gap: 0 })!.pushes,
  )
  // About 1,300 each; without updates of the potentials 86,000 and more.
  for (const count of pushes) expect(count).toBeLessThan(6000)
})

test("the work of a wide workflow is bounded: no slack goes round in circles", () => {
  const problem = randomProblem(seededRandom(8), layersOf(8, 12))
  const found = costScaling(problem, 1.5 * timeRange(problem).minMs, { gap: 0 })!
  // Counts do not depend on the machine: 30 pushes for each of 1,000 arcs and 11 phases, several times what it takes.
  expect(found.pushes).toBeLessThan(330_000)
})
