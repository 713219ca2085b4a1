import { describe, expect, test } from "vitest"
import type { Json } from "../../base/json.ts"
import { virtualClock } from "../../base/testing/virtual-clock.ts"
import { barrier16, chain, diamond } from "../../workflow/testing/workflows.ts"
import type { Workflow } from "../../workflow/workflow.ts"
import { apply } from "../apply.ts"
import { nextActions } from "../next-actions.ts"
import type { Settled } from "../port.ts"
import { definitionOf, type RunState } from "../state.ts"
import { initialState } from "../step-transitions.ts"
import { FAKE_LIMITS } from "../testing/fake-platform.ts"
import { fakePolicy } from "../testing/fake-policy.ts"
import { GOAL } from "../testing/test-engine.ts"
import { foresee } from "./foresight.ts"

const START_MS = 1_000

describe("decisions that follow from an event", () => {
  test("of a run's start are those of its first steps", () => {
    expect(keys(foreseen(stateOf(chain), null))).toEqual(["decide/a#0.1"])
  })

  test("of a step's end are those of all that it frees, in order, each knowing the ones before", () => {
    const policy = fakePolicy()
    const state = after(stateOf(barrier16), "start")
    const { next } = foresee(state, ended("start"), { decide: { ...DECIDE, policy }, sources: SOURCES })
    expect(keys(next)).toEqual([1, 2, 3, 4, 5, 6, 7].map((i) => `decide/x${i}#0.1`))
    expect(policy.views.map((view) => view.running.size)).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  test("are none while another step is missing, and none when the run is over", () => {
    let state = after(stateOf(diamond), "a")
    for (const event of [ended("a"), ...foreseen(state, ended("a"))]) state = apply(state, event)
    expect(foreseen(state, ended("b"))).toEqual([])
    const last = after(stateOf(chain), "a", "b", "c")
    expect(foreseen(last, ended("c"))).toEqual([])
  })

  test("are what the loop would ask for next", () => {
    let state = apply(after(stateOf(barrier16), "start"), ended("start"))
    for (const decision of foreseen(after(stateOf(barrier16), "start"), ended("start"))) {
      const asked = nextActions(state).find(({ kind }) => kind === "decide")
      expect(asked).toMatchObject({ key: decision.key })
      state = apply(state, decision)
    }
    expect(nextActions(state).some(({ kind }) => kind === "decide")).toBe(false)
  })
})

const SOURCES = { warm: () => 0, floors: new Map<string, number>() }
const DECIDE = { policy: fakePolicy(), clock: virtualClock(), limits: FAKE_LIMITS, lastGood: new Map() }

function foreseen(state: RunState, event: Settled | null): readonly Settled[] {
  return foresee(state, event, { decide: DECIDE, sources: SOURCES }).next
}

function stateOf(workflow: Workflow): RunState {
  const definition = definitionOf({ runId: "r", workflow, goal: GOAL, input: 1, entriesPerStep: 16 })
  return initialState(definition, START_MS)
}

/** The state in which the last of these steps runs and those before it have ended. */
function after(initial: RunState, ...steps: readonly string[]): RunState {
  let state = initial
  let event: Settled | null = null
  for (const step of steps) {
    const decisions = foreseen(state, event)
    if (event !== null) state = apply(state, event)
    for (const decision of decisions) state = apply(state, decision)
    event = ended(step)
  }
  return state
}

function ended(step: string): Settled {
  const results: Json[] = [step]
  const part = { part: 0, results, errors: [], open: [], openCause: null, invocations: [] }
  return { key: `invoke/${step}#0.1/0`, value: { parts: [part] }, atMs: START_MS + 1 }
}

function keys(events: readonly Settled[]): string[] {
  return events.map(({ key }) => key)
}
