import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { chain } from "../workflow/testing/workflows.ts"
import { readRun, readRuns } from "./read-runs.ts"
import { openSqliteJournal } from "./sqlite-journal.ts"
import { virtualClock } from "../base/testing/virtual-clock.ts"
import { memoryStore } from "../stores/memory-store.ts"
import { fakePricing } from "./testing/fake-platform.ts"
import { GOAL, testEngine } from "./testing/test-engine.ts"

let folder = ""
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "trimtab-read-runs-"))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test("a run is read beside the engine that runs it: how far it has come, then its result", async () => {
  const path = join(folder, "journal.sqlite")
  const on = testEngine({
    journal: openSqliteJournal({ path, clock: virtualClock() }),
    platform: { script: () => ({ durationMs: 100 }) },
  })
  const sources = { store: on.store, clock: on.clock, platform: { pricing: fakePricing } }
  const handle = await on.clock.runUntil(on.engine.start({ workflow: chain, input: 1, goal: GOAL }))
  await on.clock.advance(150)
  expect(await readRun(path, handle.runId, sources)).toMatchObject({
    summary: { status: "running", workflow: "chain" },
    result: null,
    steps: [
      { step: "a", phase: "succeeded" },
      { step: "b", phase: "running" },
      { step: "c", phase: "waiting" },
    ],
  })
  const result = await on.clock.runUntil(handle.result)
  const reading = await readRun(path, handle.runId, sources)
  expect(reading).toMatchObject({ summary: { status: "succeeded" }, result })
  expect(await readRun(path, "none", sources)).toBeNull()
  expect(await readRuns(path)).toHaveLength(1)
  await on.clock.runUntil(on.engine.close())
})

test("a journal that is none is named", async () => {
  const path = join(folder, "missing.sqlite")
  const sources = { store: memoryStore(), clock: virtualClock(), platform: { pricing: fakePricing } }
  await expect(readRun(path, "x", sources)).rejects.toMatchObject({ code: "io", message: /missing\.sqlite/ })
})
