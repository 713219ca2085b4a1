import { expect, test } from "vitest"
import { chain } from "../workflow/testing/workflows.ts"
import { cancelStored } from "./cancel-stored.ts"
import { memoryJournal } from "./memory-journal.ts"
import { GOAL, testEngine } from "./testing/test-engine.ts"

test("a run that nobody executes ends as cancelled, with what it had, and nothing is invoked", async () => {
  const first = testEngine({ platform: { script: () => ({ durationMs: 100 }) } })
  const { runId } = await first.clock.runUntil(first.engine.start({ workflow: chain, input: 5, goal: GOAL }))
  await first.clock.advance(150)
  await first.clock.runUntil(first.engine.close())
  const { disk, store, clock, platform } = first
  const journal = memoryJournal({ disk })
  await cancelStored(runId, "not needed any more", { journal, store, clock, platform })
  await cancelStored(runId, "twice", { journal, store, clock, platform })
  const second = testEngine({ after: first })
  expect(second.engine.runs()).toMatchObject([{ runId, status: "cancelled" }])
  expect(await second.clock.runUntil(second.engine.resumeAll())).toEqual([])
  const result = await second.engine.result(runId)
  expect(result).toMatchObject({ status: "cancelled", output: null })
  expect(result!.steps.map(({ status }) => status)).toEqual(["succeeded", "cancelled", "cancelled"])
  expect(second.platform.calls).toEqual([])
  expect(disk.entries.get(runId)!.at(-1)).toMatchObject({
    key: "wait/cancel",
    value: '{"reason":"not needed any more"}',
  })
  await expect(cancelStored("none", "x", { journal, store, clock, platform })).rejects.toMatchObject({ code: "usage" })
  // It can be gone on from, like any run that did not succeed.
  const handle = await second.clock.runUntil(second.engine.redrive(runId))
  expect(await second.clock.runUntil(handle.result)).toMatchObject({ status: "succeeded" })
  expect(second.platform.calls.map(({ functionName }) => functionName)).toEqual(["b", "c"])
})
