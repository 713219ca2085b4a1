import { describe, expect, test } from "vitest"
import { virtualClock } from "../base/testing/virtual-clock.ts"
import { memoryStore } from "../stores/memory-store.ts"
import type { Store } from "../stores/store.ts"
import type { Goal } from "../workflow/goal.ts"
import { DEFAULT_SETTINGS, type TunerSettings } from "./adjustment/settings.ts"
import { GRID, lawCurve } from "./adjustment/testing/random-pipelines.ts"
import type { AuditEntry } from "./audit-log.ts"
import type { ConfigDocument } from "./publishing/config-document.ts"
import { type ConfigPublisher, configPublisher } from "./publishing/config-publisher.ts"
import { versionKey } from "./publishing/object-names.ts"
import { calledFunctions, RATES, type TrueFunction } from "./testing/called-functions.ts"
import { createTuner, type TunedWindow, type Tuner } from "./tuner.ts"
import { volatileMemory } from "./tuner-memory.ts"

const RUNS = 40

/** decode -> { face, hd } -> encode */
const FACES: readonly TrueFunction[] = [
  { name: "decode", after: [], curve: lawCurve(1500, 0.85) },
  { name: "face", after: ["decode"], curve: lawCurve(1700, 0.3) },
  { name: "hd", after: ["decode"], curve: lawCurve(2400, 0.3) },
  { name: "encode", after: ["face", "hd"], curve: lawCurve(2600, 0.85) },
]

interface World {
  readonly store: Store
  readonly publisher: ConfigPublisher
  readonly audit: AuditEntry[]
  readonly learned: string[]
  readonly newest: () => Promise<ConfigDocument | null>
  /** One window of runs at what is published, and what the tuner makes of it. */
  readonly step: (runs?: number) => Promise<TunedWindow>
  readonly steps: (count: number) => Promise<readonly TunedWindow[]>
  readonly tuner: () => Tuner
}

interface WorldOptions {
  readonly functions?: readonly TrueFunction[]
  readonly goal: Goal
  readonly noise?: number
  readonly settings?: Partial<TunerSettings>
  readonly seed?: number
  /** Functions whose curve is known only once they were learned. */
  readonly unknown?: readonly string[]
  readonly dryRun?: boolean
}

function world({
  functions = FACES,
  goal,
  noise = 0.1,
  settings = {},
  seed = 1,
  unknown = [],
  dryRun,
}: WorldOptions): World {
  const store = memoryStore()
  const clock = virtualClock()
  const publisher = configPublisher({ store, pipeline: "face", clock })
  const audit: AuditEntry[] = []
  const learned: string[] = []
  const memory = volatileMemory()
  const called = calledFunctions({ functions, noise, seed, defaultMB: 1792 })
  const tuner = (): Tuner =>
    createTuner({
      publisher: configPublisher({ store, pipeline: "face", clock }),
      goal,
      rates: RATES,
      curvesOf: async () =>
        new Map(
          functions
            .filter(({ name }) => !unknown.includes(name) || learned.includes(name))
            .map(({ name, curve }) => [name, curve]),
        ),
      learn: async (names) => void learned.push(...names),
      memory,
      audit: { append: async (entry) => void audit.push(entry) },
      clock,
      settings,
      ...(dryRun === undefined ? {} : { dryRun }),
    })
  const one = tuner()
  const newest = async (): Promise<ConfigDocument | null> =>
    (await configPublisher({ store, pipeline: "face", clock }).newest()).document
  const step = async (runs: number = RUNS): Promise<TunedWindow> =>
    await one.window(called.window(await newest(), runs))
  return {
    store,
    publisher,
    audit,
    learned,
    newest,
    step,
    tuner,
    steps: async (count) => {
      const windows: TunedWindow[] = []
      for (let i = 0; i < count; i++) windows.push(await step())
      return windows
    },
  }
}

const budget = (budgetUsd: number): Goal => ({ kind: "latency", budgetUsd, percentile: 0.95 })
const slo = (sloMs: number): Goal => ({ kind: "cost", sloMs, percentile: 0.95 })

/** Mean cost and latency of the runs of a window. */
function meansOf(windows: readonly TunedWindow[]): { readonly costUsd: number; readonly latencyMs: number } {
  const { state } = windows.at(-1)!.decided
  return { costUsd: state.costUsd.mean, latencyMs: state.latencyMs.mean }
}

function published(audit: readonly AuditEntry[]) {
  return audit.filter((entry) => entry.kind === "published")
}

describe("a budget", () => {
  test("is kept and used: the first plan is tried out, then holds, and a run costs no more than it", async () => {
    const { steps, newest, audit } = world({ goal: budget(0.0003) })
    const windows = await steps(12)
    const { costUsd } = meansOf(windows)
    expect(costUsd).toBeLessThanOrEqual(0.0003)
    expect(costUsd).toBeGreaterThan(0.0003 * 0.9)
    expect(
      published(audit)
        .map(({ how }) => how)
        .slice(0, 2),
    ).toEqual(["plan", "promote"])
    expect(published(audit)[0]?.canaryPercent).toBe(DEFAULT_SETTINGS.canaryPercent)
    expect((await newest())?.canary).toBeUndefined()
  })

  test("that is exceeded is mended at once, without a trial", async () => {
    const { publisher, step, audit } = world({ goal: budget(0.0003) })
    const config = { memoryMB: 3456, instances: 1, processes: 1 }
    const configs = Object.fromEntries(FACES.map(({ name }) => [name, config]))
    await publisher.publish({ configs, reason: "by hand" })
    await step()
    expect(published(audit)[0]).toMatchObject({ version: 2, how: "constrict", canaryPercent: null })
    let mended = false
    for (let i = 0; i < 12; i++) mended ||= meansOf([await step()]).costUsd <= 0.0003
    expect(mended).toBe(true)
    expect(published(audit).every(({ how }) => how !== "rollback")).toBe(true)
  })
})

describe("an SLO", () => {
  test("that is missed is met again by memory on the critical path", async () => {
    const { publisher, steps, audit } = world({ goal: slo(6_000) })
    const config = { memoryMB: 1024, instances: 1, processes: 1 }
    await publisher.publish({ configs: Object.fromEntries(FACES.map(({ name }) => [name, config])), reason: "by hand" })
    await steps(10)
    expect(published(audit)[0]).toMatchObject({ how: "relax", canaryPercent: null })
    const { runs } = (await steps(2)).at(-1)!.decided.state
    const p95 = Math.exp(
      runs.logLatency.mean + 1.645 * Math.sqrt(runs.logLatency.squares / (runs.logLatency.count - 1)),
    )
    expect(p95).toBeLessThanOrEqual(6_000)
  })

  test("that is loose lets memory go where it is not needed", async () => {
    const { publisher, steps, newest } = world({ goal: slo(20_000) })
    const config = { memoryMB: 2048, instances: 1, processes: 1 }
    await publisher.publish({ configs: Object.fromEntries(FACES.map(({ name }) => [name, config])), reason: "by hand" })
    await steps(20)
    const sizes = Object.values((await newest())!.configs).map(({ memoryMB }) => memoryMB)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2048)
    expect(Math.min(...sizes)).toBeLessThan(2048)
    // Four grid positions from what was published by hand, as nothing but cost asked for it.
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(2048 - 4 * 128)
  })
})

describe("carefulness", () => {
  test("nothing is published on too few runs", async () => {
    const { step, audit } = world({ goal: budget(0.0004) })
    const { action } = await step(DEFAULT_SETTINGS.leastRuns - 1)
    expect(action).toMatchObject({ kind: "keep", why: expect.stringMatching(/too few runs/) })
    expect(audit).toEqual([])
  })

  test("no size is further than the radius from the last plan, however long it goes on", async () => {
    for (const seed of [1, 2]) {
      const { steps, audit } = world({ goal: budget(0.0005), seed, noise: 0.3 })
      await steps(25)
      for (const { moves } of published(audit))
        for (const { distance, toMB } of moves) {
          expect(distance).toBeLessThanOrEqual(DEFAULT_SETTINGS.radius)
          expect(GRID).toContain(toMB)
        }
    }
  })

  test("with the same content nearly nothing is published", async () => {
    const { steps, audit } = world({ goal: budget(0.0004), noise: 0.25 })
    await steps(20)
    const before = published(audit).length
    await steps(60)
    expect(published(audit).length - before).toBeLessThanOrEqual(1)
  })

  test("a dry run says what it would do and changes nothing", async () => {
    const { step, audit, newest } = world({ goal: budget(0.0004), dryRun: true })
    const windows = [await step(), await step()]
    for (const { action, published: isPublished } of windows) {
      expect(action).toMatchObject({ kind: "publish", how: "plan" })
      expect(isPublished).toBe(false)
    }
    expect(await newest()).toBeNull()
    expect(audit).toEqual([])
  })
})

describe("a change that turns out worse", () => {
  /** Wherever the tuner moves them, functions take three times as long as their curves say. */
  const treacherous = FACES.map((one): TrueFunction => ({
    ...one,
    truth: ({ memoryMB }) => (memoryMB === 1792 ? 1 : 3),
  }))

  test("on trial never reaches the other runs", async () => {
    const { steps, newest, audit } = world({ functions: treacherous, goal: budget(0.0006) })
    await steps(6)
    expect(
      published(audit)
        .slice(0, 2)
        .map(({ how }) => how),
    ).toEqual(["plan", "rollback"])
    for (const { memoryMB } of Object.values((await newest())!.configs)) expect(memoryMB).toBe(1792)
    expect(published(audit)[1]?.why).toMatch(/(latency|cost) of a run \+.* %, expected at most \+/)
  })

  test("for all runs is taken back after one window", async () => {
    const { publisher, steps, newest, audit } = world({
      functions: treacherous,
      goal: budget(0.0003),
      settings: { canaryPercent: 0 },
    })
    const configs = Object.fromEntries(FACES.map(({ name }) => [name, { memoryMB: 1792, instances: 1, processes: 1 }]))
    await publisher.publish({ configs, reason: "by hand" })
    let windows = 0
    while (published(audit).length === 0) {
      await steps(1)
      if (++windows > 5) break
    }
    expect(published(audit)[0]).toMatchObject({ version: 2, canaryPercent: null })
    await steps(1)
    expect(published(audit)[1]).toMatchObject({ version: 3, how: "rollback" })
    expect(await newest()).toMatchObject({ configs, restores: 1 })
    // And is not tried again.
    await steps(4)
    for (const { moves } of published(audit).slice(2)) expect(moves).not.toEqual(published(audit)[0]!.moves)
  })

  const atFourGB = Object.fromEntries(FACES.map(({ name }) => [name, { memoryMB: 4096, instances: 1, processes: 1 }]))
  const sizesOfFace = (audit: readonly AuditEntry[]): readonly number[] =>
    published(audit).flatMap(({ moves, how }) =>
      how === "rollback" || how === "promote" ? [] : moves.flatMap(({ step, toMB }) => (step === "face" ? [toMB] : [])),
    )

  test("because it runs out of memory is seen by a share of the runs, taken back at once, and never tried below again", async () => {
    // Its log says nothing of memory: nothing proves a smaller size.
    const functions = FACES.map((one) => (one.name === "face" ? { ...one, killedBelowMB: 3500, peakMB: null } : one))
    const { steps, audit, publisher } = world({ functions, goal: budget(0.0003) })
    await publisher.publish({ configs: atFourGB, reason: "by hand" })
    await steps(25)
    expect(sizesOfFace(audit).filter((size) => size < 3500)).toHaveLength(1)
    const failed = published(audit).findIndex(({ why }) => /failed at the new sizes/.test(why))
    expect(published(audit)[failed]).toMatchObject({ how: "rollback" })
    expect(published(audit)[failed - 1]?.canaryPercent).toBe(DEFAULT_SETTINGS.canaryPercent)
  })

  test("for want of memory never happens where logs tell how much is used", async () => {
    const functions = FACES.map((one) => (one.name === "face" ? { ...one, killedBelowMB: 3300, peakMB: 3200 } : one))
    const { steps, audit, publisher } = world({ functions, goal: budget(0.0003) })
    await publisher.publish({ configs: atFourGB, reason: "by hand" })
    await steps(15)
    expect(sizesOfFace(audit).length).toBeGreaterThan(0)
    for (const size of sizesOfFace(audit)) expect(size).toBeGreaterThanOrEqual(1.1 * 3200)
  })
})

describe("when the content changes", () => {
  const lighter = (since: number): readonly TrueFunction[] =>
    FACES.map((one) => ({ ...one, truth: ({ window }) => (window >= since ? 0.5 : 1) }))

  test("to lighter clips the plan is made anew, and runs are faster than without it at the same budget", async () => {
    const tuned = world({ functions: lighter(10), goal: budget(0.0003) })
    await tuned.steps(10)
    const before = (await tuned.newest())!
    const [first] = await tuned.steps(1)
    expect(first!.decided.changes.map(({ kind }) => kind)).toContain("content")
    expect(first!.action).toMatchObject({ kind: "publish", how: "replan" })
    const windows = await tuned.steps(6)
    const { costUsd, latencyMs } = meansOf(windows)
    expect(costUsd).toBeLessThanOrEqual(0.0003)
    // The same clips at the sizes from before.
    const called = calledFunctions({ functions: lighter(0), noise: 0.1, seed: 9, defaultMB: 1792 })
    const still = called.window(before, 200)
    const mean = still.reduce((sum, { invocations }) => {
      return (
        sum +
        Math.max(...invocations.map(({ endMs }) => endMs)) -
        Math.min(...invocations.map(({ startMs }) => startMs))
      )
    }, 0)
    expect(latencyMs).toBeLessThan(0.97 * (mean / still.length))
  })

  test("to heavier clips the budget is kept again after the first window that shows it", async () => {
    const functions = FACES.map((one): TrueFunction => ({ ...one, truth: ({ window }) => (window >= 10 ? 1.6 : 1) }))
    const { steps } = world({ functions, goal: budget(0.0005) })
    await steps(11)
    const windows = await steps(3)
    expect(meansOf(windows.slice(-1)).costUsd).toBeLessThanOrEqual(0.0005 * 1.05)
  })
})

describe("when the structure changes", () => {
  const grown = (): readonly TrueFunction[] => [
    ...FACES,
    { name: "caption", after: ["encode"], curve: lawCurve(900, 0.2), since: 8 },
  ]

  test("a new function is profiled once and takes part in the next plan", async () => {
    const { steps, newest, learned, audit } = world({
      functions: grown(),
      goal: budget(0.0005),
      unknown: ["caption"],
    })
    await steps(8)
    expect(learned).toEqual([])
    const [first] = await steps(1)
    expect(learned).toEqual(["caption"])
    expect(first!.decided.changes).toContainEqual({ kind: "new-step", step: "caption" })
    await steps(5)
    expect((await newest())!.configs["caption"]).toBeDefined()
    expect(published(audit).some(({ changes }) => changes.some(({ kind }) => kind === "new-step"))).toBe(true)
  })

  test("a function that most runs now do without is told", async () => {
    const functions: readonly TrueFunction[] = [
      ...FACES,
      { name: "caption", after: ["encode"], curve: lawCurve(900, 0.2), probability: 0.9 },
    ]
    const { steps, tuner, newest } = world({ functions, goal: budget(0.0005) })
    await steps(6)
    const rare = functions.map((one) => (one.name === "caption" ? { ...one, probability: 0.2 } : one))
    const called = calledFunctions({ functions: rare, noise: 0.1, seed: 5, defaultMB: 1792 })
    const { decided } = await tuner().window(called.window(await newest(), RUNS))
    expect(decided.changes).toContainEqual(expect.objectContaining({ kind: "structure", step: "caption" }))
  })
})

describe("what others publish", () => {
  test("a rollback by hand is respected: the tuner goes on from there", async () => {
    const { steps, publisher, newest, audit } = world({ goal: budget(0.0004) })
    await steps(5)
    const { version } = (await newest())!
    const byHand = Object.fromEntries(FACES.map(({ name }) => [name, { memoryMB: 1280, instances: 1, processes: 1 }]))
    await publisher.publish({ configs: byHand, reason: "by hand" })
    await steps(1)
    for (const { moves } of published(audit).filter((entry) => entry.version > version + 1))
      for (const { distance } of moves) expect(distance).toBeLessThanOrEqual(DEFAULT_SETTINGS.radius)
    expect(meansOf(await steps(4)).costUsd).toBeLessThanOrEqual(0.0004)
  })

  test("a poisoned version is refused, noted once, and the one before goes on", async () => {
    const { steps, store, newest, audit } = world({ goal: budget(0.0004) })
    await steps(5)
    const good = (await newest())!
    await store.put(versionKey("face", good.version + 1), new TextEncoder().encode("{}"))
    const windows = await steps(3)
    expect(windows.map(({ version }) => version)).toEqual([good.version, good.version, good.version])
    const refusals = audit.filter(({ kind }) => kind === "refused")
    expect(refusals).toMatchObject([
      { key: versionKey("face", good.version + 1), why: expect.stringMatching(/checksum/) },
    ])
  })
})

test("the tuner's memory can be lost: the published version tells what is in force", async () => {
  const lost = world({ goal: budget(0.0004) })
  await lost.steps(6)
  const before = (await lost.newest())!
  const fresh = createTuner({
    publisher: configPublisher({ store: lost.store, pipeline: "face", clock: virtualClock() }),
    goal: budget(0.0004),
    rates: RATES,
    curvesOf: async () => new Map(FACES.map(({ name, curve }) => [name, curve])),
    memory: volatileMemory(),
    audit: { append: async () => {} },
    clock: virtualClock(),
  })
  const called = calledFunctions({ functions: FACES, noise: 0.1, seed: 3, defaultMB: 1792 })
  const { action, decided } = await fresh.window(called.window(before, RUNS))
  expect(action.kind).toBe("keep")
  expect(decided.state.configs).toEqual(before.configs)
})
