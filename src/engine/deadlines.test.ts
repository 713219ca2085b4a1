import { describe, expect, test } from "vitest"
import type { Goal } from "../workflow/goal.ts"
import { parseWorkflow } from "../workflow/parse.ts"
import { chain } from "../workflow/testing/workflows.ts"
import type { Workflow } from "../workflow/workflow.ts"
import { testEngine, type TestEngineOptions } from "./testing/test-engine.ts"

/** Three steps of a second each. */
const SLOW: TestEngineOptions = { platform: { script: () => ({ durationMs: 1_000 }) } }
const GOAL: Goal = { kind: "cost", sloMs: 2_500, percentile: 0.95 }
const CANCEL: Goal = { ...GOAL, onDeadline: "cancel" }

/** The chain, of which the second step ends the run when it is late. */
const strict: Workflow = {
  ...chain,
  steps: chain.steps.map((step) => (step.name === "b" ? { ...step, onDeadline: "cancel" } : step)),
}

describe("a run that has not ended by its deadline", () => {
  test("goes on, and has missed its goal", async () => {
    expect(await testEngine(SLOW).run(chain, 1, GOAL)).toMatchObject({
      status: "succeeded",
      sloMet: false,
      latencyMs: 3_000,
    })
  })

  test("is ended then where its goal says so, and says why", async () => {
    const { run, platform, clock } = testEngine(SLOW)
    const result = await run(chain, 1, CANCEL)
    expect(result).toMatchObject({
      status: "cancelled",
      sloMet: false,
      latencyMs: 2_500,
      output: null,
      error: { step: "", errorType: "DeadlineExceeded", message: "the run had not ended by its deadline, 2,500 ms" },
    })
    expect(result.steps.map(({ status }) => status)).toEqual(["succeeded", "succeeded", "cancelled"])
    expect(platform.calls).toHaveLength(3)
    expect(clock.timers).toBe(0)
  })

  test("tells the platform that nobody waits for its invocations any more", async () => {
    const { run, platform } = testEngine(SLOW)
    await run(chain, 1, CANCEL)
    expect(platform.aborted.map(({ functionName }) => functionName)).toEqual(["c"])
  })

  test("is ended at the same instant by an engine that goes on after a crash", async () => {
    const before = testEngine(SLOW)
    await before.clock.runUntil(before.engine.start({ workflow: chain, input: 1, goal: CANCEL }))
    await before.clock.advance(1_200)
    await before.clock.runUntil(before.engine.close())
    await before.clock.advance(800)
    const after = testEngine({ ...SLOW, after: before })
    const [handle] = await after.clock.runUntil(after.engine.resumeAll())
    expect(await after.clock.runUntil(handle!.result)).toMatchObject({ status: "cancelled", latencyMs: 2_500 })
  })

  test("is ended at once where it comes back after its deadline, and can be gone on with under a new one", async () => {
    const before = testEngine(SLOW)
    const { runId } = await before.clock.runUntil(before.engine.start({ workflow: chain, input: 1, goal: CANCEL }))
    await before.clock.advance(1_200)
    await before.clock.runUntil(before.engine.close())
    await before.clock.advance(10_000)
    const after = testEngine({ ...SLOW, after: before })
    const [handle] = await after.clock.runUntil(after.engine.resumeAll())
    expect((await after.clock.runUntil(handle!.result)).status).toBe("cancelled")
    const again = await after.clock.runUntil(after.engine.redrive(runId, { goal: GOAL }))
    const redriven = await after.clock.runUntil(again.result)
    expect(redriven).toMatchObject({ status: "succeeded", output: { c: ["b"] } })
    expect(redriven.steps[0]).toMatchObject({ reason: `kept from run ${runId}` })
  })
})

describe("a step that has not ended by its latest finish", () => {
  test("ends the run where it says so", async () => {
    expect(await testEngine({ ...SLOW, policy: { latencyMs: 400 } }).run(strict, 1)).toMatchObject({
      status: "cancelled",
      latencyMs: 1_400,
      error: { step: "b", errorType: "DeadlineExceeded" },
    })
  })

  test("is let alone when it ends before, though its deadline comes while the run goes on", async () => {
    const { run, disk } = testEngine({ ...SLOW, policy: { latencyMs: 1_400 } })
    const result = await run(strict, 1)
    expect(result).toMatchObject({ status: "succeeded", latencyMs: 3_000 })
    expect(disk.entries.get(result.runId)!.map(({ key }) => key)).toContain("wait/deadline/b#0")
  })
})

test("a wait that is longer than any timer does not end early", async () => {
  const { engine, clock, run } = testEngine(SLOW)
  const month = 40 * 24 * 3_600_000
  expect((await run(chain, 1, { ...CANCEL, sloMs: month })).status).toBe("succeeded")
  expect(clock.timers).toBe(0)
  await engine.close()
})

test("the spec says it for the goal and for steps; a budget has no deadline", () => {
  const spec = {
    name: "x",
    functions: { f: { handler: "./f.ts" } },
    steps: { s: { function: "f", onDeadline: "cancel" } },
  }
  expect(parseWorkflow({ ...spec, goal: { sloMs: 5, onDeadline: "cancel" } }, "x")).toMatchObject({
    goal: { onDeadline: "cancel" },
    steps: [{ onDeadline: "cancel" }],
  })
  expect(() => parseWorkflow({ ...spec, goal: { budgetUsd: 5, onDeadline: "cancel" } }, "x")).toThrow(/onDeadline/)
})
