import { expect, test } from "vitest"
import { describe as inWords, distinctObjects, overlap } from "../examples/video/src/boxes.ts"
import type { Detection } from "../examples/video/src/frames.ts"

const person = (score: number, left: number): Detection => ({ label: "person", score, box: [left, 0.1, 0.3, 0.8] })

test("of boxes that overlap under one label only the best stays", () => {
  expect(distinctObjects([person(0.4, 0.1), person(0.6, 0.12), person(0.5, 0.6)])).toEqual([
    person(0.6, 0.12),
    person(0.5, 0.6),
  ])
})

test("boxes of two labels may overlap", () => {
  const chair: Detection = { ...person(0.5, 0.1), label: "chair" }
  expect(distinctObjects([person(0.6, 0.1), chair])).toHaveLength(2)
})

test("what the detector only guesses is left out", () => {
  expect(distinctObjects([person(0.1, 0.1)])).toEqual([])
})

test("overlap is 1 for equal boxes, 0 for boxes that only touch", () => {
  expect(overlap([0, 0, 0.5, 0.5], [0, 0, 0.5, 0.5])).toBe(1)
  expect(overlap([0, 0, 0.5, 0.5], [0.5, 0, 0.5, 0.5])).toBe(0)
})

test("a caption counts objects by label", () => {
  const glass: Detection = { label: "wine glass", score: 0.9, box: [0, 0, 1, 1] }
  expect(inWords([person(0.5, 0), glass, person(0.5, 0.5), glass])).toBe("2 persons, 2 wine glasses")
  expect(inWords([])).toBe("nothing found")
})
