import { describe, expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { type DelaySample, fitStepConfDelay, squaresAndProducts } from "./stepconf-delay-model.ts"

/** Exponential noise on a law that eq. (2) holds exactly. */
function samples(count: number, seed = 1): DelaySample[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => {
    const [objects, size] = [1 + Math.floor(random.next() * 8), random.next() * 50]
    const ms = 20 + 3 * objects + 2 * size + 0.5 * objects * size + 0.1 * size ** 2 - 10 * Math.log(1 - random.next())
    return { predictors: [objects, size], ms }
  })
}

describe("StepConf eq. (2)", () => {
  test("has all squares and products: six columns of objects and size, three of cold instances", () => {
    expect(squaresAndProducts([2, 5])).toEqual([1, 2, 5, 4, 25, 10])
    expect(squaresAndProducts([3])).toEqual([1, 3, 9])
  })

  test("finds a law of its own form: the P90 lies the noise's P90 above it", () => {
    const model = fitStepConfDelay(samples(2000), { latest: 2000 })
    const law = 20 + 3 * 4 + 2 * 25 + 0.5 * 4 * 25 + 0.1 * 25 ** 2
    // P90 of 10 Exp(1) is 23.03; its standard error with 2,000 samples is about 0.7.
    expect(Math.abs(model.quantilesMs([4, 25])[0]! - law - 23.03)).toBeLessThan(2.1)
    expect(model).toMatchObject({ levels: [0.9], samples: 2000, converged: true })
  })

  test("fits the latest 100 samples and at most a tenth of them lie above the plane", () => {
    const old = samples(300, 2).map((sample) => ({ ...sample, ms: 50 * sample.ms }))
    const recent = samples(100, 3)
    const model = fitStepConfDelay([...old, ...recent])
    expect(model.samples).toBe(100)
    const above = recent.filter(({ predictors, ms }) => ms > model.quantilesMs(predictors)[0]! + 1e-6).length
    expect(above).toBeLessThanOrEqual(10)
    expect(above).toBeGreaterThanOrEqual(10 - 6)
  })

  test("its levels cross on few samples, as nothing sorts them", () => {
    const model = fitStepConfDelay(samples(40), { levels: [0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99] })
    const crossings = samples(500, 4).filter(({ predictors }) =>
      model.quantilesMs(predictors).some((value, i, all) => i > 0 && value < all[i - 1]! - 1e-9),
    )
    expect(crossings.length).toBeGreaterThan(25)
  })
})
