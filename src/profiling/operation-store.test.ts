import { appendFile, mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { priorOperationModel } from "../estimation/operation/prior-model.ts"
import type { OperationRecord } from "./operation-lines.ts"
import { operationSourceOf } from "./operation-source.ts"
import { memoryOperationStore, newestOf, operationStore } from "./operation-store.ts"
import { profileStore } from "./profile-store.ts"

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trimtab-operations-"))
})
afterAll(async () => await rm(folder, { recursive: true, force: true }))

const record = (atMs: number, source: "portable" | "extended" = "portable", codeSha256 = "a"): OperationRecord => ({
  atMs,
  codeSha256,
  tasks: 2,
  profile: { source, local: { wallMs: 10, userMs: 8, systemMs: 1, cores: 2 }, counters: { heapBytes: 100 } },
})
const MODEL = priorOperationModel({ periodMs: 20, mbPerVcpu: 1769, vcpuScale: 1, cores: 2 })

test("local runs are kept beside the samples of their function, and survive a torn line", async () => {
  const store = operationStore(folder)
  expect(await store.read("f")).toEqual([])
  await Promise.all([store.append("f", record(1)), store.append("f", record(2))])
  await appendFile(join(folder, "f.operations.ndjson"), '{"v":1,"atMs":')
  await store.append("f", record(3))
  expect(await operationStore(folder).read("f")).toEqual([record(1), record(2), record(3)])
  expect(await readdir(folder)).toEqual(["f.operations.ndjson"])
  expect((await profileStore(folder).read("f")).samples).toEqual([])
})

test("the newest of its source and code counts", () => {
  const all = [record(3), record(5, "extended"), record(4, "portable", "b"), record(1)]
  expect(newestOf(all, { source: "portable" })).toEqual(record(4, "portable", "b"))
  expect(newestOf(all, { source: "portable", codeSha256: "a" })).toEqual(record(3))
  expect(newestOf(all, { source: "extended", codeSha256: "b" })).toBeNull()
})

test("an estimator gets runs of the model's source and of present code alone", async () => {
  const store = memoryOperationStore()
  await store.append("f", record(1))
  await store.append("f", record(2, "extended"))
  const codes = new Map([["f", "a"]])
  const { profiles } = await operationSourceOf({ functions: ["f", "g"], store, model: MODEL, codes })
  expect([...profiles]).toEqual([["f", { profile: record(1).profile, tasks: 2 }]])
  const stale = { functions: ["f"], store, model: MODEL, codes: new Map([["f", "b"]]) }
  expect((await operationSourceOf(stale)).profiles.size).toBe(0)
})

test("a function counted by another source alone is refused with what to run", async () => {
  const store = memoryOperationStore()
  await store.append("f", record(1, "extended"))
  await expect(operationSourceOf({ functions: ["f"], store, model: MODEL })).rejects.toMatchObject({
    code: "unsupported",
    where: "f",
    message: expect.stringMatching(
      /^the operations of f were counted by the extended source, .* never mixed; run `tri/,
    ),
  })
})
