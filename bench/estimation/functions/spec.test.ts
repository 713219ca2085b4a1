import { expect, test } from "vitest"
import { seededRandom } from "../../../src/base/random.ts"
import { FUNCTION_COUNT, functionSet, RANGES } from "./spec.ts"

const set = functionSet(seededRandom(7))

test("the same seed gives the same functions, another gives others", () => {
  expect(functionSet(seededRandom(7))).toEqual(set)
  expect(functionSet(seededRandom(8))).not.toEqual(set)
  expect(new Set(set.map(({ id }) => id)).size).toBe(FUNCTION_COUNT)
})

test("every function has a module, and each module is in about half of them", () => {
  for (const name of ["float", "cache", "storage", "network"] as const) {
    const count = set.filter(({ modules }) => modules[name] !== undefined).length
    // 8/15 of 400 is 213, sd 10: four of them.
    expect(Math.abs(count - 213)).toBeLessThan(40)
  }
  for (const { modules } of set) expect(Object.keys(modules).length).toBeGreaterThan(1)
})

test("sizes lie in their ranges and spread over them evenly in logarithms", () => {
  const flops = set.flatMap(({ modules }) => (modules.float === undefined ? [] : [modules.float.flops]))
  const [least, most] = RANGES.flops
  for (const size of flops) expect(size).toBeGreaterThanOrEqual(least)
  for (const size of flops) expect(size).toBeLessThanOrEqual(most)
  const below = flops.filter((size) => size < Math.sqrt(least * most)).length
  // Half of about 213, sd 7.3: four of them.
  expect(Math.abs(below - flops.length / 2)).toBeLessThan(30)
})

test("about a fifth of the functions with work for threads have a parallel share", () => {
  const computing = set.filter(({ modules }) => modules.float !== undefined || modules.cache !== undefined)
  const shares = computing.map(({ modules }) => modules.parallelShare).filter((share) => share > 0)
  // A fifth of about 320, sd 7: four of them.
  expect(Math.abs(shares.length - computing.length / 5)).toBeLessThan(28)
  for (const share of shares) expect(share).toBeGreaterThanOrEqual(0.3)
  for (const share of shares) expect(share).toBeLessThanOrEqual(0.9)
})
