import { createHash } from "node:crypto"
import { describe, expect, test } from "vitest"
import { fakePolicy } from "../engine/testing/fake-policy.ts"
import type { EngineEvent } from "../engine/events.ts"
import type { FaultPlan } from "../platforms/simulated/faults.ts"
import { DEFAULT_LAW, lawFunction } from "../platforms/simulated/law-function.ts"
import { preset, PRESETS } from "../platforms/simulated/presets.ts"
import type { Json } from "../base/json.ts"
import type { RunResult } from "../workflow/run-result.ts"
import type { Workflow } from "../workflow/workflow.ts"
import { barrier16, diamond } from "../workflow/testing/workflows.ts"
import { openWorld } from "./world.ts"

const GOAL = { kind: "cost", sloMs: 60_000, percentile: 0.95 } as const

const NOISY: FaultPlan = {
  faults: [
    { kind: "throttled", share: 0.03, delayMs: 200 },
    { kind: "unavailable", share: 0.02 },
    { kind: "crash-before", share: 0.02 },
    { kind: "crash-after", share: 0.02 },
    { kind: "duplicate", share: 0.02, delayMs: 50 },
    { kind: "late", share: 0.02, delayMs: 900 },
    { kind: "slow", share: 0.05, factor: 4 },
    { kind: "unavailable", fromMs: 3_000, untilMs: 4_500 },
  ],
  clockJumps: [{ atMs: 2_000, byMs: -3_600_000 }],
}

interface Trace {
  readonly hash: string
  readonly results: readonly RunResult[]
}

async function traceOf(options: {
  readonly seed: number
  readonly workflow?: Workflow
  readonly runs?: number
  readonly input?: Json
  readonly platform?: string
  readonly faults?: FaultPlan
}): Promise<Trace> {
  const { seed, workflow = diamond, runs = 20, input = null, faults, platform = "lambda" } = options
  const parameters = preset(platform)
  const events: EngineEvent[] = []
  const world = await openWorld({
    workflow,
    parameters,
    behaviourOf: () => lawFunction({ ...DEFAULT_LAW, taskMs: 300 }, { mbPerVcpu: parameters.limits.mbPerVcpu }),
    policyFor: () => fakePolicy({ forget: true, config: () => ({ memoryMB: 1024 }) }),
    seed,
    onEvent: (event) => events.push(event),
    ...(faults === undefined ? {} : { faults }),
  })
  const results: RunResult[] = []
  for (let i = 0; i < runs; i++) {
    const start = async (): Promise<RunResult> => (await world.engine.start({ workflow, input, goal: GOAL })).result
    results.push(await world.platform.clock.run(start()))
  }
  await world.close()
  const trace = JSON.stringify({ events, results })
  return { hash: createHash("sha256").update(trace).digest("hex"), results }
}

describe("the engine in virtual time", () => {
  test("gives the same trace for the same seed, byte for byte, with faults and without", async () => {
    for (const faults of [undefined, NOISY]) {
      const options = faults === undefined ? { seed: 7 } : { seed: 7, faults }
      const [first, second] = [await traceOf(options), await traceOf(options)]
      expect(second.hash).toBe(first.hash)
      expect((await traceOf({ ...options, seed: 8 })).hash).not.toBe(first.hash)
    }
  })

  test("finishes every run through throttling, crashes, duplicates, late answers, an outage and a clock that jumps", async () => {
    const { results } = await traceOf({ seed: 3, faults: NOISY, runs: 60 })
    expect(results.map((result) => result.status)).toEqual(results.map(() => "succeeded"))
    expect(results.every((result) => result.latencyMs > 0)).toBe(true)
    expect(results.some((result) => result.steps.some((step) => step.invocations.some((one) => one.repeat > 0)))).toBe(
      true,
    )
  })

  test("runs on every preset, and a day of virtual time takes a moment", async () => {
    for (const platform of PRESETS) {
      const { results } = await traceOf({ seed: 1, platform, runs: 3, workflow: barrier16 })
      expect(results.map((result) => result.status)).toEqual(["succeeded", "succeeded", "succeeded"])
      expect(results[0]!.costUsd).toBeGreaterThan(0)
    }
  })

  test("carries tasks and results that are too large for an envelope through the store", async () => {
    const wide: Workflow = {
      ...diamond,
      steps: diamond.steps.map((step) => ({ ...step, split: step.name === "a" ? { kind: "each" } : step.split })),
    }
    const input = Array.from({ length: 3 }, (_, i) => "x".repeat(150_000 + i))
    const { results } = await traceOf({ seed: 1, workflow: wide, input, runs: 1 })
    expect(results[0]!.status).toBe("succeeded")
  })
})
