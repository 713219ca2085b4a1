import { describe, expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { syntheticFunctions } from "./testing/synthetic-functions.ts"
import {
  assertDisjoint,
  assertLocalRun,
  foldsByFunction,
  periodAt,
  quotaCores,
  sourceOf,
  splitByFunction,
} from "./training-set.ts"

const { functions, platform } = syntheticFunctions({ count: 25, repeats: 1, random: seededRandom(1) })

describe("a training set", () => {
  test("never mixes sources of counters, and names the function that does", () => {
    const mixed = functions.map((one, i) =>
      i === 7 ? { ...one, operations: { ...one.operations, source: "extended" as const } } : one,
    )
    expect(sourceOf(functions)).toBe("portable")
    expect(() => sourceOf(mixed)).toThrow(/f7 has extended counters, the model was made from portable ones/)
    expect(() => sourceOf([])).toThrow(/at least one measured function/)
  })

  test("is split by function: none is on both sides, all are on one", () => {
    const { train, test: held } = splitByFunction(functions, { testShare: 0.2, seed: 9 })
    expect(held).toHaveLength(5)
    expect(new Set([...train, ...held].map((one) => one.id)).size).toBe(25)
    expect(splitByFunction(functions, { testShare: 0.2, seed: 9 })).toEqual({ train, test: held })
    expect(() => assertDisjoint({ train, test: [...held, train[0]!] })).toThrow(/both sides/)
  })

  test("has folds in which each function is tested once", () => {
    const folds = foldsByFunction(functions, { folds: 4, seed: 2 })
    folds.forEach(assertDisjoint)
    expect(folds.flatMap((fold) => fold.test.map((one) => one.id)).toSorted()).toEqual(
      functions.map((one) => one.id).toSorted(),
    )
  })

  test.each([
    ["no time", { wallMs: 0, userMs: 0, systemMs: 0 }],
    ["a time that is no number", { wallMs: Number.NaN, userMs: 1, systemMs: 1 }],
    ["CPU time below 0", { wallMs: 5, userMs: -1, systemMs: 1 }],
    ["endless CPU time", { wallMs: 5, userMs: Infinity, systemMs: 1 }],
  ])("refuses a local run with %s", (_name, local) => {
    const profile = { ...functions[0]!.operations, local }
    expect(() => assertLocalRun(profile, "f")).toThrow(/local run of f/)
  })

  test("grants cores by memory, up to those of the machine", () => {
    expect(quotaCores({ ...platform, vcpuScale: 0.5 }, 1769)).toBeCloseTo(0.5, 12)
    expect(quotaCores(platform, 10_240)).toBe(2)
    expect(quotaCores(platform, 10_240, "single")).toBe(2)
  })

  test("lengthens the period where the kernel would refuse so small a quota", () => {
    expect(periodAt(platform, 0.5)).toBe(20)
    expect(periodAt(platform, 0.025)).toBeCloseTo(40, 9)
  })

  test("holds a process of single-thread code to one vCPU where that is less than a core", () => {
    const scaled = { ...platform, vcpuScale: 0.5 }
    expect(quotaCores(scaled, 3538, "single")).toBe(0.5)
    expect(quotaCores(scaled, 3538, "multi")).toBeCloseTo(1, 12)
    expect(quotaCores(scaled, 885, "single")).toBeCloseTo(0.25, 3)
  })
})
