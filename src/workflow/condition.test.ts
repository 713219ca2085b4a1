import { describe, expect, test } from "vitest"
import { holds, valueAt } from "./condition.ts"

describe("a path", () => {
  const output = { faces: { count: 2, boxes: [[1, 2], [3]] }, "": 1, empty: null }
  test.each([
    ["faces.count", 2],
    ["faces.boxes.1.0", 3],
    ["", output],
    ["empty", null],
    ["faces.none", undefined],
    ["faces.count.deeper", undefined],
    ["faces.boxes.2", undefined],
    ["faces.boxes.length", 2],
    ["toString", undefined],
    ["__proto__", undefined],
    ["faces.constructor.name", undefined],
  ])("%s leads to %j", (path, value) => {
    expect(valueAt(output, path)).toEqual(value)
  })
})

describe("a condition", () => {
  test.each([
    ["==", 2, true],
    ["==", 3, false],
    ["!=", 3, true],
    [">", 1, true],
    [">", 2, false],
    [">=", 2, true],
    ["<", 3, true],
    ["<=", 1, false],
    [">", "1", false],
    ["<", null, false],
  ] as const)("n %s %j is %j for 2", (operator, value, expected) => {
    expect(holds({ path: "n", operator, value }, { n: 2 })).toBe(expected)
  })

  test("compares lists and objects as JSON, texts by their order", () => {
    expect(holds({ path: "", operator: "==", value: { b: [1], a: null } }, { a: null, b: [1] })).toBe(true)
    expect(holds({ path: "0", operator: "<", value: "b" }, ["a"])).toBe(true)
  })

  test("of a value that is not there holds only as unequal", () => {
    expect(holds({ path: "x", operator: "exists" }, {})).toBe(false)
    expect(holds({ path: "x", operator: "exists" }, { x: null })).toBe(true)
    expect(holds({ path: "x", operator: "!=", value: 1 }, {})).toBe(true)
    expect(holds({ path: "x", operator: "==" }, {})).toBe(false)
    expect(holds({ path: "x", operator: "==" }, { x: null })).toBe(true)
  })

  test("never holds for a step that was skipped", () => {
    for (const operator of ["==", "!=", "exists", "<"] as const)
      expect(holds({ path: "", operator, value: 1 }, undefined)).toBe(false)
  })
})
