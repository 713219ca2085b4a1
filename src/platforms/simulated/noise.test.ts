import { expect, test } from "vitest"
import { constant } from "../../statistics/quantile-table.ts"
import { chanceOf } from "./chance.ts"
import { noiseOf } from "./noise.ts"
import type { NoiseParameters } from "./parameters.ts"

const QUIET: NoiseParameters = {
  invocationSd: 0,
  instanceSd: 0,
  driftSd: 0,
  driftMs: 1000,
  disturbed: { share: 0, factor: constant(1) },
}

function logs(parameters: Partial<NoiseParameters>, count: number, everyMs = 0): number[] {
  const noise = noiseOf({ ...QUIET, ...parameters }, chanceOf(5))
  const chance = chanceOf(1)
  return Array.from({ length: count }, (_, i) => {
    chance.begin(`part/${i}`, 0)
    return Math.log(noise.factor(noise.instanceFactor(`i${i % 100}`), i * everyMs, chance))
  })
}

function sdOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
}

test("without noise every factor is 1", () => {
  expect(logs({}, 10)).toEqual(Array.from({ length: 10 }, () => 0))
})

test("each kind of noise has the spread that was asked for", () => {
  expect(sdOf(logs({ invocationSd: 0.02 }, 20_000))).toBeCloseTo(0.02, 3)
  expect(sdOf(logs({ instanceSd: 0.1 }, 20_000)) / 0.1).toBeGreaterThan(0.8)
  expect(sdOf(logs({ driftSd: 0.05 }, 40_000, 370)) / 0.05).toBeCloseTo(1, 1)
})

test("an instance keeps its factor, and drift moves slowly", () => {
  const byInstance = logs({ instanceSd: 0.1 }, 200)
  expect(byInstance[3]).toBe(byInstance[103])
  const drift = logs({ driftSd: 0.05 }, 1000, 10)
  const steps = drift.slice(1).map((value, i) => Math.abs(value - drift[i]!))
  expect(Math.max(...steps)).toBeLessThan(0.01)
})

test("the drift at an instant does not depend on what was asked before", () => {
  const noise = noiseOf({ ...QUIET, driftSd: 0.05 }, chanceOf(5))
  const again = noiseOf({ ...QUIET, driftSd: 0.05 }, chanceOf(5))
  const chance = chanceOf(1)
  noise.factor(1, 100, chance)
  noise.factor(1, 99_500, chance)
  expect(noise.factor(1, 5_250, chance)).toBe(again.factor(1, 5_250, chance))
})

test("a share of the invocations is disturbed by that factor", () => {
  const disturbed = logs({ disturbed: { share: 0.02, factor: constant(3) } }, 50_000).filter((log) => log > 1)
  expect(disturbed.length / 50_000).toBeCloseTo(0.02, 2)
  expect(Math.exp(disturbed[0]!)).toBeCloseTo(3, 9)
})
