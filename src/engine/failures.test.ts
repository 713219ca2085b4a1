import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, test } from "vitest"
import { virtualClock } from "../base/testing/virtual-clock.ts"
import { barrier16, chain, diamond } from "../workflow/testing/workflows.ts"
import type { RunHandle } from "./engine.ts"
import { memoryJournal } from "./memory-journal.ts"
import { openSqliteJournal } from "./sqlite-journal.ts"
import type { FakePlatformOptions } from "./testing/fake-platform.ts"
import { fanned } from "./testing/fanned-workflow.ts"
import { GOAL, testEngine } from "./testing/test-engine.ts"

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
    const { run, platform } = testEngine({ platform: { script: () => ({ payload: { hello: 1 } }) } })
    expect((await run(chain)).error).toMatchObject({ step: "a", errorType: "BadAnswer" })
    expect(platform.calls).toHaveLength(1)
  })

  test("an answer that no wrapper gave is asked for again where a rule of the step says so", async () => {
    const { run, platform } = testEngine({
      platform: {
        script: ({ functionName, count, tasks }) =>
          functionName === "many" && count < 2 ? { payload: "<html>" } : { results: tasks },
      },
    })
    const result = await run(fanned({ retry: [{ on: "BadAnswer", max: 3, baseMs: 10 }] }), [1])
    expect(result.status).toBe("succeeded")
    expect(new Set(platform.calls.slice(0, 3).map(({ key }) => key)).size).toBe(1)
    expect(platform.calls.slice(0, 3).map(({ repeat }) => repeat)).toEqual([0, 1, 2])
  })
})

describe("an answer with too few results", () => {
  test("is refused instead of filling up with nulls", async () => {
    const { run } = testEngine({ platform: { script: () => ({ results: [] }) } })
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

describe("a damaged record", () => {
  test("breaks its run, with the place; the others go on", async () => {
    const folder = mkdtempSync(join(tmpdir(), "trimtab-damage-"))
    const path = join(folder, "journal.sqlite")
    try {
      const platform: Omit<FakePlatformOptions, "clock"> = {
        script: ({ tasks }) => ({ results: tasks, durationMs: 50 }),
      }
      const first = testEngine({ journal: openSqliteJournal({ path, clock: virtualClock() }), platform })
      const begin = (input: string): Promise<RunHandle> => first.engine.start({ workflow: chain, input, goal: GOAL })
      const [hurt, sound] = [await begin("hurt"), await begin("sound")]
      await first.clock.advance(75)
      await first.engine.close()
      const db = new DatabaseSync(path)
      db.prepare(
        "update entry set value = '{}' where seq = 2 and run_no = (select run_no from run where run_id = ?)",
      ).run(hurt.runId)
      db.close()

      const second = testEngine({ journal: openSqliteJournal({ path, clock: virtualClock() }), platform })
      const handles = await second.clock.runUntil(second.engine.resumeAll())
      const results = await second.clock.runUntil(Promise.all(handles.map((handle) => handle.result)))
      const broken = results.find((result) => result.runId === hurt.runId)!
      expect(broken).toMatchObject({ status: "broken", output: null, error: { errorType: "journal-corrupt" } })
      expect(broken.error!.message).toContain(`damaged at record 2 of run ${hurt.runId}`)
      expect(broken.steps[0]!.status).toBe("succeeded")
      expect(results.find((result) => result.runId === sound.runId)).toMatchObject({
        status: "succeeded",
        output: "sound",
      })
      expect(second.engine.runs().map((run) => run.status)).toEqual(["broken", "succeeded"])
      await second.engine.close()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe("an answer to a client", () => {
  test("is given only when the end of the run is durable (E3)", async () => {
    const scheduled: (() => void)[] = []
    const commit = (): void => {
      for (const fn of scheduled.splice(0)) fn()
    }
    const journal = memoryJournal({ schedule: (fn) => scheduled.push(fn) })
    const { engine, clock } = testEngine({ journal })
    const starting = engine.start({ workflow: chain, input: 1, goal: GOAL })
    await clock.advance(1)
    let told = false
    commit()
    void (await starting).result.then(() => (told = true))
    // a and the decision of b, b and the decision of c; then c and the end of the run are left.
    for (let commits = 0; commits < 2; commits++) {
      await clock.advance(1)
      commit()
    }
    await clock.advance(1)
    expect([told, scheduled.length]).toEqual([false, 1])
    commit()
    await clock.advance(1)
    expect(told).toBe(true)
  })
})

describe("a journal that finds no space", () => {
  test("stops its runs with what to do; opened again with space, they go on", async () => {
    const folder = mkdtempSync(join(tmpdir(), "trimtab-full-"))
    const path = join(folder, "journal.sqlite")
    try {
      const journal = openSqliteJournal({ path, clock: virtualClock(), limitPages: 14 })
      const platform: Omit<FakePlatformOptions, "clock"> = {
        script: ({ tasks }) => ({ results: tasks, durationMs: 10 }),
      }
      const first = testEngine({ journal, platform })
      const input = "x".repeat(12_000)
      const handle = await first.engine.start({ workflow: chain, input, goal: GOAL })
      await expect(first.clock.runUntil(handle.result)).rejects.toMatchObject({ code: "disk-full" })
      await expect(first.engine.start({ workflow: chain, input, goal: GOAL })).rejects.toMatchObject({
        code: "disk-full",
      })
      await first.engine.close().catch(() => {})

      const second = testEngine({ journal: openSqliteJournal({ path, clock: virtualClock() }), platform })
      const [resumed] = await second.clock.runUntil(second.engine.resumeAll())
      expect(resumed!.runId).toBe(handle.runId)
      expect(await second.clock.runUntil(resumed!.result)).toMatchObject({ status: "succeeded", output: input })
      // What was acknowledged before is not done again.
      expect(first.platform.calls.length + second.platform.calls.length).toBeLessThanOrEqual(4)
      await second.engine.close()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
