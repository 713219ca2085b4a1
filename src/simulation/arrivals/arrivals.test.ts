import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { mean } from "../../statistics/order-statistics.ts"
import { oneSampleDistance } from "../../statistics/kolmogorov-smirnov.ts"
import type { Arrivals } from "./arrivals.ts"
import { azureArrivals, azureFunction } from "./azure.ts"
import { bursty } from "./bursty.ts"
import { gamma } from "./gamma.ts"
import { poisson } from "./poisson.ts"
import { traceArrivals } from "./trace.ts"

function first(arrivals: Arrivals, count: number, seed = 1): number[] {
  const instants: number[] = []
  for (const atMs of arrivals(seededRandom(seed))) {
    if (instants.length >= count) break
    instants.push(atMs)
  }
  return instants
}

function gaps(instants: readonly number[]): number[] {
  return instants.map((atMs, i) => atMs - (instants[i - 1] ?? 0))
}

function variation(values: readonly number[]): number {
  const centre = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2))) / centre
}

/** Variance over mean of the arrivals in windows: 1 for a Poisson process. */
function dispersion(instants: readonly number[], windowMs: number): number {
  const counts = Array.from({ length: Math.floor(instants.at(-1)! / windowMs) }, () => 0)
  for (const atMs of instants) {
    const window = Math.floor(atMs / windowMs)
    if (window < counts.length) counts[window]!++
  }
  const centre = mean(counts)
  return mean(counts.map((count) => (count - centre) ** 2)) / centre
}

describe("every process", () => {
  const processes: Readonly<Record<string, Arrivals>> = {
    poisson: poisson(5),
    bursty: bursty({ perSecond: 5 }),
    azure: azureArrivals({ perSecond: 5 }),
  }
  for (const [name, arrivals] of Object.entries(processes)) {
    test(`${name}: the same seed gives the same ascending instants, another seed others`, () => {
      const instants = first(arrivals, 500)
      expect(first(arrivals, 500)).toEqual(instants)
      expect(first(arrivals, 500, 2)).not.toEqual(instants)
      expect(gaps(instants).every((gap) => gap >= 0)).toBe(true)
    })
  }
})

test("Poisson arrivals have exponential gaps of that mean, and as many in a window as they vary", () => {
  const instants = first(poisson(5), 20_000)
  expect(oneSampleDistance(gaps(instants), (ms) => 1 - Math.exp(-ms / 200))).toBeLessThan(1.63 / Math.sqrt(20_000))
  expect(dispersion(instants, 10_000)).toBeGreaterThan(0.85)
  expect(dispersion(instants, 10_000)).toBeLessThan(1.15)
})

test("bursty arrivals keep the mean rate and come in bursts", () => {
  const instants = first(bursty({ perSecond: 5 }), 200_000)
  expect(Math.abs(mean(gaps(instants)) / 200 - 1)).toBeLessThan(0.1)
  expect(dispersion(instants, 10_000)).toBeGreaterThan(20)
})

test("a gamma number has mean 1 and the variation of its shape", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.3, max: 60, noNaN: true }), fc.nat(1000), (shape, seed) => {
      const random = seededRandom(seed)
      const values = Array.from({ length: 20_000 }, () => gamma(shape, random))
      const error = 6 / Math.sqrt(20_000 * shape)
      expect(Math.abs(mean(values) - 1)).toBeLessThan(error)
      expect(Math.abs(variation(values) * Math.sqrt(shape) - 1)).toBeLessThan(0.15)
    }),
    { numRuns: 20 },
  )
})

test("Azure arrivals have the rate and the variation that they are told", () => {
  for (const told of [0.05, 0.5, 1, 3]) {
    const between = gaps(first(azureArrivals({ perSecond: 2, variation: told }), 40_000))
    expect(Math.abs(mean(between) / 500 - 1)).toBeLessThan(0.06)
    expect(Math.abs(variation(between) / told - 1)).toBeLessThan(0.06)
  }
})

test("functions of Azure vary as the published distribution says", () => {
  const random = seededRandom(4)
  const drawn = Array.from({ length: 20_000 }, () => azureFunction(random).variation).sort((a, b) => a - b)
  expect(drawn[5_000]).toBeCloseTo(0.0202, 1)
  expect(Math.abs(drawn[10_000]! / 0.523 - 1)).toBeLessThan(0.1)
  expect(Math.abs(drawn[18_000]! / 4.99 - 1)).toBeLessThan(0.1)
})

describe("a trace", () => {
  const of = (text: string, speed = 1): number[] => [
    ...traceArrivals(text, { source: "t.csv", speed })(seededRandom(1)),
  ]

  test("is read from seconds or dates, with a header or without, in any order, from its first instant on", () => {
    expect(of("10\n12.5\n11\n")).toEqual([0, 1000, 2500])
    expect(of("TIMESTAMP,Tokens\n2023-11-16 18:15:46.5,3\n2023-11-16 18:15:48,9\n")).toEqual([0, 1500])
    expect(of("10\n12\n", 4)).toEqual([0, 500])
  })

  test("names the line that is no instant, and an empty file", () => {
    expect(() => of("1\n2\nsoon\n")).toThrow("t.csv:3: soon is neither seconds nor a date")
    expect(() => of("at\n")).toThrow("t.csv holds no arrivals")
  })
})
