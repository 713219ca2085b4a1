import { describe, expect, test } from "vitest"
import { seededRandom } from "./random.ts"

describe("a seeded stream", () => {
  test("is the same for the same seed", () => {
    const draw = (seed: number): number[] => {
      const random = seededRandom(seed)
      return Array.from({ length: 5 }, () => random.next())
    }
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
  })

  test("is uniform over small seeds at every position, the first too", () => {
    const seeds = 2000
    for (const position of [0, 1, 2, 7]) {
      let sum = 0
      let squares = 0
      for (let seed = 0; seed < seeds; seed++) {
        const random = seededRandom(seed)
        for (let i = 0; i < position; i++) random.next()
        const value = random.next()
        sum += value
        squares += value * value
      }
      // Five standard errors of the mean of 2,000 uniform numbers: 5 / sqrt(12 * 2000); the same for the mean square.
      expect(Math.abs(sum / seeds - 1 / 2)).toBeLessThan(0.033)
      expect(Math.abs(squares / seeds - 1 / 3)).toBeLessThan(0.034)
    }
  })
})
