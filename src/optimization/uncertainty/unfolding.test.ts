import fc from "fast-check"
import { expect, test } from "vitest"
import { randomTable } from "../../statistics/monte-carlo.ts"
import { defineWorkflow } from "../../workflow/builder.ts"
import type { ConditionSpec, StepSpecInput } from "../../workflow/spec.ts"
import type { Workflow } from "../../workflow/workflow.ts"
import { always, countColumn, countMoments, countsSeen, repeatedWhile } from "./counts.ts"
import { expectedExecutions, occurrenceColumns, unfold } from "./unfolding.ts"

const N = 4000
/** Four standard errors of a share of 4,000: false alarms are rarer than one in ten thousand. */
const BAND = 4 * Math.sqrt(0.25 / N)

type When = ConditionSpec & { step: string }
const kind = (operator: ConditionSpec["operator"], value?: string | number): When => ({
  step: "look",
  path: "kind",
  operator,
  ...(value === undefined ? {} : { value }),
})

type Declared = Omit<StepSpecInput, "function" | "after"> & { after?: string[] }

/** Steps after `look`, all of one function. */
function workflowWith(steps: Readonly<Record<string, Declared>>): Workflow {
  const all: Record<string, Declared> = { look: { after: [] }, ...steps }
  return defineWorkflow({
    name: "branches",
    functions: { f: { handler: "./f.ts" } },
    steps: Object.fromEntries(
      Object.entries(all).map(([name, step]) => [
        name,
        { ...step, after: step.after ?? ["look"], function: "f" as const },
      ]),
    ),
  })
}

function shares(workflow: Workflow, probabilities: Record<string, number>): Record<string, Int32Array> {
  const unfoldings = unfold(workflow, { probabilityOf: (step) => probabilities[step] })
  const columns = occurrenceColumns(unfoldings, randomTable({ seed: 3, scenarios: N }))
  return Object.fromEntries(workflow.steps.map((step, i) => [step.name, columns[i]!.executions]))
}

const both = (a: Int32Array, b: Int32Array): number => a.reduce((sum, value, s) => sum + value * b[s]!, 0) / N
const mean = (a: Int32Array): number => a.reduce((sum, value) => sum + value, 0) / N

test("exactly one of a condition and its opposite holds", () => {
  const { yes, no } = shares(workflowWith({ yes: { when: kind("==", "a") }, no: { when: kind("!=", "a") } }), {
    yes: 0.3,
    no: 0.7,
  })
  expect(both(yes!, no!)).toBe(0)
  expect(mean(yes!) + mean(no!)).toBe(1)
  expect(Math.abs(mean(yes!) - 0.3)).toBeLessThan(BAND)
})

test("equal constants go together, different ones exclude each other", () => {
  const found = shares(
    workflowWith({
      a: { when: kind("==", "a") },
      again: { when: kind("==", "a") },
      b: { when: kind("==", "b") },
    }),
    { a: 0.5, again: 0.5, b: 0.2 },
  )
  expect(found["a"]).toEqual(found["again"])
  expect(both(found["a"]!, found["b"]!)).toBe(0)
  expect(Math.abs(mean(found["b"]!) - 0.2)).toBeLessThan(BAND)
})

test("a lower threshold implies a higher one, and opposites of one threshold exclude each other", () => {
  const found = shares(
    workflowWith({ few: { when: kind("<", 5) }, some: { when: kind("<", 10) }, many: { when: kind(">=", 10) } }),
    { few: 0.2, some: 0.6, many: 0.4 },
  )
  expect(both(found["few"]!, found["some"]!)).toBe(mean(found["few"]!))
  expect(both(found["some"]!, found["many"]!)).toBe(0)
  expect(mean(found["some"]!) + mean(found["many"]!)).toBe(1)
})

test("a step whose deciding step, or whose every parent, is skipped is skipped too", () => {
  const workflow = workflowWith({
    inner: { when: kind("==", "a") },
    deep: { after: ["inner"], when: { step: "inner", path: "ok", operator: "exists" } },
    last: { after: ["deep"] },
  })
  const known = { probabilityOf: (step: string) => ({ inner: 0.5, deep: 0.4 })[step] }
  const unfoldings = unfold(workflow, known)
  expect(unfoldings.map(({ probability }) => probability)).toEqual([1, 0.5, 0.2, 0.2])
  const { deep, inner } = shares(workflow, { inner: 0.5, deep: 0.4 })
  expect(both(deep!, inner!)).toBe(mean(deep!))
  expect(Math.abs(mean(deep!) - 0.2)).toBeLessThan(BAND)
})

test("a step behind branches runs where one of them does: always, behind one and its opposite", () => {
  const workflow = workflowWith({
    yes: { when: kind("==", "a") },
    no: { when: kind("!=", "a") },
    other: { when: { step: "look", path: "size", operator: ">", value: 1 } },
    either: { after: ["yes", "no"] },
    some: { after: ["yes", "other"] },
    later: { after: ["some"] },
  })
  const known = { yes: 0.3, no: 0.7, other: 0.5 }
  const unfoldings = unfold(workflow, { probabilityOf: (step) => known[step as keyof typeof known] })
  // 1 - 0.7 x 0.5: the two branches are drawn apart.
  expect(unfoldings.map(({ probability }) => Number(probability.toFixed(12)))).toEqual([
    1, 0.3, 0.7, 0.5, 1, 0.65, 0.65,
  ])
  const found = shares(workflow, known)
  expect(mean(found["either"]!)).toBe(1)
  for (let s = 0; s < N; s++) expect(found["some"]![s]).toBe(Math.max(found["yes"]![s]!, found["other"]![s]!))
  expect(found["later"]).toEqual(found["some"])
})

test("what nobody knows counts in full", () => {
  const workflow = workflowWith({
    maybe: { when: kind("exists") },
    again: { loop: { while: { path: "more", operator: "==", value: true }, max: 4 } },
    many: { map: { step: "look", path: "items", expected: 7 } },
  })
  const unfoldings = unfold(workflow)
  expect([...expectedExecutions(unfoldings)]).toEqual([1, 1, 4, 1])
  expect(unfoldings[3]!.tasks).toEqual(always(7))
})

test("executions average to their expectation, loops inside branches too", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 0.9, noNaN: true }),
      (p, again) => {
        const workflow = workflowWith({
          maybe: { when: kind("==", 1), loop: { while: { path: "more", operator: "exists" }, max: 3 } },
        })
        const unfoldings = unfold(workflow, {
          probabilityOf: () => p,
          loopCounts: () => repeatedWhile(again, 3),
        })
        const [, executions] = occurrenceColumns(unfoldings, randomTable({ seed: 1, scenarios: N }))
        // Counts are up to 3, so their error is up to three times the one of a share.
        expect(Math.abs(mean(executions!.executions) - expectedExecutions(unfoldings)[1]!)).toBeLessThan(3 * BAND)
      },
    ),
    { numRuns: 20, seed: 4 },
  )
})

test("counts have the moments of the column that they give", () => {
  const counts = countsSeen([4, 2, 2, 9])
  expect(counts).toEqual({ counts: [2, 4, 9], weights: [2, 1, 1] })
  expect(countMoments(counts)).toEqual({ mean: 4.25, variance: (2 * 2.25 ** 2 + 0.25 ** 2 + 4.75 ** 2) / 4 })
  // A column with one number in each stratum has every share exactly.
  const column = countColumn(counts, randomTable({ seed: 2, scenarios: 400 }).uniforms(0))
  expect([2, 4, 9].map((count) => column.filter((value) => value === count).length)).toEqual([200, 100, 100])
})

test("a loop that goes on with a probability ends at its maximum", () => {
  expect(repeatedWhile(0.5, 3)).toEqual({ counts: [1, 2, 3], weights: [0.5, 0.25, 0.25] })
  expect(repeatedWhile(0, 5)).toEqual(always(1))
  expect(repeatedWhile(1, 5)).toEqual(always(5))
})
