import { describe, expect, test } from "vitest"
import type { Decision } from "../optimization/policy.ts"
import { chain } from "../workflow/testing/workflows.ts"
import { testEngine } from "./testing/test-engine.ts"

describe("a policy that fails", () => {
  test("does not stop the run: one vCPU per instance goes on, and the record says why", async () => {
    const { run } = testEngine({
      policy: {
        broken: () => {
          throw new Error("no model")
        },
      },
    })
    const result = await run(chain, 1)
    expect(result.status).toBe("succeeded")
    expect(result.steps[0]).toMatchObject({ reason: "the policy failed: no model", config: { instances: 1 } })
    expect(result.steps[0]!.config.memoryMB).toBeGreaterThanOrEqual(1_769)
  })

  test.each([
    ["NaN", { memoryMB: Number.NaN, instances: 1, processes: 1 }, "no configuration"],
    ["a part of an instance", { memoryMB: 512, instances: 0.5, processes: 1 }, "no configuration"],
    ["a size that there is not", { memoryMB: 1_000_000, instances: 1, processes: 1 }, "does not offer"],
  ])("%s is not followed", async (_, config, reason) => {
    const { run } = testEngine({ policy: { broken: () => decision(config) } })
    const result = await run(chain, 1)
    expect(result.status).toBe("succeeded")
    expect(result.steps[0]!.reason).toContain(reason)
  })

  test("a latest finish without bound is kept as a number that JSON has", async () => {
    const config = { memoryMB: 512, instances: 1, processes: 1 }
    const { run } = testEngine({
      policy: { broken: () => ({ ...decision(config), latestFinishMs: Infinity }) },
    })
    const result = await run(chain, 1)
    expect(result.steps[0]).toMatchObject({ config, reason: "test", latestFinishMs: Number.MAX_VALUE })
  })

  test("falls back to the last good configuration of the step", async () => {
    let good = true
    const { run } = testEngine({
      policy: {
        broken: () => {
          if (!good) throw new Error("lost its mind")
          return decision({ memoryMB: 640, instances: 1, processes: 2 })
        },
      },
    })
    await run(chain, 1)
    good = false
    const result = await run(chain, 1)
    for (const step of result.steps) expect(step.config).toEqual({ memoryMB: 640, instances: 1, processes: 2 })
  })

  test("never brings a size back that ran out of memory", async () => {
    const { run, platform } = testEngine({
      policy: { config: () => ({ memoryMB: 1024 }) },
      platform: { script: ({ memoryMB }) => (memoryMB <= 1024 ? { fails: { kind: "out-of-memory" } } : {}) },
    })
    const result = await run(chain, 1)
    expect(result.status).toBe("succeeded")
    expect(platform.calls.slice(0, 2).map((call) => call.memoryMB)).toEqual([1024, 1088])
  })
})

describe("a view", () => {
  test("shows steps that became ready together one after the other, the decided ones as running", async () => {
    const { run, policy } = testEngine({ platform: { script: () => ({ durationMs: 10 }) } })
    await run(chain, 1)
    const { views } = policy
    expect(views.map((view) => view.ready)).toEqual([["a"], ["b"], ["c"]])
    expect([...views[2]!.finished.keys()]).toEqual(["a", "b"])
    expect(views[2]!.finished.get("b")).toMatchObject({ startedAtMs: 10, endedAtMs: 20 })
    expect(views[2]!.nowMs).toBe(20)
  })

  test("is asked for once a step, and never in replay", async () => {
    const first = testEngine({ platform: { script: () => ({ durationMs: 10 }) } })
    const { runId } = await first.run(chain, 1)
    const run = first.disk.runs.get(runId)!
    first.disk.runs.set(runId, { ...run, status: "running", finishedAtMs: null, result: null })
    const second = testEngine({ after: first })
    const [handle] = await second.clock.runUntil(second.engine.resumeAll())
    await second.clock.runUntil(handle!.result)
    expect(first.policy.views).toHaveLength(3)
    expect(second.policy.views).toHaveLength(0)
  })
})

function decision(config: Decision["config"]): Decision {
  const predicted = {
    latencyMs: 1,
    mappingDelayMs: 0,
    downloadMs: 0,
    computeMs: 1,
    uploadMs: 0,
    percentileMs: 1,
    costUsd: 0,
    coldStarts: 0,
  }
  return { config, reason: "test", runnerUp: null, predicted, latestFinishMs: 1, infeasible: false }
}
