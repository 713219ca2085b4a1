import { describe, expect, test } from "vitest"
import { defineWorkflow } from "../workflow/builder.ts"
import { barrier16, chain, diamond, fanOut, sevenChains } from "../workflow/testing/workflows.ts"
import type { Workflow } from "../workflow/workflow.ts"
import { GOAL, testEngine } from "./testing/test-engine.ts"
import type { FakePlatformOptions } from "./testing/fake-platform.ts"

describe("a run", () => {
  test("passes the output of each step of a chain to the next", async () => {
    const { run } = testEngine()
    const result = await run(chain, 7)
    expect(result.status).toBe("succeeded")
    expect(result.output).toEqual({ c: ["b"] })
    expect(result.steps.map((step) => step.status)).toEqual(["succeeded", "succeeded", "succeeded"])
  })

  test("joins the outputs of several parents by their names", async () => {
    const { run } = testEngine()
    expect((await run(diamond, 1)).output).toEqual({ d: ["b", "c"] })
  })

  test.each([chain, diamond, fanOut, sevenChains, barrier16])(
    "starts a step only after its parents: $name",
    async (w) => {
      const { run, platform } = testEngine({
        platform: { script: ({ functionName }) => ({ durationMs: timeOf(functionName) }) },
      })
      const result = await run(w)
      expect(result.status).toBe("succeeded")
      expect(platform.calls).toHaveLength(w.steps.length)
      const ended = new Map(result.steps.map((step) => [step.name, step.endedAtMs]))
      for (const step of result.steps)
        for (const parent of step.after) expect(step.startedAtMs).toBeGreaterThanOrEqual(ended.get(parent)!)
    },
  )

  test("lets each chain go on by itself", async () => {
    const { run, platform } = testEngine({
      platform: { script: ({ functionName }) => ({ durationMs: functionName.endsWith("1") ? 1000 : 10 }) },
    })
    await run(sevenChains)
    const order = platform.calls.map((call) => call.functionName)
    expect(order.indexOf("c2")).toBeLessThan(order.indexOf("b1"))
  })

  test("has a latency of the longest path when the engine costs nothing", async () => {
    const { run } = testEngine({ platform: { script: () => ({ durationMs: 100 }), coldMs: 50 } })
    const result = await run(diamond)
    expect(result.latencyMs).toBeCloseTo(450)
    expect(result.overheadMs).toBeCloseTo(0)
    expect(result.criticalPath).toEqual(["a", "b", "d"])
    expect(result.steps[0]).toMatchObject({ mappingDelayMs: 50, computeMs: 100, measuredMs: 150, coldStarts: 1 })
  })

  test("is the same result when it is read back", async () => {
    const { run, engine } = testEngine({ platform: { script: () => ({ durationMs: 5 }) } })
    const result = await run(barrier16)
    expect(await engine.result(result.runId)).toEqual(result)
  })

  test("ends a step without tasks at once, and those that follow", async () => {
    const workflow = fanned({ split: "each" })
    const { run, platform } = testEngine()
    const result = await run(workflow, [])
    expect(result).toMatchObject({ status: "succeeded" })
    expect(result.steps[0]).toMatchObject({ status: "succeeded", tasks: 0, reason: "no tasks" })
    expect(platform.calls.map((call) => call.functionName)).toEqual(["last"])
  })

  test("fails where a list is needed and the input is none", async () => {
    const { run } = testEngine()
    const result = await run(fanned({ split: "each" }), 5)
    expect(result).toMatchObject({ status: "failed", error: { step: "many", errorType: "InvalidInput" } })
    expect(result.steps.map((step) => step.status)).toEqual(["failed", "cancelled"])
  })
})

describe("a fanned-out step", () => {
  test("cuts its tasks into contiguous parts and keeps their order", async () => {
    const { run, platform } = testEngine({
      policy: { config: () => ({ instances: 3 }) },
      platform: { script: ({ tasks, part }) => ({ results: tasks, durationMs: 100 - part[0] * 10 }) },
    })
    const result = await run(fanned({ split: "each" }), [1, 2, 3, 4, 5, 6, 7])
    expect(platform.calls.slice(0, 3).map((call) => call.tasks)).toEqual([
      [1, 2, 3],
      [4, 5],
      [6, 7],
    ])
    expect(platform.calls.map((call) => call.part)).toEqual([
      [0, 3],
      [1, 3],
      [2, 3],
      [0, 1],
    ])
    expect(platform.calls[3]!.tasks).toEqual([[1, 2, 3, 4, 5, 6, 7]])
    expect(result.steps[0]!.tasks).toBe(7)
  })

  test("runs 1,000 tasks on 1,000 instances, as many at once as the platform allows", async () => {
    const { run, platform } = testEngine({
      policy: { config: (view) => ({ instances: view.tasks.get(view.ready[0]!) ?? 1 }) },
      platform: { script: ({ tasks }) => ({ results: tasks, durationMs: 10 }) },
    })
    const tasks = Array.from({ length: 1000 }, (_, i) => i)
    const result = await run(fanned({ split: "each" }), tasks)
    expect(platform.peak).toBe(900)
    expect(result.output).toEqual(tasks)
    expect(Math.max(...result.steps[0]!.invocations.map((entry) => entry.queueMs))).toBeCloseTo(10)
  })

  test("calls exported splits and merges as invocations of their own", async () => {
    const { run, platform } = testEngine({
      platform: {
        script: (call) => {
          if (call.export === "cut") return { results: [[1, 2, 3]], durationMs: 5 }
          if (call.export === "glue") return { results: [{ glued: call.tasks[0]! }], durationMs: 7 }
          return { results: call.tasks, durationMs: 10 }
        },
      },
    })
    const result = await run(fanned({ split: { export: "cut" }, merge: { export: "glue" } }), "abc")
    expect(platform.calls.map((call) => call.export)).toEqual([
      "cut",
      "handler",
      "handler",
      "handler",
      "glue",
      "handler",
    ])
    expect(platform.calls[0]).toMatchObject({ memoryMB: 128, tasks: ["abc"] })
    expect(result.output).toEqual({ glued: [1, 2, 3] })
    expect(result.steps[0]).toMatchObject({ tasks: 3, computeMs: 22, measuredMs: 22 })
    expect(result.steps[0]!.invocations.map((entry) => entry.kind)).toEqual([
      "split",
      "tasks",
      "tasks",
      "tasks",
      "merge",
    ])
  })
})

describe("failed tasks", () => {
  const someFail: FakePlatformOptions["script"] = ({ functionName, tasks }) =>
    functionName === "many"
      ? {
          results: tasks,
          errors: tasks.flatMap((t, task) => (Number(t) < 0 ? [{ task, errorType: "Bad", message: "no" }] : [])),
        }
      : { results: tasks }
  const inputWith = (failures: number): number[] => Array.from({ length: 1000 }, (_, i) => (i < failures ? -1 - i : i))

  test("within the tolerance leave the step partial", async () => {
    const { run } = testEngine({ platform: { script: someFail } })
    const result = await run(fanned({ split: "each", tolerance: { share: 0.05 } }), inputWith(50))
    expect(result.status).toBe("partial")
    expect(result.steps[0]!.status).toBe("partial")
  })

  test("over the tolerance fail the step and the run", async () => {
    const { run } = testEngine({ platform: { script: someFail } })
    const result = await run(fanned({ split: "each", tolerance: { share: 0.05 } }), inputWith(51))
    expect(result).toMatchObject({ status: "failed", error: { step: "many", errorType: "Bad" }, output: null })
  })

  test("are tried again only when a rule names their type, and alone", async () => {
    const { run, platform } = testEngine({
      policy: { config: () => ({ instances: 1 }) },
      platform: {
        script: ({ tasks, count, functionName }) =>
          functionName === "many" && count === 0
            ? { results: tasks, errors: [{ task: 1, errorType: "Codec", message: "x" }] }
            : { results: tasks.map((t) => `${JSON.stringify(t)}!`) },
      },
    })
    const result = await run(fanned({ split: "each", retry: [{ on: "Codec", max: 1, baseMs: 10 }] }), ["a", "b", "c"])
    expect(result.status).toBe("succeeded")
    expect(platform.calls[1]).toMatchObject({ tasks: ["b"] })
    expect(platform.calls[1]!.key).toBe(`${platform.calls[0]!.key}.1`)
    expect(platform.calls[2]!.tasks).toEqual([["a", '"b"!', "c"]])
  })

  test("stop at the rule's maximum", async () => {
    const { run, platform } = testEngine({
      platform: { script: () => ({ fails: { kind: "function-error", errorType: "Codec", message: "x" } }) },
    })
    const result = await run(fanned({ split: "none", retry: [{ on: "*", max: 2, baseMs: 10 }] }))
    expect(platform.calls.map((call) => call.repeat)).toEqual([0, 1, 2])
    expect(result.error).toEqual({ step: "many", errorType: "Codec", message: "x" })
  })

  test("end the run at once; what is in flight is abandoned", async () => {
    const { run, clock } = testEngine({
      platform: {
        script: ({ functionName }) =>
          functionName === "b"
            ? { durationMs: 10, fails: { kind: "function-error", errorType: "E", message: "m" } }
            : { durationMs: functionName === "c" ? 5000 : 1 },
      },
    })
    const result = await run(diamond)
    expect(result.status).toBe("failed")
    expect(result.steps.map((step) => step.status)).toEqual(["succeeded", "failed", "cancelled", "cancelled"])
    expect(clock.monotonicMs()).toBeLessThan(100)
  })

  test("an answer that no wrapper gave fails the step with one clear word", async () => {
    const { run } = testEngine({ platform: { script: () => ({ payload: { hello: 1 } }) } })
    expect((await run(chain)).error).toMatchObject({ step: "a", errorType: "BadAnswer" })
  })
})

describe("retries", () => {
  test("out of memory: a new decision above the size that failed, for the tasks that are left", async () => {
    const { run, platform, policy } = testEngine({
      policy: { config: (view) => (view.memoryFloorMB.has("many") ? { instances: 1 } : { instances: 2 }) },
      platform: {
        script: ({ memoryMB, tasks, part, functionName }) =>
          functionName === "many" && memoryMB < 2000 && part[0] === 1
            ? { fails: { kind: "out-of-memory" }, durationMs: 20 }
            : { results: tasks, durationMs: 10 },
      },
    })
    const result = await run(fanned({ split: "each" }), [1, 2, 3, 4])
    expect(result).toMatchObject({ status: "succeeded", output: [1, 2, 3, 4] })
    expect(platform.calls.map(({ memoryMB, tasks }) => [memoryMB, tasks])).toEqual([
      [1024, [1, 2]],
      [1024, [3, 4]],
      [2048, [3, 4]],
      [1024, [[1, 2, 3, 4]]],
    ])
    expect(policy.views[1]!.memoryFloorMB.get("many")).toBe(1024)
    expect(policy.views[1]!.tasks.get("many")).toBe(2)
    expect(result.steps[0]).toMatchObject({ attempts: 2, retryMs: 20, computeMs: 10 })
  })

  test("the next run inherits the floor", async () => {
    const { run, policy } = testEngine({
      platform: { script: ({ memoryMB }) => (memoryMB < 2000 ? { fails: { kind: "out-of-memory" } } : {}) },
    })
    await run(chain)
    await run(chain)
    expect(policy.views.at(-1)!.memoryFloorMB.get("a")).toBe(1024)
  })

  test("a step that outgrows its largest size fails and says so", async () => {
    const { run } = testEngine({ platform: { script: () => ({ fails: { kind: "out-of-memory" } }) } })
    const result = await run(chain)
    expect(result).toMatchObject({ status: "failed", error: { step: "a", errorType: "OutOfMemory" } })
    expect(result.steps[0]!.config.memoryMB).toBeGreaterThan(6000)
  })

  test("a timeout is tried once more under the same key, then with more memory", async () => {
    const { run, platform } = testEngine({
      platform: { script: ({ memoryMB }) => (memoryMB === 1024 ? { fails: { kind: "timeout" }, durationMs: 60 } : {}) },
    })
    const result = await run(chain)
    expect(result.status).toBe("succeeded")
    const [first, second, third] = platform.calls
    expect([first!.repeat, second!.repeat, third!.repeat]).toEqual([0, 1, 0])
    expect(second!.key).toBe(first!.key)
    expect(third!.memoryMB).toBeGreaterThan(1024)
    expect(third!.key).not.toBe(first!.key)
  })

  test("a throttle storm passes, not before the platform's own word, and within the budget", async () => {
    const { run, platform, clock } = testEngine({
      platform: {
        script: ({ tasks }) =>
          clock_() < 20_000
            ? { fails: { kind: "throttled", reason: "storm", retryAfterMs: 500 } }
            : { results: tasks, durationMs: 10 },
      },
    })
    const clock_ = (): number => clock.monotonicMs()
    const result = await run(barrier16)
    expect(result.status).toBe("succeeded")
    expect(new Set(platform.calls.map((call) => call.key)).size).toBe(16)
    // 10 free retries in every 10 s, and no more: the storm is not fed.
    expect(platform.calls.length).toBeLessThan(16 + 45)
    expect(result.steps[0]!.retryMs).toBeGreaterThan(19_000)
  })

  test("a refused invocation is not tried again", async () => {
    const { run, platform } = testEngine({
      platform: { script: () => ({ fails: { kind: "refused", code: "AccessDenied", message: "no" } }) },
    })
    expect((await run(chain)).error).toMatchObject({ errorType: "AccessDenied" })
    expect(platform.calls).toHaveLength(1)
  })

  test("an answer lost on its way is asked for again and counted once", async () => {
    const { run, platform } = testEngine({
      platform: {
        script: ({ count, tasks }) =>
          count === 0
            ? { fails: { kind: "unavailable", message: "reset", mayHaveRun: true } }
            : { results: tasks, durationMs: 10 },
      },
    })
    const result = await run(chain, 1)
    expect(result).toMatchObject({ status: "succeeded", output: 1 })
    expect(platform.calls.map((call) => call.repeat)).toEqual([0, 1, 0, 1, 0, 1])
    expect(result.steps[0]!.invocations.map((entry) => entry.outcome)).toEqual(["unavailable", "ok"])
    expect(result.steps[0]!.costUsd).toBeCloseTo((10 * 1024) / 1e12, 15)
  })
})

describe("cancel", () => {
  test("ends the run and starts nothing new", async () => {
    const { engine, clock, platform } = testEngine({ platform: { script: () => ({ durationMs: 1000 }) } })
    const handle = await clock.runUntil(engine.start({ workflow: chain, input: 1, goal: GOAL }))
    await clock.advance(100)
    await clock.runUntil(engine.cancel(handle.runId))
    const result = await handle.result
    expect(result).toMatchObject({ status: "cancelled", output: null })
    expect(platform.calls).toHaveLength(1)
    expect(engine.runs()[0]).toMatchObject({ status: "cancelled", live: false })
  })
})

describe("a request key", () => {
  test("makes two requests one run, also at the same moment", async () => {
    const { engine, clock } = testEngine({ platform: { script: () => ({ durationMs: 10 }) } })
    const request = { workflow: chain, input: 1, goal: GOAL, requestKey: "k" }
    const [a, b] = await clock.runUntil(Promise.all([engine.start(request), engine.start(request)]))
    expect(a.runId).toBe(b.runId)
    const result = await clock.runUntil(a.result)
    const again = await engine.start(request)
    expect(await again.result).toEqual(result)
    expect(engine.runs()).toHaveLength(1)
  })

  test("refuses another payload", async () => {
    const { engine, clock } = testEngine()
    const request = { workflow: chain, input: 1, goal: GOAL, requestKey: "k" }
    await clock.runUntil(engine.start(request))
    await expect(engine.start({ ...request, input: 2 })).rejects.toThrow(/was used for another run/)
  })
})

function fanned(step: object): Workflow {
  return defineWorkflow({
    name: "fanned",
    functions: { many: { handler: "./many.ts" }, last: { handler: "./last.ts" } },
    steps: { many: { function: "many", ...step }, last: { function: "last", after: ["many"] } },
  })
}

function timeOf(name: string): number {
  return 10 + (name.charCodeAt(0) % 7) * 13 + (Number(name.slice(1)) || 0) * 7
}
