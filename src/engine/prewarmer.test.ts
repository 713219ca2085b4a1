import { describe, expect, test } from "vitest"
import { parseWorkflow } from "../workflow/parse.ts"
import { chain, diamond } from "../workflow/testing/workflows.ts"
import type { FakePlatformOptions } from "./testing/fake-platform.ts"
import type { FakePolicyOptions } from "./testing/fake-policy.ts"
import { testEngine } from "./testing/test-engine.ts"

const COLD_MS = 200
const STEP_MS = 1_000

/** Steps of a second on instances that take 200 ms to start, all predicted as they are. */
const PLATFORM: Omit<FakePlatformOptions, "clock"> = { script: () => ({ durationMs: STEP_MS }), coldMs: COLD_MS }
const POLICY: FakePolicyOptions = { latencyMs: STEP_MS + COLD_MS, mappingDelayMs: COLD_MS }

describe("prewarming", () => {
  test("warms the next step well before it starts, and saves its cold start", async () => {
    const cold = await testEngine({ platform: PLATFORM, policy: POLICY }).run(chain)
    const { run, platform } = testEngine({ platform: PLATFORM, policy: POLICY, prewarm: "newsvendor" })
    const result = await run(chain)
    expect(cold.latencyMs).toBe(3 * (STEP_MS + COLD_MS))
    expect(result.latencyMs).toBe(3 * STEP_MS + COLD_MS)
    expect(platform.prewarms.map((item) => item.variant)).toEqual(["b:1024MB", "c:1024MB"])
    // More than one mapping delay before the step ends, and not much more.
    expect(platform.prewarms[0]!.atMs).toBeLessThan(STEP_MS)
    expect(platform.prewarms[0]!.atMs).toBeGreaterThan(STEP_MS - COLD_MS)
    expect(result.prewarm).toEqual({
      rule: "newsvendor",
      asked: 2,
      warmed: 2,
      hits: 2,
      unused: 0,
      declined: 0,
      avoidedMs: 2 * COLD_MS,
      costUsd: 0,
    })
    expect(result.steps.map((step) => [step.coldStarts, step.prewarmed])).toEqual([
      [1, 0],
      [0, 1],
      [0, 1],
    ])
  })

  test("a late parent moves the child's prewarm", async () => {
    const script: FakePlatformOptions["script"] = ({ functionName }) => ({
      durationMs: functionName === "c" ? 3_000 : 500,
    })
    const { run, platform } = testEngine({
      platform: { script, coldMs: COLD_MS },
      policy: { ...POLICY, latencyMs: 1_000 },
      prewarm: "newsvendor",
    })
    const result = await run(diamond)
    expect(result.status).toBe("succeeded")
    // b and c are warmed; d once, and not before its predicted start.
    expect(platform.prewarms.filter((item) => item.variant.startsWith("d"))).toHaveLength(1)
  })

  test("leaves warm instances alone", async () => {
    const { run, platform, clock } = testEngine({ platform: PLATFORM, policy: POLICY, prewarm: "newsvendor" })
    await run(chain)
    const before = platform.prewarms.length
    await clock.advance(1_000)
    await run(chain)
    expect(platform.prewarms).toHaveLength(before)
  })

  test("that fails changes nothing", async () => {
    const plain = await testEngine({ platform: PLATFORM, policy: POLICY }).run(diamond)
    const { run, platform } = testEngine({
      platform: { ...PLATFORM, prewarmFails: true },
      policy: POLICY,
      prewarm: "newsvendor",
    })
    const result = await run(diamond)
    expect(platform.prewarms.length).toBeGreaterThan(0)
    expect(result).toMatchObject({ status: "succeeded", latencyMs: plain.latencyMs, output: plain.output })
    expect(result.prewarm).toMatchObject({ warmed: 0, hits: 0 })
  })

  test("takes only the CPU that running invocations leave", async () => {
    const tight = { ...PLATFORM, limits: { vcpuTotal: 1, mbPerVcpu: 1_024 } }
    const { run, platform } = testEngine({ platform: tight, policy: POLICY, prewarm: "newsvendor" })
    const result = await run(chain)
    expect(result.status).toBe("succeeded")
    expect(platform.prewarms).toEqual([])
  })

  test("is not paid for when it cannot be ready in time", async () => {
    const script: FakePlatformOptions["script"] = () => ({ durationMs: 300 })
    const { run, platform } = testEngine({
      platform: { script, coldMs: 1_000 },
      policy: { latencyMs: 300, mappingDelayMs: 1_000 },
      prewarm: "newsvendor",
    })
    const result = await run(chain)
    expect(result.status).toBe("succeeded")
    expect(platform.prewarms).toEqual([])
  })

  test("is not tried where nothing cold is predicted", async () => {
    const { run, platform } = testEngine({
      platform: PLATFORM,
      policy: { ...POLICY, config: () => ({ memoryMB: 1024 }), latencyMs: 5 },
      prewarm: "newsvendor",
    })
    await run(chain)
    expect(platform.prewarms).toEqual([])
  })

  test("comes by StepConf's rule when the plan has the step start: too late for a run that is ahead", async () => {
    const { run } = testEngine({ platform: PLATFORM, policy: POLICY, prewarm: "paper" })
    const result = await run(chain)
    // c was to start at 2.4 s and does at 2.2 s, since b started warm.
    expect(result).toMatchObject({
      latencyMs: 3 * STEP_MS + 2 * COLD_MS,
      prewarm: { rule: "paper", warmed: 2, hits: 1 },
    })
  })

  test("is not made where it would not pay, which the result says", async () => {
    const { run, platform } = testEngine({
      platform: PLATFORM,
      policy: { ...POLICY, costUsd: 1e-30 },
      prewarm: "newsvendor",
    })
    expect((await run(chain)).prewarm).toMatchObject({ asked: 0, declined: 2 })
    expect(platform.prewarms).toEqual([])
  })

  test.each([
    ["likely", 0.9, 1],
    ["unlikely", 0.1, 0],
    ["unknown", undefined, 0],
  ])("weighs a branch that is not decided yet: %s", async (_what, probability, prewarms) => {
    const when = {
      step: "a",
      path: "",
      operator: "==",
      value: 0,
      ...(probability === undefined ? {} : { probability }),
    }
    const workflow = parseWorkflow(
      {
        name: "branch",
        functions: { f: { handler: "./f.ts" }, g: { handler: "./g.ts" } },
        steps: { a: { function: "f" }, b: { function: "g", after: ["a"], when } },
      },
      "branch",
    )
    const { run, platform } = testEngine({ platform: PLATFORM, policy: POLICY, prewarm: "newsvendor" })
    expect((await run(workflow, 1)).steps[1]!.status).toBe("skipped")
    expect(platform.prewarms).toHaveLength(prewarms)
  })

  test("leaves no timer behind", async () => {
    const { run, clock, engine } = testEngine({ platform: PLATFORM, policy: POLICY, prewarm: "newsvendor" })
    await run(diamond)
    await engine.close()
    expect(clock.timers).toBe(0)
  })
})
