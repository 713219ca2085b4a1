import { expect, test } from "vitest"
import { seededRandom, type Random } from "../../base/random.ts"
import type { GatheredRun } from "../inspection/gathered-run.ts"
import type { ObservedInvocation, ObservedPipeline } from "../observation.ts"
import { reconstruct } from "./reconstruct.ts"

const START = Date.UTC(2026, 2, 1)

/** A step of a run: what it waits for, how long it takes, and whether this run has it. */
interface Made {
  readonly after: readonly string[]
  readonly ms: number
  readonly skipped?: boolean
  readonly count?: number
}

type Making = (random: Random, run: number) => Readonly<Record<string, Made>>

interface Options {
  readonly runs?: number
  readonly ahead?: Readonly<Record<string, number>>
  /** Drops this record of this run. */
  readonly lose?: (step: string, run: number) => boolean
}

/** Runs as logs give them: every step begins 5-9 ms after what it waits for. */
function runsOf(making: Making, { runs = 300, ahead = {}, lose = () => false }: Options = {}): readonly GatheredRun[] {
  const random = seededRandom(11)
  return Array.from({ length: runs }, (_, run) => {
    const ends = new Map<string, number>()
    const invocations: ObservedInvocation[] = []
    for (const [step, made] of Object.entries(making(random, run))) {
      const readyMs = Math.max(START + run * 10_000, ...made.after.map((parent) => ends.get(parent)!))
      const startMs = readyMs + (made.skipped === true ? 0 : 5 + 4 * random.next())
      ends.set(step, made.skipped === true ? readyMs : startMs + made.ms)
      if (made.skipped === true || lose(step, run)) continue
      for (let i = 0; i < (made.count ?? 1); i++)
        invocations.push(invocation({ step, run, i, startMs, ms: made.ms, ahead: ahead[step] ?? 0 }))
    }
    return { runId: `run-${run}`, joinedBy: "id", invocations }
  })
}

function invocation(of: {
  readonly step: string
  readonly run: number
  readonly i: number
  readonly startMs: number
  readonly ms: number
  readonly ahead: number
}): ObservedInvocation {
  const { step, run, i, startMs, ms, ahead } = of
  return {
    requestId: `${run}-${step}-${i}`,
    runId: `run-${run}`,
    functionName: step,
    memoryMB: 1024,
    startMs: startMs + ahead,
    endMs: startMs + ms + ahead,
    durationMs: ms,
    billedMs: Math.ceil(ms),
    initMs: 0,
    outcome: "ok",
    costUsd: ms * 1e-8,
    source: step,
  }
}

/** A duration around a median, as those of functions whose input varies. */
function about(medianMs: number, random: Random): number {
  return medianMs * Math.exp(0.5 * (random.next() + random.next() + random.next() - 1.5))
}

const diamond: Making = (random) => ({
  a: { after: [], ms: about(200, random) },
  b: { after: ["a"], ms: about(500, random) },
  c: { after: ["a"], ms: about(450, random) },
  d: { after: ["b", "c"], ms: about(100, random) },
})

const optional: Making = (random) => ({
  a: { after: [], ms: about(200, random) },
  ...either(random.next() < 0.3, random),
  d: { after: ["left", "right"], ms: about(100, random) },
})

function either(isLeft: boolean, random: Random): Readonly<Record<string, Made>> {
  return {
    left: { after: ["a"], ms: about(400, random), skipped: !isLeft },
    right: { after: ["a"], ms: about(300, random), skipped: isLeft },
  }
}

function edges(pipeline: ObservedPipeline | null): readonly string[] {
  return pipeline!.edges.map(({ from, to }) => `${from}>${to}`).sort()
}

test("a diamond: edges, times, cost and the branch that was waited for in each run", () => {
  const { pipeline, runs, missing, clocks } = reconstruct(runsOf(diamond))
  expect(edges(pipeline)).toEqual(["a>b", "a>c", "b>d", "c>d"])
  expect(pipeline!.criticalPaths.map(({ path }) => path.join())).toEqual(["a,b,d", "a,c,d"])
  expect(pipeline!.criticalPaths.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1)
  for (const run of runs) {
    const ms = (step: string): number => run.invocations.find(({ functionName }) => functionName === step)!.endMs
    expect(run.criticalPath).toEqual(["a", ms("b") > ms("c") ? "b" : "c", "d"])
  }
  expect({ missing, clocks }).toEqual({ missing: 0, clocks: [] })
  expect(pipeline!.steps.map(({ name }) => name)).toEqual(["a", "b", "c", "d"])
  expect(pipeline!.costUsd!.count).toBe(300)
  expect(runs.every(({ complete }) => complete)).toBe(true)
})

test("clocks that are wrong by seconds are put right, and the pipeline is the same", () => {
  const ahead = { a: 1_900, b: -1_700, c: 600, d: -200 }
  const right = reconstruct(runsOf(diamond))
  const { pipeline, runs, clocks } = reconstruct(runsOf(diamond, { ahead }))
  expect(edges(pipeline)).toEqual(edges(right.pipeline))
  const differing = runs.filter((run, i) => run.criticalPath.join() !== right.runs[i]!.criticalPath.join())
  expect(differing.length).toBeLessThanOrEqual(3)
  const of = (source: string): number => clocks.find((clock) => clock.source === source)!.aheadMs
  // The least gap, 5 ms a step, looks like a difference of clocks.
  expect(of("a") - of("b")).toBeGreaterThan(3_580)
  expect(of("a") - of("b")).toBeLessThan(3_620)
})

test("a late start that no clock explains leaves the clocks alone", () => {
  const waiting: Making = (random) => ({
    a: { after: [], ms: about(200, random) },
    wait: { after: ["a"], ms: 0, skipped: true },
  })
  const runs = runsOf((random, run) => ({ ...waiting(random, run) })).map((run): GatheredRun => {
    const [a] = run.invocations
    const later = {
      ...a!,
      requestId: "b",
      functionName: "b",
      source: "b",
      startMs: a!.endMs + 2_000,
      endMs: a!.endMs + 2_300,
    }
    return { ...run, invocations: [a!, later] }
  })
  const { pipeline, clocks } = reconstruct(runs)
  expect(clocks).toEqual([])
  expect(pipeline!.edges).toMatchObject([{ from: "a", to: "b", gapMs: expect.closeTo(2_000, 0) as number }])
})

test("one of two branches: their probabilities, and that they exclude each other", () => {
  const { pipeline } = reconstruct(runsOf(optional, { runs: 1_000 }))
  expect(edges(pipeline)).toEqual(["a>left", "a>right", "left>d", "right>d"])
  expect(pipeline!.branches).toHaveLength(1)
  const [branch] = pipeline!.branches
  expect(branch!.after).toBe("a")
  const share = Object.fromEntries(branch!.choices.map(({ steps, probability }) => [steps.join(), probability]))
  expect(Object.keys(share).sort()).toEqual(["left", "right"])
  // 1,000 draws of 0.3 are within 0.05 of it but once in a thousand.
  expect(share["left"]).toBeGreaterThan(0.25)
  expect(share["left"]).toBeLessThan(0.35)
})

test("a lost record is known to be missing, and the path goes through its step", () => {
  const { pipeline, runs } = reconstruct(
    runsOf((random) => chainOf(["a", "b", "c"], random), { lose: (step, run) => step === "b" && run % 20 === 0 }),
  )
  expect(edges(pipeline)).toEqual(["a>b", "b>c"])
  expect(pipeline!.criticalPaths).toEqual([{ path: ["a", "b", "c"], probability: 1 }])
  expect(runs.filter(({ complete }) => !complete)).toHaveLength(15)
  expect(pipeline!.latencyMs.count).toBe(285)
})

test("a branch that is always faster is taken to be waited for, and said to be assumed", () => {
  const { pipeline } = reconstruct(
    runsOf((random) => ({
      a: { after: [], ms: about(200, random) },
      quick: { after: ["a"], ms: 10 },
      slow: { after: ["a"], ms: about(900, random) },
      d: { after: ["quick", "slow"], ms: about(100, random) },
    })),
  )
  expect(edges(pipeline)).toEqual(["a>quick", "a>slow", "quick>d", "slow>d"])
  expect(pipeline!.edges.filter(({ evidence }) => evidence === 0)).toMatchObject([{ from: "quick", to: "d" }])
})

test("a map: how often its function is called in a run", () => {
  const { pipeline } = reconstruct(
    runsOf((random, run) => ({
      ...chainOf(["a"], random),
      m: { after: ["a"], ms: about(300, random), count: 1 + (run % 4) },
      z: { after: ["m"], ms: about(100, random) },
    })),
  )
  expect(edges(pipeline)).toEqual(["a>m", "m>z"])
  expect(pipeline!.steps.find(({ name }) => name === "m")!.count).toMatchObject({ min: 1, max: 4, mean: 2.5 })
})

test("functions that call functions: who calls whom, and what is a caller's own time", () => {
  const random = seededRandom(3)
  const runs = Array.from({ length: 200 }, (_, run): GatheredRun => {
    const [first, second, own] = [about(300, random), about(200, random), about(100, random)]
    const at = START + run * 10_000
    const make = (step: string, startMs: number, ms: number): ObservedInvocation => ({
      ...invocation({ step, run, i: 0, startMs, ms, ahead: 0 }),
      spanId: `${run}-${step}`,
      ...(step !== "main" && { calledBy: `${run}-main` }),
    })
    return {
      runId: `run-${run}`,
      joinedBy: "id",
      invocations: [
        make("main", at, own + first + second + 10),
        make("one", at + own, first),
        make("two", at + own + first + 5, second),
      ],
    }
  })
  const { pipeline } = reconstruct(runs)
  expect(pipeline!.edges).toMatchObject([
    { from: "main", to: "one", kind: "call" },
    { from: "one", to: "two", kind: "after" },
  ])
  expect(pipeline!.criticalPaths).toEqual([{ path: ["main", "one", "two"], probability: 1 }])
  const main = pipeline!.steps.find(({ name }) => name === "main")!
  expect(main.ownMs.p50).toBeLessThan(main.durationMs.p50 / 2)
})

test("a function that is called at two places is two steps, and a loop is unrolled", () => {
  const random = seededRandom(5)
  const runs = Array.from({ length: 200 }, (_, run): GatheredRun => {
    let at = START + run * 10_000
    const steps = ["check", "work", "check", ...(run % 2 === 0 ? ["work", "check"] : [])]
    const invocations = steps.map((step, i) => {
      const ms = about(200, random)
      const made = invocation({ step, run, i, startMs: at, ms, ahead: 0 })
      at += ms + 6
      return made
    })
    return { runId: `run-${run}`, joinedBy: "id", invocations }
  })
  const { pipeline, clocks } = reconstruct(runs)
  expect(clocks).toEqual([])
  expect(edges(pipeline)).toEqual(["check#2>work#2", "check>work", "work#2>check#3", "work>check#2"])
  expect(pipeline!.steps.find(({ name }) => name === "work#2")).toMatchObject({
    functionName: "work",
    probability: 0.5,
  })
})

test("calls of a map one after the other are one step", () => {
  const { pipeline } = reconstruct(
    runsOf((random, run) => ({
      a: { after: [], ms: about(100, random) },
      m: { after: ["a"], ms: about(100, random), count: 1 + (run % 3) },
    })).map((run) => ({
      ...run,
      invocations: run.invocations.map((one, i) => ({
        ...one,
        startMs: one.startMs + i * 400,
        endMs: one.endMs + i * 400,
      })),
    })),
  )
  expect(edges(pipeline)).toEqual(["a>m"])
})

test("one run is enough for what it shows", () => {
  const { pipeline } = reconstruct(runsOf(diamond, { runs: 1 }))
  expect(edges(pipeline)).toEqual(["a>b", "a>c", "b>d", "c>d"])
})

test("of nothing nothing is rebuilt", () => {
  expect(reconstruct([])).toEqual({ pipeline: null, runs: [], clocks: [], missing: 0 })
})

function chainOf(names: readonly string[], random: Random): Readonly<Record<string, Made>> {
  return Object.fromEntries(
    names.map((name, i) => [name, { after: i === 0 ? [] : [names[i - 1]!], ms: about(300, random) }]),
  )
}
