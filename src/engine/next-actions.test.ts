import { expect, test } from "vitest"
import { fromEdges } from "../workflow/testing/workflows.ts"
import { apply } from "./apply.ts"
import { initialState } from "./step-transitions.ts"
import { parseKey } from "./keys.ts"
import { batchesOf, nextActions } from "./next-actions.ts"
import type { DecideRecord, InvokeRecord } from "./records.ts"
import { definitionOf, toleratedErrors, type RunState } from "./state.ts"

const GOAL = { kind: "cost", sloMs: 1_000, percentile: 0.95 } as const

function stateOf(edges: Record<string, string[]>): RunState {
  const workflow = fromEdges("w", edges)
  return initialState(definitionOf({ runId: "r", workflow, goal: GOAL, input: 1, entriesPerStep: 1_000 }), 1_000)
}

const DECISION = { config: { memoryMB: 128, instances: 1, processes: 1 } } as DecideRecord // all that apply reads

function invoked(): InvokeRecord {
  return { parts: [{ part: 0, results: [1], errors: [], open: [], openCause: null, invocations: [] }] }
}

test("asks for one decision at a time, in definition order", () => {
  let state = stateOf({ a: [], b: [], c: ["a", "b"] })
  expect(nextActions(state).map((action) => action.kind)).toEqual(["await-cancel", "decide"])
  state = apply(state, { key: "decide/a#0.1", value: DECISION, atMs: 1_001 })
  const actions = nextActions(state)
  expect(actions.map((action) => "key" in action && action.key)).toEqual(["invoke/a#0.1/0", "decide/b#0.1"])
})

test("asks for nothing twice", () => {
  const state = stateOf({ a: [], b: [], c: ["a", "b"] })
  const decided = apply(state, { key: "decide/a#0.1", value: DECISION, atMs: 1_001 })
  // The decision of b was asked for after that of a, and is still open when a ends.
  const next = apply(decided, { key: "invoke/a#0.1/0", value: invoked(), atMs: 1_002 })
  expect(nextActions(next)).toEqual([])
})

test("does not change the state it is given (E2)", () => {
  const state = stateOf({ a: [], b: ["a"] })
  const before = structuredClone({ ...state, definition: null })
  const decided = apply(state, { key: "decide/a#0.1", value: DECISION, atMs: 1_001 })
  apply(decided, { key: "invoke/a#0.1/0", value: invoked(), atMs: 1_002 })
  expect({ ...state, definition: null }).toEqual(before)
})

test("looks only at the steps that an event moved: a wide graph costs no more than a narrow one", () => {
  const edges: Record<string, string[]> = { a: [] }
  for (let i = 0; i < 500; i++) edges[`x${i}`] = ["a"]
  const state = apply(stateOf(edges), { key: "decide/a#0.1", value: DECISION, atMs: 1_001 })
  expect(state.entered).toEqual([0])
  const next = apply(state, { key: "invoke/a#0.1/0", value: invoked(), atMs: 1_002 })
  expect(next.undecided).toHaveLength(500)
  expect(nextActions(next)).toHaveLength(1)
})

test("refuses a record out of turn", () => {
  const state = stateOf({ a: [], b: [] })
  expect(() => apply(state, { key: "decide/b#0.1", value: DECISION, atMs: 1_001 })).toThrow("out of turn")
  expect(() => apply(state, { key: "decide/z#0.1", value: DECISION, atMs: 1_001 })).toThrow("no such step")
  expect(() => apply(state, { key: "odd", value: 1, atMs: 1_001 })).toThrow("knows no such record")
})

test.each([
  [1, 1_000, 1, 1],
  [1_000, 1_000, 1_000, 1],
  [1_001, 1_000, 501, 2],
  [1_000, 16, 16, 63],
  [10, 16, 10, 1],
])("%i parts over %i entries make %i records of %i", (parts, entries, batches, partsPerBatch) => {
  expect(batchesOf(parts, entries)).toEqual({ batches, partsPerBatch })
})

test("keys read back", () => {
  expect(parseKey("invoke/a-b_1#0.2/17")).toEqual({
    kind: "invoke",
    id: { step: "a-b_1", iteration: 0, attempt: 2 },
    batch: 17,
  })
  expect(parseKey("invoke/a#0.1/merge")).toMatchObject({ batch: "merge" })
  for (const bad of ["invoke/a#0.1", "decide/a#0.1/0", "decide/a", "x"]) expect(parseKey(bad)).toBeNull()
})

test("a share of the tasks is counted as a person would", () => {
  const { step } = stateOf({ a: [] }).steps[0]!
  const allowed = (share: number, tasks: number): number =>
    toleratedErrors({ ...step, tolerance: { kind: "share", share } }, tasks)
  // 0.29 x 100 is 28.999999999999996 in binary.
  expect(allowed(0.29, 100)).toBe(29)
  expect(allowed(0.05, 1_000)).toBe(50)
  expect(allowed(0.05, 19)).toBe(0)
})
