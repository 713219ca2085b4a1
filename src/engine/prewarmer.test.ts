import { describe, expect, test } from "vitest"
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
    const { run, platform } = testEngine({ platform: PLATFORM, policy: POLICY, prewarm: true })
    const result = await run(chain)
    expect(cold.latencyMs).toBe(3 * (STEP_MS + COLD_MS))
    expect(result.latencyMs).toBe(3 * STEP_MS + COLD_MS)
    expect(platform.prewarms.map((item) => item.variant)).toEqual(["b:1024MB", "c:1024MB"])
    // One mapping delay and a half and a moment before the step ends.
    expect(platform.prewarms[0]!.atMs).toBe(STEP_MS + COLD_MS - 1.5 * COLD_MS - 100)
    expect(result.prewarm).toMatchObject({ asked: 2, warmed: 2, hits: 2 })
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
      prewarm: true,
    })
    const result = await run(diamond)
    expect(result.status).toBe("succeeded")
    // b and c are warmed; d once, and not before its predicted start.
    expect(platform.prewarms.filter((item) => item.variant.startsWith("d"))).toHaveLength(1)
  })

  test("leaves warm instances alone", async () => {
    const { run, platform, clock } = testEngine({ platform: PLATFORM, policy: POLICY, prewarm: true })
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
      prewarm: true,
    })
    const result = await run(diamond)
    expect(platform.prewarms.length).toBeGreaterThan(0)
    expect(result).toMatchObject({ status: "succeeded", latencyMs: plain.latencyMs, output: plain.output })
    expect(result.prewarm).toMatchObject({ warmed: 0, hits: 0 })
  })

  test("takes only the CPU that running invocations leave", async () => {
    const tight = { ...PLATFORM, limits: { vcpuTotal: 1, mbPerVcpu: 1_024 } }
    const { run, platform } = testEngine({ platform: tight, policy: POLICY, prewarm: true })
    const result = await run(chain)
    expect(result.status).toBe("succeeded")
    expect(platform.prewarms).toEqual([])
  })

  test("is not paid for when it cannot be ready in time", async () => {
    const script: FakePlatformOptions["script"] = () => ({ durationMs: 300 })
    const { run, platform } = testEngine({
      platform: { script, coldMs: 1_000 },
      policy: { latencyMs: 300, mappingDelayMs: 1_000 },
      prewarm: true,
    })
    const result = await run(chain)
    expect(result.status).toBe("succeeded")
    expect(platform.prewarms).toEqual([])
  })

  test("is not tried where nothing cold is predicted", async () => {
    const { run, platform } = testEngine({
      platform: PLATFORM,
      policy: { ...POLICY, config: () => ({ memoryMB: 1024 }), latencyMs: 5 },
      prewarm: true,
    })
    await run(chain)
    expect(platform.prewarms).toEqual([])
  })

  test("leaves no timer behind", async () => {
    const { run, clock, engine } = testEngine({ platform: PLATFORM, policy: POLICY, prewarm: true })
    await run(diamond)
    await engine.close()
    expect(clock.timers).toBe(0)
  })
})
