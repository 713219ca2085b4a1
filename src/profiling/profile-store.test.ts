import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import type { StepSample } from "../estimation/sample.ts"
import { profileStore } from "./profile-store.ts"

const SAMPLE: StepSample = {
  kind: "step",
  atMs: 1,
  source: "campaign",
  config: { memoryMB: 512, instances: 2, processes: 1 },
  tasks: 4,
  cold: 1,
  mappingDelayMs: 10,
  wallMs: 100,
  contended: false,
  enforced: "cgroup-v2",
  codeSha256: "abc",
}

let directory = ""
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "trimtab-profiles-"))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

test("what is appended is read back, in order", async () => {
  const store = profileStore(join(directory, "deep", "profiles"))
  expect(await store.read("f")).toEqual({ functionName: "f", samples: [] })
  await Promise.all([
    store.append("f", [SAMPLE]),
    store.append("f", [
      { ...SAMPLE, atMs: 2 },
      { ...SAMPLE, atMs: 3 },
    ]),
  ])
  await store.append("f", [])
  expect((await store.read("f")).samples).toEqual([SAMPLE, { ...SAMPLE, atMs: 2 }, { ...SAMPLE, atMs: 3 }])
})

test("a line torn by a crash is ignored, and does not spoil what is appended after it", async () => {
  const store = profileStore(directory)
  await store.append("f", [SAMPLE])
  await appendFile(join(directory, "f.ndjson"), '{"v":1,"kind":"st')
  expect((await store.read("f")).samples).toEqual([SAMPLE])
  await store.append("f", [{ ...SAMPLE, atMs: 2 }])
  expect((await store.read("f")).samples).toEqual([SAMPLE, { ...SAMPLE, atMs: 2 }])
})

test("a file that is nothing but a torn line, longer than a block, starts anew", async () => {
  await writeFile(join(directory, "f.ndjson"), "x".repeat(10_000))
  const store = profileStore(directory)
  await store.append("f", [SAMPLE])
  expect((await store.read("f")).samples).toEqual([SAMPLE])
})

test.each([
  ["not json", "not JSON"],
  ["[]", "not an object"],
  [JSON.stringify(SAMPLE), "version missing, not 1"],
  [JSON.stringify({ v: 1, ...SAMPLE, wallMs: -1 }), "wallMs is -1"],
  [JSON.stringify({ v: 1, ...SAMPLE, config: null }), "config is null"],
])("a poisoned row is refused with its line: %s", async (line, reason) => {
  const store = profileStore(directory)
  await store.append("f", [SAMPLE])
  await appendFile(join(directory, "f.ndjson"), `${line}\n`)
  await expect(store.read("f")).rejects.toMatchObject({
    code: "profile-corrupt",
    where: `${join(directory, "f.ndjson")}:2`,
    message: expect.stringContaining(reason),
  })
})

test("a name cannot leave the folder", async () => {
  const store = profileStore(join(directory, "profiles"))
  await store.append("../evil", [SAMPLE])
  expect(await readFile(join(directory, "profiles", "..%2Fevil.ndjson"), "utf8")).toContain('"v":1')
})
