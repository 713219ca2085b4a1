import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { TrimtabError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import { mergeExport, mergeResults, partsOf, splitExport, stepInput, tasksOf } from "./tasks.ts"

const outputs = new Map<string, Json>([
  ["a", 1],
  ["b", [2]],
])

describe("stepInput", () => {
  test("is the run's input, the parent's output, or an object of outputs", () => {
    expect(stepInput({ name: "s", after: [] }, outputs, "run")).toBe("run")
    expect(stepInput({ name: "s", after: ["b"] }, outputs, "run")).toEqual([2])
    expect(stepInput({ name: "s", after: ["b", "a"] }, outputs, "run")).toEqual({ a: 1, b: [2] })
  })

  test("asking before a parent ended is a bug", () => {
    expect(() => stepInput({ name: "s", after: ["z"] }, outputs, null)).toThrow(/before z ended/)
  })
})

describe("tasksOf", () => {
  test("none gives one task, each gives one per element, size gives lists", () => {
    expect(tasksOf({ name: "s", after: [], split: { kind: "none" } }, [1, 2])).toEqual([[1, 2]])
    expect(tasksOf({ name: "s", after: [], split: { kind: "each" } }, [1, 2])).toEqual([1, 2])
    expect(tasksOf({ name: "s", after: [], split: { kind: "size", size: 2 } }, [1, 2, 3])).toEqual([[1, 2], [3]])
    expect(tasksOf({ name: "s", after: [], split: { kind: "export", name: "cut" } }, ["x", "y"])).toEqual(["x", "y"])
  })

  test("the lists of several parents are taken together, element by element", () => {
    const step = { name: "s", after: ["a", "b"], split: { kind: "each" } } as const
    expect(tasksOf(step, { a: [1, 2], b: [3, 4] })).toEqual([
      { a: 1, b: 3 },
      { a: 2, b: 4 },
    ])
    const pairs = tasksOf({ ...step, split: { kind: "size", size: 2 } }, { a: [1, 2, 3], b: [4, 5, 6] })
    expect(pairs).toHaveLength(2)
    expect(() => tasksOf(step, { a: [1, 2], b: [3] })).toThrow(/step s: its parents gave lists of 2 and 1/)
    expect(() => tasksOf(step, { a: [1], b: 3 })).toThrow(/step s: its input is number/)
  })

  test("an input that is no list is refused with the step's name", () => {
    expect(() => tasksOf({ name: "mark", after: [], split: { kind: "each" } }, { a: 1 })).toThrow(TrimtabError)
    expect(() => tasksOf({ name: "mark", after: [], split: { kind: "each" } }, null)).toThrow(
      /step mark: its input is null/,
    )
    expect(() => tasksOf({ name: "mark", after: [], split: { kind: "export", name: "cut" } }, 3)).toThrow(
      /its split cut returned/,
    )
  })
})

test("parts are contiguous, complete, at most one task apart, and never empty", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 50 }), fc.integer({ min: 1, max: 60 }), (tasks, instances) => {
      const parts = partsOf(tasks, instances)
      expect(parts.flat()).toEqual(tasks)
      expect(parts.length).toBe(Math.min(instances, tasks.length))
      const sizes = parts.map((part) => part.length)
      if (sizes.length > 0) expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      expect(sizes.every((size) => size > 0)).toBe(true)
      expect(sizes[0] ?? 0).toBe(tasks.length === 0 ? 0 : Math.ceil(tasks.length / parts.length))
    }),
  )
})

test("results merge to a list in task order, or to the one result", () => {
  expect(mergeResults({ split: { kind: "each" } }, [1, null, 3])).toEqual([1, null, 3])
  expect(mergeResults({ split: { kind: "none" } }, ["x"])).toBe("x")
})

test("exported splits and merges are named, others are not", () => {
  expect(splitExport({ split: { kind: "export", name: "cut" } })).toBe("cut")
  expect(splitExport({ split: { kind: "each" } })).toBeNull()
  expect(mergeExport({ merge: { kind: "export", name: "join" } })).toBe("join")
  expect(mergeExport({ merge: { kind: "list" } })).toBeNull()
})
