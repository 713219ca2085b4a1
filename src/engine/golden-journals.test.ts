import { copyFileSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { memoryStore } from "../stores/memory-store.ts"
import { virtualClock } from "../base/testing/virtual-clock.ts"
import { readRun } from "./read-runs.ts"
import { ENGINE_FORMAT } from "./records.ts"
import { fakePricing } from "./testing/fake-platform.ts"
import { goldenPaths, open, readGolden } from "./testing/golden-journal.ts"

const folder = mkdtempSync(join(tmpdir(), "trimtab-golden-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Every format that was ever written by a version that people have. */
const FORMATS = [1, 2]

test("the present format has a golden journal", () => {
  expect(FORMATS).toContain(ENGINE_FORMAT)
})

describe.each(FORMATS)("a journal of format %i", (format) => {
  const golden = readGolden(format)
  const copy = (name: string): string => {
    const path = join(folder, `${format}-${name}.sqlite`)
    copyFileSync(goldenPaths(format).journal, path)
    return path
  }

  test("reads back as what its runs were: branches, maps, loops, retries, redrives; nested, duplicates, deadlines", async () => {
    const path = copy("read")
    const sources = { store: memoryStore(), clock: virtualClock(), platform: { pricing: fakePricing } }
    expect(Object.keys(golden.results).length).toBeGreaterThanOrEqual(8)
    for (const [runId, result] of Object.entries(golden.results))
      // What is not in JSON (undefined) is not in the file either.
      expect(JSON.parse(JSON.stringify((await readRun(path, runId, sources))!.result))).toEqual(result)
  })

  test("is gone on from: a run that was cut off ends as it would have", async () => {
    const on = open(copy("resume"))
    const [handle] = await on.clock.runUntil(on.engine.resumeAll())
    expect(handle!.runId).toBe(golden.cutOff.runId)
    const result = await on.clock.runUntil(handle!.result)
    expect(result).toMatchObject({ status: "succeeded", output: golden.cutOff.output })
    await on.clock.runUntil(on.engine.close())
  })
})
