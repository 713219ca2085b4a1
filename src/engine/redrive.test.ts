import { describe, expect, test } from "vitest"
import type { Json } from "../base/json.ts"
import { diamond } from "../workflow/testing/workflows.ts"
import type { RunResult } from "../workflow/run-result.ts"
import { parseWorkflow } from "../workflow/parse.ts"
import { memoryDisk, memoryJournal } from "./memory-journal.ts"
import type { RedriveRequest } from "./engine.ts"
import type { Call, Script } from "./testing/fake-platform.ts"
import { fanned } from "./testing/fanned-workflow.ts"
import { testEngine, type TestEngine } from "./testing/test-engine.ts"

async function redrive(on: TestEngine, runId: string, request: RedriveRequest = {}): Promise<RunResult> {
  const handle = await on.clock.runUntil(on.engine.redrive(runId, request))
  return on.clock.runUntil(handle.result)
}

/** A world whose tasks fail while they are in `broken`. */
function world(): { readonly broken: Set<Json>; readonly script: (call: Call) => Script } {
  const broken = new Set<Json>()
  return {
    broken,
    script: ({ functionName, tasks }) =>
      functionName === "many"
        ? {
            results: tasks.map((task) => (broken.has(task) ? null : Number(task) * 10)),
            errors: tasks.flatMap((task, i) =>
              broken.has(task) ? [{ task: i, errorType: "Bad", message: "no" }] : [],
            ),
            // Failures come last: nothing that could succeed is abandoned.
            durationMs: tasks.some((task) => broken.has(task)) ? 20 : 10,
          }
        : { results: tasks, durationMs: 10 },
  }
}

const INPUT = Array.from({ length: 20 }, (_, i) => i)
const OUTPUT = INPUT.map((i) => i * 10)

describe("a redrive", () => {
  test("runs exactly the tasks that failed or were abandoned, keeps the order, and takes over what came before", async () => {
    const { broken, script } = world()
    const on = testEngine({ platform: { script } })
    const workflow = fanned({ split: "each", tolerance: { count: 2 } })
    for (const task of [3, 7, 11]) broken.add(task)
    const failed = await on.run(workflow, INPUT)
    expect(failed.status).toBe("failed")
    const finished = on.platform.calls.length
    broken.clear()
    const result = await redrive(on, failed.runId)
    expect(result).toMatchObject({ status: "succeeded", output: OUTPUT })
    const again = on.platform.calls.slice(finished).filter(({ functionName }) => functionName === "many")
    expect(again.flatMap(({ tasks }) => tasks)).toEqual([3, 7, 11])
    expect(result.steps[0]).toMatchObject({ status: "succeeded", tasks: 20 })
    expect(result.steps[0]!.invocations).toHaveLength(3)
  })

  test("also runs what was in flight when the step failed", async () => {
    const on = testEngine({
      platform: {
        script: ({ functionName, tasks, count }) =>
          functionName === "many" && count === 1
            ? { durationMs: 5, fails: { kind: "function-error", errorType: "E", message: "m" } }
            : { results: tasks, durationMs: 10 },
      },
    })
    const failed = await on.run(fanned({ split: "each" }), [1, 2, 3])
    expect(failed).toMatchObject({ status: "failed", latencyMs: 5 })
    const before = on.platform.calls.length
    expect(await redrive(on, failed.runId)).toMatchObject({ status: "succeeded", output: [1, 2, 3] })
    expect(on.platform.calls.slice(before).map(({ tasks }) => tasks)).toEqual([[1], [2], [3], [[1, 2, 3]]])
  })

  test("of a partial run does its failed tasks again, and everything after them", async () => {
    const { broken, script } = world()
    const on = testEngine({ platform: { script } })
    broken.add(5)
    const partial = await on.run(fanned({ split: "each", tolerance: { count: 2 } }), INPUT)
    expect(partial.status).toBe("partial")
    broken.clear()
    const before = on.platform.calls.length
    const result = await redrive(on, partial.runId)
    expect(result).toMatchObject({ status: "succeeded", output: OUTPUT })
    expect(on.platform.calls.slice(before).map(({ functionName, tasks }) => [functionName, tasks.length])).toEqual([
      ["many", 1],
      ["last", 1],
    ])
  })

  test("counts only what it does itself, under its own goal, from its own start", async () => {
    let fails = true
    const on = testEngine({
      platform: {
        script: ({ functionName }) =>
          functionName === "d" && fails
            ? { durationMs: 50, fails: { kind: "function-error", errorType: "E", message: "m" } }
            : { durationMs: 50 },
      },
    })
    const failed = await on.run(diamond, 1)
    fails = false
    const goal = { kind: "cost", sloMs: 1_234, percentile: 0.9 } as const
    const result = await redrive(on, failed.runId, { goal })
    expect(result).toMatchObject({ status: "succeeded", goal, latencyMs: 50 })
    expect(result.steps.map(({ reason, costUsd }) => [reason, costUsd > 0])).toEqual([
      [`kept from run ${failed.runId}`, false],
      [`kept from run ${failed.runId}`, false],
      [`kept from run ${failed.runId}`, false],
      ["fake", true],
    ])
    expect(on.policy.views.at(-1)).toMatchObject({ goal, ready: ["d"] })
  })

  test("can be redriven in turn, also inside a loop", async () => {
    const workflow = parseWorkflow(
      {
        name: "looped",
        functions: { many: { handler: "./many.ts" } },
        steps: {
          many: {
            function: "many",
            split: "each",
            loop: { while: { path: "0", operator: "<", value: 1_000 }, max: 9 },
          },
        },
      },
      "looped",
    )
    const { broken, script } = world()
    const on = testEngine({ platform: { script }, policy: { config: () => ({ instances: 2 }) } })
    broken.add(20)
    broken.add(300)
    const first = await on.run(workflow, [1, 2, 3])
    expect(first.status).toBe("failed")
    broken.delete(20)
    const second = await redrive(on, first.runId)
    expect(second.status).toBe("failed")
    broken.clear()
    const before = on.platform.calls.length
    const third = await redrive(on, second.runId)
    expect(third).toMatchObject({ status: "succeeded", output: [1_000, 2_000, 3_000] })
    expect(on.platform.calls.slice(before).map(({ tasks }) => tasks)).toEqual([[300]])
  })

  test("that is cut off after any of its records is resumed like any run", async () => {
    const { broken, script } = world()
    const disk = memoryDisk()
    const on = testEngine({ journal: memoryJournal({ disk }), platform: { script } })
    for (const task of [3, 7, 11]) broken.add(task)
    const failed = await on.run(fanned({ split: "each" }), INPUT)
    broken.clear()
    const whole = await redrive(on, failed.runId)
    const entries = disk.entries.get(whole.runId)!
    for (let kept = 0; kept <= entries.length; kept++) {
      const cut = memoryDisk()
      for (const [hash, text] of disk.definitions) cut.definitions.set(hash, text)
      for (const [id, row] of disk.runs) cut.runs.set(id, row)
      for (const [id, list] of disk.entries) cut.entries.set(id, [...list])
      cut.runs.set(whole.runId, { ...disk.runs.get(whole.runId)!, status: "running", finishedAtMs: null, result: null })
      cut.entries.set(whole.runId, entries.slice(0, kept))
      const second = testEngine({ journal: memoryJournal({ disk: cut }), store: on.store, platform: { script } })
      const [handle] = await second.clock.runUntil(second.engine.resumeAll())
      const result = await second.clock.runUntil(handle!.result)
      expect(result).toMatchObject({ status: "succeeded", output: whole.output, runId: whole.runId })
    }
    expect(await on.engine.result(whole.runId)).toEqual(whole)
  })

  test("is refused for what cannot be gone on from, with what to do", async () => {
    const on = testEngine()
    const { runId } = await on.run(diamond, 1)
    await expect(on.engine.redrive(runId)).rejects.toMatchObject({ code: "usage", message: /succeeded: nothing/ })
    await expect(on.engine.redrive("none")).rejects.toMatchObject({ code: "usage", message: /there is no run none/ })
  })
})
