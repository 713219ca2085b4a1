import { expect, test } from "vitest"
import { defineWorkflow } from "../workflow/builder.ts"
import { goalOf } from "./goal.ts"

const base = { name: "x", functions: { f: { handler: "./f.ts" } }, steps: { s: { function: "f" as const } } }
const strict = defineWorkflow({ ...base, goal: { sloMs: 1_000, onDeadline: "cancel" } })

test("a deadline ends the run as the flag says, else as the workflow does", () => {
  expect(goalOf({}, strict)).toMatchObject({ sloMs: 1_000, onDeadline: "cancel" })
  // Another deadline is still one that ends the run.
  expect(goalOf({ slo: 5_000 }, strict)).toMatchObject({ sloMs: 5_000, onDeadline: "cancel" })
  expect(goalOf({ onDeadline: "continue" }, strict)).not.toHaveProperty("onDeadline")
  expect(goalOf({ slo: 5_000 }, defineWorkflow(base))).not.toHaveProperty("onDeadline")
  expect(goalOf({ slo: 5_000, onDeadline: "cancel" }, defineWorkflow(base))).toMatchObject({ onDeadline: "cancel" })
})

test("a budget has no deadline", () => {
  expect(goalOf({ budget: 1 }, strict)).toEqual({ kind: "latency", budgetUsd: 1, percentile: 0.95 })
  expect(() => goalOf({ budget: 1, onDeadline: "cancel" }, strict)).toThrow(/needs a deadline/)
})

test("a run without any goal is refused with what to give", () => {
  expect(() => goalOf({}, defineWorkflow(base))).toThrow(/has no goal; give --slo/)
})
