import { describe, expect, test } from "vitest"
import { barrier16, chain, diamond, fanOut, sevenChains } from "../workflow/testing/workflows.ts"
import { fanned } from "./testing/fanned-workflow.ts"
import { GOAL, testEngine } from "./testing/test-engine.ts"

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
    // Nothing is warm for the split; the merge takes the smallest instance that is.
    expect(platform.calls[0]).toMatchObject({ memoryMB: 128, tasks: ["abc"] })
    expect(platform.calls[4]).toMatchObject({ memoryMB: 128, export: "glue" })
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

function timeOf(name: string): number {
  return 10 + (name.charCodeAt(0) % 7) * 13 + (Number(name.slice(1)) || 0) * 7
}
