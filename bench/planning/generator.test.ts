import { expect, test } from "vitest"
import { seededRandom } from "../../src/base/random.ts"
import { frontierOf } from "../../src/optimization/frontier.ts"
import { curveOf, drawLaw, FULL_AXES, MEDIUM_AXES, secondsPerTask } from "./generator.ts"
import {
  DAG16,
  instanceOf,
  layered,
  memoryInstanceOf,
  ML,
  NAVIGATOR_FAMILIES,
  random,
  SLO_FACTORS,
  sloOf,
} from "./instances.ts"
import { compiledSpace, OPEN_LIMITS } from "./spaces.ts"

test("a law's curve is the frontier of its compiled space", () => {
  const chance = seededRandom(1)
  for (let round = 0; round < 4; round++) {
    const law = drawLaw(chance)
    const curve = curveOf(law, MEDIUM_AXES)
    const frontier = frontierOf({ space: compiledSpace("s", law, MEDIUM_AXES), limits: OPEN_LIMITS })
    expect(curve.latencyMs).toHaveLength(frontier.latencyMs.length)
    // The two add the same seconds in another order.
    curve.latencyMs.forEach((ms, k) => expect(ms / frontier.latencyMs[k]!).toBeCloseTo(1, 9))
    curve.costUsd.forEach((usd, k) => expect(usd / frontier.costUsd[k]!).toBeCloseTo(1, 9))
  }
})

test("curves are about as long as the ones that figures were published for", () => {
  const chance = seededRandom(2)
  const laws = Array.from({ length: 25 }, () => drawLaw(chance))
  const median = (axes: typeof MEDIUM_AXES): number =>
    laws.map((law) => curveOf(law, axes).latencyMs.length).sort((a, b) => a - b)[12]!
  // 190 and 463; half and double leave room for 25 steps.
  expect(median(MEDIUM_AXES)).toBeGreaterThan(95)
  expect(median(MEDIUM_AXES)).toBeLessThan(380)
  expect(median(FULL_AXES)).toBeGreaterThan(230)
  expect(median(FULL_AXES)).toBeLessThan(930)
})

test("compute does not jump where a second core begins", () => {
  const law = { ...drawLaw(seededRandom(3)), rate: 0.5 }
  for (const processes of [1, 2, 6]) {
    const [below, above] = [1769, 1769.0001].map((memory) => secondsPerTask(law, memory, processes))
    expect(above! / below!).toBeCloseTo(1, 5)
  }
})

test("instances depend on their seed alone, and parents come before children", () => {
  const family = random(40)
  expect(instanceOf(family, 3)).toEqual(instanceOf(family, 3))
  expect(instanceOf(family, 3).fastestMs).not.toBe(instanceOf(family, 4).fastestMs)
  for (const { graph } of [instanceOf(family, 5), instanceOf(layered(5, 6), 1), instanceOf(DAG16, 1)])
    graph.parents.forEach((parents, i) => expect(parents.every((parent) => parent < i)).toBe(true))
})

test("deadlines lie between the fastest time and the slowest", () => {
  for (const instance of [instanceOf(ML, 1), ...NAVIGATOR_FAMILIES.map((family) => memoryInstanceOf(family, 1))])
    for (const factor of SLO_FACTORS) {
      const slo = sloOf(instance, factor)
      expect(slo).toBeGreaterThan(instance.fastestMs)
      expect(slo).toBeLessThan(instance.slowestMs)
    }
})
