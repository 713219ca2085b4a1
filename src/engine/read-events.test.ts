import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { virtualClock } from "../base/testing/virtual-clock.ts"
import { chain, diamond } from "../workflow/testing/workflows.ts"
import { readEvents, type JournalEvent } from "./read-events.ts"
import { openSqliteJournal } from "./sqlite-journal.ts"
import { GOAL, testEngine, type TestEngine } from "./testing/test-engine.ts"

let folder = ""
let on: TestEngine
const path = (): string => join(folder, "journal.sqlite")

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "trimtab-read-events-"))
  on = testEngine({
    journal: openSqliteJournal({ path: path(), clock: virtualClock() }),
    platform: { script: () => ({ durationMs: 100 }) },
  })
})
afterEach(async () => {
  await on.clock.runUntil(on.engine.close())
  rmSync(folder, { recursive: true, force: true })
})

const told = (events: readonly JournalEvent[]): string[] =>
  events.map((event) => ("step" in event ? `${event.kind} ${event.step}` : event.kind))

test("what becomes durable is told once, in order, while the engine goes on", async () => {
  const reader = readEvents(path())
  expect(reader.next()).toEqual([])
  const handle = await on.clock.runUntil(on.engine.start({ workflow: chain, input: 1, goal: GOAL }))
  await on.clock.advance(150)
  const first = reader.next()
  expect(told(first)).toEqual(["run-accepted", "step-decided a", "parts-settled a", "step-decided b"])
  expect(first[0]).toMatchObject({ runId: handle.runId, workflow: "chain", goal: GOAL })
  expect(first[2]).toMatchObject({ parts: 1, failedTasks: 0, billedMs: 100, iteration: 0, attempt: 1 })
  expect(reader.next()).toEqual([])
  await on.clock.runUntil(handle.result)
  const rest = [...reader.next(), ...reader.next()]
  expect(told(rest)).toEqual(["parts-settled b", "step-decided c", "parts-settled c", "run-finished"])
  expect(rest.at(-1)).toMatchObject({ status: "succeeded" })
  expect(reader.next()).toEqual([])
  reader.close()
})

test("of one run only, where it is asked for", async () => {
  await on.run(chain, 1)
  const { runId } = await on.run(diamond, 2)
  const reader = readEvents(path(), runId)
  const events = [...reader.next(), ...reader.next()]
  expect(new Set(events.map((event) => event.runId))).toEqual(new Set([runId]))
  expect(told(events).filter((kind) => kind === "run-finished")).toHaveLength(1)
  expect(events).toHaveLength(2 + 2 * 4)
  reader.close()
})

test("a file that is none is named", () => {
  expect(() => readEvents(join(folder, "missing.sqlite"))).toThrow(/missing\.sqlite/)
})
