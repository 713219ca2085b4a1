import { expect, test } from "vitest"
import { PROBABILITIES } from "../statistics/distribution.ts"
import { type FormErrorEntry, formErrorLibrary, formErrorOf, leftOutErrors } from "./form-error.ts"
import { shippedFormErrors } from "./form-error-library.ts"

const SHAPE = Array.from({ length: 21 }, (_, i) => i / 10)
const entry = (name: string, unseen: number, noise?: number): FormErrorEntry => ({
  name,
  fits: [{ leftOut: 2 * unseen, unseen }],
  shape: SHAPE,
  ...(noise === undefined ? {} : { noise }),
})
const LIBRARY = formErrorLibrary([entry("a", 0.01), entry("b", 0.02), entry("c", 0.04)])
const errors = (size: number, count: number): number[] => Array.from({ length: count }, () => size)

test("own errors at five sizes and more move the prediction to what they say, by the library's ratio", () => {
  expect(LIBRARY.sd).toBeCloseTo(0.02, 9)
  expect(LIBRARY.perLeftOut).toBeCloseTo(0.5, 9)
  const sdOf = (size: number, count: number): number =>
    formErrorOf(LIBRARY, { leftOut: errors(size, count), noise: 0.02 }).sd
  expect(sdOf(0.04, 5)).toBeCloseTo(0.02, 9)
  expect(sdOf(0.16, 5)).toBeGreaterThan(0.06)
  expect(sdOf(0.16, 100)).toBeCloseTo(0.08, 2)
  expect(sdOf(0.004, 100)).toBeLessThan(0.01)
})

test("fewer than five sizes: the library alone, wider the fewer there are", () => {
  const sdOf = (count: number): number => formErrorOf(LIBRARY, { leftOut: errors(0, count), noise: 0.02 }).sd
  expect([sdOf(1), sdOf(2), sdOf(3), sdOf(4)]).toEqual([sdOf(1), sdOf(2), sdOf(3), sdOf(4)].toSorted((a, b) => b - a))
  expect(sdOf(4)).toBeGreaterThan(LIBRARY.sd)
  expect(formErrorOf(LIBRARY, { leftOut: [], noise: 0.02 }).sd).toBe(sdOf(1))
})

test("a wild error at one size is held, and the factor is symmetric and rises", () => {
  const { sd, logs } = formErrorOf(LIBRARY, { leftOut: [0, 0, 0, 0, 50], noise: 0.02 })
  expect(sd).toBeLessThan(0.1)
  expect(logs[2]).toBe(0)
  expect(logs[5]).toBeCloseTo(-logs[0]!, 12)
  expect([...logs]).toEqual(logs.toSorted((a, b) => a - b))
  expect(logs).toHaveLength(PROBABILITIES.length)
})

test("noisy functions err more where the library shows it", () => {
  const noisy = formErrorLibrary([entry("a", 0.01, 0.01), entry("b", 0.02, 0.02), entry("c", 0.04, 0.04)])
  expect(noisy.noisePower).toBeCloseTo(1, 9)
  const sdOf = (noise: number): number => formErrorOf(noisy, { leftOut: [], noise }).sd
  expect(sdOf(0.04) / sdOf(0.02)).toBeCloseTo(2, 9)
  expect(LIBRARY.noisePower).toBe(0)
})

test("the shipped library predicts a few percent", () => {
  const library = shippedFormErrors()
  expect(library.sd).toBeGreaterThan(0.01)
  expect(library.sd).toBeLessThan(0.05)
  // A normal error would have 1.64 here; one whose scale is predicted has more.
  expect(library.shape[5]!).toBeGreaterThan(1.3)
  expect(library.shape[5]!).toBeLessThan(2.6)
})

test("errors at one size count as one", () => {
  const held = (memoryMB: number, logErrors: readonly number[]) => ({ memoryMB, inner: true, logErrors })
  expect(leftOutErrors([held(128, [0.1, 0.2, 0.3]), held(256, []), held(512, [-0.1])])).toEqual([0.2, -0.1])
  expect(leftOutErrors([])).toEqual([0])
})
