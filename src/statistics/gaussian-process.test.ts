import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { conditionGaussianProcess, fitGaussianProcess, type KernelParameters } from "./gaussian-process.ts"
import { normalQuantile } from "./normal.ts"

const EXACT: KernelParameters = { logLengths: [0, 0], logAmplitude: 0, logNoise: -Infinity }

/** Points of a 5 x 5 grid with a smooth value each. */
const grid = [0, 1, 2, 3, 4].flatMap((x) => [0, 1, 2, 3, 4].map((y) => [x, y] as const))
const smooth = ([x, y]: readonly [number, number]): number => Math.sin(x) + 0.5 * Math.cos(2 * y)

describe("a Gaussian process", () => {
  test("goes through noise-free observations, where nothing is uncertain", () => {
    const process = conditionGaussianProcess({ inputs: grid, targets: grid.map(smooth) }, EXACT)
    for (const point of grid) {
      const { mean, variance } = process.predict(point)
      // The jitter of 1e-8 times weights of the order of 10.
      expect(Math.abs(mean - smooth(point))).toBeLessThan(1e-6)
      expect(variance).toBeLessThan(1e-6)
      expect(process.mean(point)).toBe(mean)
    }
  })

  test("knows one observation in closed form: k/(1 + noise) of it, and what is left of the variance", () => {
    const parameters = { logLengths: [Math.log(2)], logAmplitude: 0, logNoise: Math.log(0.5) }
    const process = conditionGaussianProcess({ inputs: [[1]], targets: [3] }, parameters)
    const r = Math.sqrt(5) * 1.5
    const k = (1 + r + (r * r) / 3) * Math.exp(-r)
    const { mean, variance } = process.predict([4])
    expect(mean).toBeCloseTo((3 * k) / 1.25, 7)
    expect(variance).toBeCloseTo(1 - (k * k) / 1.25, 7)
    expect(process.logLikelihood).toBeCloseTo(-(9 / 2.5) - 0.5 * Math.log(2 * Math.PI * 1.25), 7)
  })

  test("returns to zero and to its own variance far from the data", () => {
    const process = conditionGaussianProcess({ inputs: grid, targets: grid.map(() => 5) }, EXACT)
    const { mean, variance } = process.predict([60, 60])
    expect(Math.abs(mean)).toBeLessThan(1e-9)
    expect(variance).toBeCloseTo(1, 9)
  })

  test("its variance is never negative, and an observation never raises it", () => {
    const point = fc.tuple(fc.double({ min: -3, max: 3, noNaN: true }), fc.double({ min: -3, max: 3, noNaN: true }))
    fc.assert(
      fc.property(fc.array(point, { minLength: 2, maxLength: 12 }), point, (inputs, at) => {
        const parameters = { ...EXACT, logNoise: -4 }
        const targets = inputs.map(smooth)
        const all = conditionGaussianProcess({ inputs, targets }, parameters).predict(at)
        const fewer = conditionGaussianProcess(
          { inputs: inputs.slice(1), targets: targets.slice(1) },
          parameters,
        ).predict(at)
        expect(all.variance).toBeGreaterThanOrEqual(0)
        expect(all.variance).toBeLessThanOrEqual(fewer.variance + 1e-9)
      }),
      { numRuns: 50 },
    )
  })
})

describe("fitGaussianProcess", () => {
  test("finds which input matters and how large the noise is", () => {
    const random = seededRandom(3)
    const inputs = Array.from({ length: 60 }, () => [4 * random.next(), 4 * random.next()])
    const noise = (): number => 0.1 * normalQuantile(0.001 + 0.998 * random.next())
    const targets = inputs.map(([x]) => Math.sin(2 * x!) + noise())
    const { parameters } = fitGaussianProcess({ inputs, targets }, { random: seededRandom(1) })
    expect(parameters.logLengths[1]! - parameters.logLengths[0]!).toBeGreaterThan(1)
    // Sixty observations tell an sd to some 10 %; the search stops near the optimum.
    expect(Math.exp(parameters.logNoise)).toBeGreaterThan(0.07)
    expect(Math.exp(parameters.logNoise)).toBeLessThan(0.14)
  })

  test("the same seed gives the same answer, and no search is worse than its start", () => {
    const data = { inputs: grid, targets: grid.map(smooth) }
    const once = fitGaussianProcess(data, { random: seededRandom(5) })
    expect(fitGaussianProcess(data, { random: seededRandom(5) }).parameters).toEqual(once.parameters)
    const again = fitGaussianProcess(data, { random: seededRandom(6), start: once.parameters, steps: 20 })
    expect(again.logLikelihood).toBeGreaterThanOrEqual(once.logLikelihood)
  })

  test("equal points and constant targets are no obstacle", () => {
    const data = { inputs: [[1], [1], [1], [2]], targets: [0, 0, 0, 0] }
    const process = fitGaussianProcess(data, { random: seededRandom(1) })
    expect(process.mean([1.5])).toBeCloseTo(0, 12)
  })
})
