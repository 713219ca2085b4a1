import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, expect, test, vi } from "vitest"
import type { Json } from "../base/json.ts"
import type { PartOutput, TaskEnvelope } from "../protocol/envelope.ts"
import { parsePartOutput } from "../protocol/parse-output.ts"
import { memoryStore } from "../stores/memory-store.ts"
import { listAll } from "../stores/testing/test-store.ts"
import type { Store } from "../stores/store.ts"
import type { Context } from "./handler-types.ts"
import { createInstance } from "./instance.ts"

type Handler = (task: Json, context: Context) => unknown
let requests = 0
// Stacks of failed tasks go to the log of the function.
beforeAll(() => void vi.spyOn(console, "error").mockImplementation(() => {}))

function part(tasks: readonly Json[], fields: Partial<TaskEnvelope["$trimtab"]> = {}): TaskEnvelope {
  const deadlineMs = Date.now() + 20_000
  const fixed = { v: 1, part: [0, 1], processes: 1, call: "handler", deadlineMs } as const
  return { $trimtab: { ...fixed, key: "r/s#0.1/0", repeat: 0, tasks, outputKey: "r/s#0.1/0", ...fields } }
}

/** Sends the envelope to a fresh instance with this handler. */
async function run(store: Store, handler: Handler, envelope: TaskEnvelope): Promise<PartOutput["$trimtab"]> {
  const instance = createInstance({ module: { handler }, entryPath: "", openStore: async () => store })
  const invocation = { requestId: `r${++requests}`, deadlineMs: envelope.$trimtab.deadlineMs, lambdaContext: {} }
  const answer = parsePartOutput(JSON.parse(await instance.answer(envelope, invocation)))
  if (answer === null) throw new Error("the answer is no part")
  return answer.$trimtab
}

test("of copies that run at the same time all answer with the one output that is kept, and its files stay", async () => {
  const store = memoryStore()
  const copy = async (name: string): Promise<PartOutput["$trimtab"]> =>
    await run(
      store,
      async (_, context) => {
        const file = join(context.tmpDir, "same-name.txt")
        writeFileSync(file, name)
        await new Promise((resolve) => setTimeout(resolve, 1))
        return { name, file: context.file(file) }
      },
      part([1]),
    )
  const names = Array.from({ length: 20 }, (_, i) => `copy ${i}`)
  const answers = await Promise.all(names.map(copy))
  const results = answers.map((answer) => answer.results)
  for (const result of results) expect(result).toEqual(results[0])
  const [winner] = results[0] as unknown as [{ name: string; file: { $ref: string; sha256: string } }]
  expect(new TextDecoder().decode(await store.get(winner.file.$ref))).toBe(winner.name)
  expect((await store.head(winner.file.$ref))?.sha256).toBe(winner.file.sha256)
})

test("a part with a failed task runs again when it is repeated, and is kept when it succeeds", async () => {
  const store = memoryStore()
  let calls = 0
  const flaky: Handler = (task) => {
    calls++
    if (task === 2 && calls <= 2) throw new Error("not yet")
    return task
  }
  expect((await run(store, flaky, part([1, 2]))).errors).toHaveLength(1)
  expect(await store.head("r/s#0.1/0")).toBeNull()
  const second = await run(store, flaky, part([1, 2], { repeat: 1 }))
  expect(second).toMatchObject({ results: [1, 2], errors: [], report: { replayed: false } })
  const third = await run(store, flaky, part([1, 2], { repeat: 2 }))
  expect(third).toMatchObject({ results: [1, 2], report: { replayed: true, tasks: 2, downloadMs: 0, computeMs: 0 } })
  expect(calls).toBe(4)
})

test("each task has a key and a folder of its own, and the folder is gone afterwards", async () => {
  const seen: { key: string; tmpDir: string }[] = []
  await run(memoryStore(), (_, { key, tmpDir }) => seen.push({ key, tmpDir }), part([1, 2, 3]))
  expect(seen.map(({ key }) => key)).toEqual(["r/s#0.1/0/0", "r/s#0.1/0/1", "r/s#0.1/0/2"])
  expect(new Set(seen.map(({ tmpDir }) => tmpDir)).size).toBe(3)
  for (const { tmpDir } of seen) expect(existsSync(tmpDir)).toBe(false)
})

test("files are found anywhere in a task, fetched once, and come back without their paths", async () => {
  const store = memoryStore()
  const info = await store.put("in/a.txt", new TextEncoder().encode("a"))
  const file = { $ref: info.key, bytes: 1, sha256: info.sha256 }
  const gets = store.requests().gets
  const paths: string[] = []
  const { results, report } = await run(
    store,
    (task) => {
      JSON.stringify(task, (key, value: unknown) => (key === "path" ? paths.push(String(value)) : value))
      return { deep: [task] }
    },
    part([{ list: [file, { file }] }, file]),
  )
  expect(new Set(paths).size).toBe(1)
  expect(paths).toHaveLength(3)
  expect(results).toEqual([{ deep: [{ list: [file, { file }] }] }, { deep: [file] }])
  expect([report.downloadObjects, store.requests().gets - gets]).toEqual([1, 1])
})

test("files stay references where the envelope leaves them, as for a split", async () => {
  const store = memoryStore()
  const file = { $ref: "never/written", bytes: 1, sha256: "0" }
  const { results, report } = await run(store, (task) => [task, task], part([file], { files: "leave" }))
  expect(results).toEqual([[file, file]])
  expect(report.downloadObjects).toBe(0)
})

test("a file that was never written is an error of its task", async () => {
  const { errors } = await run(memoryStore(), (_, context) => context.file("/no/such/file"), part([1]))
  expect(errors).toMatchObject([
    { task: 0, errorType: "handler-failed", message: expect.stringContaining("/no/such/file") },
  ])
})

test("a file name that no key may have is changed, not refused", async () => {
  const store = memoryStore()
  const handler: Handler = (_, context) => {
    const path = join(context.tmpDir, "50%2e\\x.txt")
    writeFileSync(path, "x")
    return context.file(path)
  }
  expect((await run(store, handler, part([1]))).errors).toEqual([])
  expect((await listAll(store, "r/")).map(({ key }) => key)[1]).toMatch(/50_2e_x\.txt$/)
})

test("the signal aborts before the deadline, and a task that ends for it is an error of its own", async () => {
  const wait: Handler = async (_, { signal }) =>
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)))
  const { errors } = await run(memoryStore(), wait, part([1, 2], { deadlineMs: Date.now() + 520 }))
  expect(errors).toMatchObject([
    { task: 0, errorType: "timeout" },
    { task: 1, errorType: "Deadline" },
  ])
})

test("an invocation too short for the usual margin still begins tasks", async () => {
  const { results } = await run(memoryStore(), () => "done", part([1], { deadlineMs: Date.now() + 400 }))
  expect(results).toEqual(["done"])
})

test("after the deadline nothing begins", async () => {
  const { errors } = await run(memoryStore(), () => "done", part([1], { deadlineMs: Date.now() - 1 }))
  expect(errors).toMatchObject([{ task: 0, errorType: "Deadline" }])
})

test("an envelope of another version is refused", async () => {
  const instance = createInstance({ module: {}, entryPath: "", openStore: null })
  const invocation = { requestId: "r", deadlineMs: Date.now() + 1000, lambdaContext: {} }
  await expect(instance.answer({ $trimtab: { v: 2 } }, invocation)).rejects.toMatchObject({ code: "unsupported" })
})

test("a CommonJS module's exports are found", async () => {
  const instance = createInstance({ module: { default: { handler: () => "cjs" } }, entryPath: "", openStore: null })
  const invocation = { requestId: "r", deadlineMs: Date.now() + 1000, lambdaContext: {} }
  expect(await instance.answer({}, invocation)).toBe('"cjs"')
})
