import { describe, expect, test } from "vitest"
import { parseWorkflow } from "../workflow/parse.ts"
import { fanned } from "./testing/fanned-workflow.ts"
import type { FakePlatformOptions } from "./testing/fake-platform.ts"
import { testEngine, type TestEngineOptions } from "./testing/test-engine.ts"

const PARTS = 20
const INPUT = Array.from({ length: PARTS }, (_, i) => i)
const WIDE = fanned({ split: "each", hedge: true })

/** Parts of 100 ms, of which the fourth takes five seconds the first time it is sent. */
const straggling: NonNullable<FakePlatformOptions["script"]> = ({ tasks, repeat }) => ({
  durationMs: tasks[0] === 3 && repeat === 0 ? 5_000 : 100,
})

function engine(options: TestEngineOptions = {}): ReturnType<typeof testEngine> {
  return testEngine({ platform: { script: straggling }, ...options })
}

describe("a part that falls behind its siblings", () => {
  test("gets a duplicate under the same key, and the first answer settles it", async () => {
    const { run, platform, clock } = engine()
    const result = await run(WIDE, INPUT)
    // Twice the median of its siblings, then the time of the duplicate; and the last step.
    expect(result).toMatchObject({ status: "succeeded", latencyMs: 200 + 100 + 100 })
    const sent = platform.calls.filter(({ tasks }) => tasks[0] === 3)
    expect(sent.map(({ repeat }) => repeat)).toEqual([0, 1])
    expect(new Set(sent.map(({ key }) => key)).size).toBe(1)
    expect(clock.timers).toBe(0)
  })

  test("has the same output as without", async () => {
    const [hedged, without] = await Promise.all([engine().run(WIDE, INPUT), engine({ hedge: "none" }).run(WIDE, INPUT)])
    expect(hedged.output).toEqual(without.output)
    expect(without).toMatchObject({ latencyMs: 5_100 })
    expect(without.hedges).toBeUndefined()
  })

  test("is shown with what the answer cost that was not needed", async () => {
    const result = await engine().run(WIDE, INPUT)
    const [primary, duplicate] = result.steps[0]!.invocations.filter(({ part }) => part === 3).toReversed()
    expect(primary).toMatchObject({ outcome: "overtaken", repeat: 0, billedMs: 300 })
    expect(duplicate).toMatchObject({ outcome: "ok", repeat: 1, hedge: true })
    expect(result.hedges).toMatchObject({ sent: 1, won: 1, late: 0 })
    const line = result.costLines.find(({ meter }) => meter === "hedges")!
    // It went on while the last step ran, and the run's end is as far as it is known: 400 ms of 1,024 MB at 1e-12.
    expect(line.usd).toBeCloseTo(400 * 1_024 * 1e-12, 15)
    expect(result.costLines.reduce((sum, { usd }) => sum + (usd ?? 0), 0)).toBeCloseTo(result.costUsd, 15)
  })

  test("is billed exactly where its answer comes before the run has ended, and is not applied again", async () => {
    const script: FakePlatformOptions["script"] = (call) =>
      call.functionName === "last" ? { durationMs: 9_000 } : straggling(call)
    const result = await engine({ platform: { script } }).run(WIDE, INPUT)
    expect(result).toMatchObject({ status: "succeeded", latencyMs: 300 + 9_000 })
    expect(result.hedges).toMatchObject({ sent: 1, won: 1, late: 1 })
    expect(result.hedges!.costUsd).toBeCloseTo(5_000 * 1_024 * 1e-12, 15)
  })

  test("keeps its result where the duplicate is the slower one", async () => {
    const script: FakePlatformOptions["script"] = ({ tasks, repeat, functionName }) => ({
      durationMs: functionName === "last" || tasks[0] !== 3 ? 100 : repeat === 0 ? 250 : 9_000,
    })
    const result = await engine({ platform: { script } }).run(WIDE, INPUT)
    expect(result).toMatchObject({ status: "succeeded", latencyMs: 350, hedges: { sent: 1, won: 0 } })
  })

  test("goes on by the other invocation where one of them fails", async () => {
    const script: FakePlatformOptions["script"] = (call) =>
      call.tasks[0] === 3 && call.repeat === 1
        ? { fails: { kind: "unavailable", message: "gone", mayHaveRun: false } }
        : { durationMs: call.tasks[0] === 3 && call.repeat === 0 ? 700 : 100 }
    const { run, platform } = engine({ platform: { script } })
    expect(await run(WIDE, INPUT)).toMatchObject({ status: "succeeded", latencyMs: 800 })
    expect(platform.calls.filter(({ tasks }) => tasks[0] === 3)).toHaveLength(2)
  })
})

describe("no duplicate is sent", () => {
  test("for a step that does not ask for it, unless the engine is told to for all", async () => {
    const quiet = fanned({ split: "each" })
    expect((await engine().run(quiet, INPUT)).latencyMs).toBe(5_100)
    expect((await engine({ hedge: "all" }).run(quiet, INPUT)).latencyMs).toBe(400)
  })

  test("before the predicted percentile, however quick the siblings were", async () => {
    const result = await engine({ policy: { latencyMs: 3_000 } }).run(WIDE, INPUT)
    expect(result.latencyMs).toBe(3_000 + 100 + 100)
  })

  test("for more than one in twenty invocations of an engine, beside one that is free", async () => {
    const script: FakePlatformOptions["script"] = ({ tasks, repeat }) => ({
      durationMs: Number(tasks[0]) < 4 && repeat === 0 ? 5_000 : 100,
    })
    const result = await engine({ platform: { script } }).run(WIDE, INPUT)
    expect(result.hedges).toMatchObject({ sent: 2 })
    expect(result.latencyMs).toBe(5_100)
  })

  test("where the time that it would save is worth less than its invocation", async () => {
    // One part of four costs a quarter of the step: a wait of one more median is not worth it.
    const script: FakePlatformOptions["script"] = ({ tasks, repeat }) => ({
      durationMs: tasks[0] === 3 && repeat === 0 ? 5_000 : 100,
    })
    const few = engine({ platform: { script }, policy: { latencyMs: 2_000 } })
    // At the predicted 2 s it has taken 1.9 s more than its siblings: nearly the step's whole cost, so it pays.
    expect((await few.run(WIDE, [0, 1, 2, 3])).hedges).toMatchObject({ sent: 1 })
    const free = engine({ platform: { script }, policy: { latencyMs: 2_000, costUsd: 0 } })
    expect((await free.run(WIDE, [0, 1, 2, 3])).hedges).toBeUndefined()
  })
})

test("an engine that goes on after a crash settles each part once", async () => {
  const before = engine()
  const { runId } = await before.clock.runUntil(
    before.engine.start({ workflow: WIDE, input: INPUT, goal: { kind: "cost", sloMs: 60_000, percentile: 0.95 } }),
  )
  // The duplicate is under way.
  await before.clock.advance(250)
  await before.clock.runUntil(before.engine.close())
  const after = engine({ after: before })
  const [handle] = await after.clock.runUntil(after.engine.resumeAll())
  expect(handle!.runId).toBe(runId)
  const result = await after.clock.runUntil(handle!.result)
  expect(result.status).toBe("succeeded")
  const settled = result.steps[0]!.invocations.filter(({ outcome }) => outcome === "ok").map(({ part }) => part)
  expect(settled.toSorted((a, b) => a - b)).toEqual(INPUT)
})

test("the spec says it in a word", () => {
  const spec = { name: "x", functions: { f: { handler: "./f.ts" } }, steps: { s: { function: "f", hedge: true } } }
  expect(parseWorkflow(spec, "x").steps[0]!.hedge).toBe(true)
  expect(parseWorkflow({ ...spec, steps: { s: { function: "f", hedge: false } } }, "x").steps[0]).not.toHaveProperty(
    "hedge",
  )
})
