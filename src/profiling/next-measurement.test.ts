import { describe, expect, test } from "vitest"
import { TrimtabError } from "../base/errors.ts"
import { mean } from "../statistics/order-statistics.ts"
import type { Goal } from "../workflow/goal.ts"
import { nextMeasurement, type NextMeasurement } from "./next-measurement.ts"
import { asked, DEADLINE, MEMORY_SPACE, runsOf } from "./testing/regret-setting.ts"

const SIZES = [256, 512, 768, 1024, 1536, 1792, 2048, 2816]
const often = (count: number): readonly number[] => Array.from({ length: count }, () => SIZES).flat()

describe("what to measure next", () => {
  test("is asked for while one run of each function is all there is", () => {
    const next = nextMeasurement(asked())
    expect(next.kind).toBe("measure")
    expect(next.regret.expected).toBeGreaterThan(0)
    expect(next.regret.share95).toBeGreaterThanOrEqual(next.regret.expectedShare)
    expect(next.uncertain.map(({ step }) => step).toSorted()).toEqual(["first", "second"])
  })

  test("is nothing where one configuration is left: regret 0", () => {
    const only = { min: 1024, max: 1024, step: 64 }
    const next = nextMeasurement(asked({ space: { ...MEMORY_SPACE, memoryMB: only } }))
    expect(next).toMatchObject({ kind: "stop", reason: "regret", regret: { expected: 0, share95: 0 }, uncertain: [] })
  })

  test("is the function that is known less", () => {
    const next = nextMeasurement(asked({ first: runsOf(0, often(4), 1) }))
    expect(next).toMatchObject({ kind: "measure", candidate: { step: "second" } })
  })

  test("is no size that may not be measured; with none left it says so", () => {
    const mayMeasure = ({ memoryMB }: { memoryMB: number }): boolean => memoryMB > 1024
    const next = nextMeasurement(asked({ candidates: { mayMeasure } }))
    expect(next.kind === "measure" && next.candidate.memoryMB).toBeGreaterThan(1024)
    const none = nextMeasurement(asked({ candidates: { mayMeasure: () => false } }))
    expect(none).toMatchObject({ kind: "stop", reason: "nothing-left" })
  })

  test("is the plan's own configuration before its regret is believed", () => {
    const known = { first: runsOf(0, often(12), 1), second: runsOf(1, often(12), 1) }
    const isMeasured = (): boolean => false
    const next = nextMeasurement(asked({ ...known, rule: { share: 0.2, runs: 1e6 }, candidates: { isMeasured } }))
    expect(next).toMatchObject({ kind: "measure" })
    if (next.kind === "measure") expect(next.candidate.memoryMB).toBe(next.plan[next.candidate.step]!.memoryMB)
  })

  test("is the same each time it is asked, and does not change with what was asked before", () => {
    const one = nextMeasurement(asked())
    nextMeasurement(asked({ first: runsOf(0, [256], 7) }))
    expect(nextMeasurement(asked())).toEqual(one)
  })
})

describe("measuring stops", () => {
  test("when the regret is below the share, and the plan was measured", () => {
    const known = { first: runsOf(0, often(12), 1), second: runsOf(1, often(12), 1) }
    expect(nextMeasurement(asked({ ...known, rule: { share: 0.2, runs: 1e6 } }))).toMatchObject({
      kind: "stop",
      reason: "regret",
    })
  })

  test("when the next measurement costs more than the runs to come could save", () => {
    const next = nextMeasurement(asked({ rule: { share: 1e-6, runs: 1 } }))
    expect(next).toMatchObject({ kind: "stop", reason: "not-worth" })
    expect(nextMeasurement(asked({ rule: { share: 1e-6, runs: 1e6 } })).kind).toBe("measure")
  })
})

test("more runs never raise the expected regret on average over seeds", () => {
  const regretAfter = (rounds: number): number =>
    mean(
      [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
        const sizes = [1792, 512, 1024, 2816, 768, 256, 1536, 2048].slice(0, rounds)
        return nextMeasurement(asked({ first: runsOf(0, sizes, seed), second: runsOf(1, sizes, seed) })).regret
          .expectedShare
      }),
    )
  const regrets = [1, 2, 4, 8].map(regretAfter)
  for (const [i, regret] of regrets.slice(1).entries()) expect(regret).toBeLessThan(regrets[i]!)
  expect(regrets.at(-1)!).toBeLessThan(0.3 * regrets[0]!)
})

test("a budget is judged in time, and its regret in USD is the share of the plan's cost", () => {
  const goal: Goal = { kind: "latency", budgetUsd: 3e-5, percentile: 0.95 }
  const { regret, planUsd } = nextMeasurement(asked({ goals: [goal] }))
  expect(regret.expected).toBeGreaterThan(0)
  expect(regret.expectedUsd / planUsd).toBeCloseTo(regret.expectedShare, 12)
})

test("of several goals the one with the largest regret is reported", () => {
  const loose: Goal = { ...DEADLINE, kind: "cost", sloMs: 20_000 }
  const alone = [DEADLINE, loose].map((goal) => nextMeasurement(asked({ goals: [goal] })).regret.share95)
  expect(nextMeasurement(asked({ goals: [DEADLINE, loose] })).regret.share95).toBeCloseTo(Math.max(...alone), 12)
})

describe("bad input is refused in one clear line", () => {
  const refused = (act: () => NextMeasurement, text: RegExp): void => {
    expect(act).toThrow(TrimtabError)
    expect(act).toThrow(text)
  }
  test("a share, runs or goals that are no positive numbers", () => {
    for (const share of [0, -1, 2, Number.NaN])
      refused(() => nextMeasurement(asked({ rule: { share, runs: 1 } })), /between 0 and 1/)
    for (const runs of [0, -1, Number.NaN, Infinity])
      refused(() => nextMeasurement(asked({ rule: { share: 0.01, runs } })), /runs expected/)
    refused(() => nextMeasurement(asked({ goals: [{ ...DEADLINE, kind: "cost", sloMs: Number.NaN }] })), /positive/)
    refused(() => nextMeasurement({ ...asked(), goals: [] }), /no goal/)
  })

  test("draws that are missing or no numbers", () => {
    const question = asked()
    refused(() => nextMeasurement({ ...question, draws: new Map() }), /step first: its draws/)
    const first = question.draws.get("first")!
    const broken = { ...first, logFactors: first.logFactors.map((factors) => factors.map(() => Number.NaN)) }
    refused(
      () => nextMeasurement({ ...question, draws: new Map(question.draws).set("first", broken) }),
      /not all numbers/,
    )
  })

  test("a space in which nothing can run", () => {
    const oom = [...runsOf(0, [2816], 1)].map((sample) => ({ ...sample, outcome: "out-of-memory" as const }))
    refused(() => nextMeasurement(asked({ first: [...runsOf(0, [2816], 1), ...oom, ...oom] })), /can run/)
  })
})
