import { expect, test } from "vitest"
import { oneSampleDistance } from "../../statistics/kolmogorov-smirnov.ts"
import { normalCdf } from "../../statistics/normal.ts"
import { chanceOf } from "./chance.ts"

function numbers(seed: number, key: string, salt: number, count: number): number[] {
  const chance = chanceOf(seed)
  chance.begin(key, salt)
  return Array.from({ length: count }, () => chance.next())
}

test("a key has its numbers, whatever was drawn before", () => {
  const chance = chanceOf(7)
  chance.begin("run/step#0.1/3", 0)
  chance.next()
  chance.begin("another", 0)
  chance.normal()
  chance.begin("run/step#0.1/3", 0)
  expect([chance.next(), chance.next()]).toEqual(numbers(7, "run/step#0.1/3", 0, 2))
})

test("another seed, key or salt has other numbers", () => {
  const all = [numbers(1, "a/0", 0, 1), numbers(2, "a/0", 0, 1), numbers(1, "a/1", 0, 1), numbers(1, "a/0", 1, 1)]
  expect(new Set(all.map(([first]) => first)).size).toBe(4)
})

test("first numbers of neighbouring keys are uniform and uncorrelated, normal ones are normal", () => {
  const chance = chanceOf(3)
  const first: number[] = []
  const second: number[] = []
  const normal: number[] = []
  for (let i = 0; i < 20_000; i++) {
    chance.begin(`run/step#0.1/${i}`, 0)
    first.push(chance.next())
    second.push(chance.next())
    normal.push(chance.normal())
  }
  const far = 1.63 / Math.sqrt(20_000) // 1 % of the limit law
  expect(oneSampleDistance(first, (x) => x)).toBeLessThan(far)
  expect(oneSampleDistance(second, (x) => x)).toBeLessThan(far)
  expect(oneSampleDistance(normal, normalCdf)).toBeLessThan(far)
  const product = first.reduce((sum, u, i) => sum + (u - 0.5) * (second[i]! - 0.5), 0) / 20_000
  const serial = first.slice(1).reduce((sum, u, i) => sum + (u - 0.5) * (first[i]! - 0.5), 0) / 20_000
  expect(Math.abs(12 * product)).toBeLessThan(0.03)
  expect(Math.abs(12 * serial)).toBeLessThan(0.03)
})
