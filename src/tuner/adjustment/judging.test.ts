import { describe, expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { normalQuantile } from "../../statistics/normal.ts"
import { changesOf } from "./content-change.ts"
import { correctionAt, correctedCurves, learnedCorrections } from "./curve-correction.ts"
import { beginning } from "./absorb.ts"
import { momentsOf, together } from "./moments.ts"
import { NO_SUMS, type StepSums } from "./step-sums.ts"
import { lawCurve } from "./testing/random-pipelines.ts"
import { judge, type RunSums, runSums } from "./worse.ts"

const random = seededRandom(7)
const draw = (): number => normalQuantile(0.0005 + 0.999 * random.next())

/** Runs whose latency and cost spread by a third and a quarter. */
function runs(count: number, factor: number = 1): RunSums {
  return runSums(
    Array.from({ length: count }, () => ({
      latencyMs: 4_000 * factor * Math.exp(0.33 * draw()),
      costUsd: 0.0003 * factor * Math.exp(0.25 * draw()),
      failed: false,
    })),
  )
}

const EVEN = { latencyRatio: 1, costRatio: 1 }

describe("the test of whether a change is worse", () => {
  test("calls a change that is as good as predicted worse in some thousandths of the cases", () => {
    let worse = 0
    const trials = 3_000
    for (let i = 0; i < trials; i++)
      if (judge({ changed: runs(12), others: runs(40) }, { expected: EVEN, least: 10 }).kind === "worse") worse++
    // Two tests of p = 0.001 each, less the tolerance; twelve runs have heavier tails than a normal: at most 1 %.
    expect(worse / trials).toBeLessThan(0.01)
  })

  test("finds what makes runs half as long again", () => {
    let worse = 0
    for (let i = 0; i < 300; i++)
      if (judge({ changed: runs(25, 1.5), others: runs(75) }, { expected: EVEN, least: 10 }).kind === "worse") worse++
    expect(worse / 300).toBeGreaterThan(0.95)
  })

  test("takes what was predicted to be slower as no surprise, and too few runs as no evidence", () => {
    const slower = { changed: runs(200, 1.2), others: runs(200) }
    expect(judge(slower, { expected: EVEN, least: 10 }).kind).toBe("worse")
    expect(judge(slower, { expected: { latencyRatio: 1.3, costRatio: 1.3 }, least: 10 }).kind).toBe("not-worse")
    expect(judge({ changed: runs(5, 9), others: runs(50) }, { expected: EVEN, least: 10 }).kind).toBe("too-few")
  })

  test("needs no number of runs where one failed at a new size", () => {
    const failed = { ...runs(1), failed: 1 }
    expect(judge({ changed: failed, others: runs(50) }, { expected: EVEN, least: 10 })).toMatchObject({
      what: "failures",
    })
  })
})

test("moments of parts add up to those of the whole", () => {
  const values = Array.from({ length: 50 }, draw)
  const parts = together(momentsOf(values.slice(0, 17)), momentsOf(values.slice(17)))
  const whole = momentsOf(values)
  expect(parts.count).toBe(50)
  expect(parts.mean).toBeCloseTo(whole.mean, 12)
  expect(parts.squares).toBeCloseTo(whole.squares, 10)
})

function sums(count: number, { factor = 1, share = 1, sd = 0.3 } = {}): StepSums {
  const logs = Array.from({ length: Math.round(count * share) }, () => Math.log(factor) + sd * draw())
  return { ...NO_SUMS, runs: count, runsWithIt: logs.length, invocations: logs.length, logRatio: momentsOf(logs) }
}

describe("a change of content", () => {
  test("is seen in no window of two thousand in which there is none", () => {
    const reference = new Map([["f", sums(250, { share: 0.7 })]])
    let seen = 0
    for (let i = 0; i < 2_000; i++)
      if (changesOf(new Map([["f", sums(25, { share: 0.7 })]]), reference).length > 0) seen++
    expect(seen).toBe(0)
  })

  test("is seen where functions take half as long, occur far less, or are new", () => {
    const reference = new Map([
      ["f", sums(250)],
      ["g", sums(250)],
    ])
    const newest = new Map([
      ["f", sums(40, { factor: 0.5 })],
      ["g", sums(40, { share: 0.3 })],
      ["h", sums(40)],
    ])
    expect(changesOf(newest, reference).map(({ kind, step }) => `${kind} ${step}`)).toEqual([
      "content f",
      "structure g",
      "new-step h",
    ])
  })
})

describe("a curve that was wrong", () => {
  const config = { memoryMB: 2048, instances: 1, processes: 1 }
  const state = {
    ...beginning({ f: config }, 1),
    pending: { f: { ratio: sums(100, { factor: 1.1, sd: 0.1 }).logRatio, fromMB: 1024 } },
  }

  test("is put right at the new size and stays as it was at the old one", () => {
    const learned = learnedCorrections(state, new Map([["f", sums(60, { factor: 1.65, sd: 0.1 })]]))!
    expect(learned.material).toMatchObject([{ kind: "curve", step: "f" }])
    const { f } = learned.corrections
    // The ratio went from 1.1 to 1.65: half as long again as the curve said, give or take the noise of 60 invocations.
    expect(Math.exp(correctionAt(f!, 2048))).toBeCloseTo(1.5, 1)
    expect(correctionAt(f!, 1024)).toBe(0)
    expect(correctionAt(f!, 512)).toBe(0)
    expect(correctionAt(f!, 4096)).toBe(correctionAt(f!, 2048))
    const curve = lawCurve(1000, 0.5)
    const corrected = correctedCurves(new Map([["f", curve]]), learned.corrections).get("f")!
    const at = (memoryMB: number): number => curve.memoryMB.indexOf(memoryMB)
    expect(corrected.ms[at(2048)]! / curve.ms[at(2048)]!).toBeCloseTo(1.5, 1)
    expect(corrected.ms[at(1024)]).toBe(curve.ms[at(1024)])
  })

  test("is not learned from noise, nor from a few invocations", () => {
    expect(learnedCorrections(state, new Map([["f", sums(60, { factor: 1.12, sd: 0.1 })]]))).toBeNull()
    expect(learnedCorrections(state, new Map([["f", sums(5, { factor: 3, sd: 0.1 })]]))).toBeNull()
  })
})
