import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest"
import type { Json } from "../base/json.ts"
import type { FileRef, PartOutput, TaskEnvelope } from "../protocol/envelope.ts"
import { parsePartOutput, parsePrewarmOutput } from "../protocol/parse-output.ts"
import { packageFunction } from "../packaging/package-function.ts"
import { fsStore } from "../stores/fs/fs-store.ts"
import type { Store } from "../stores/store.ts"
import { listAll } from "../stores/testing/test-store.ts"
import { fakeRuntimeApi, type FakeOutcome, type FakeRuntimeApi } from "./testing/fake-runtime-api.ts"

const HANDLER = `
import { readFile, writeFile } from "node:fs/promises"
import { appendFileSync } from "node:fs"
import { basename, join } from "node:path"
import type { Context, FileRef } from "./types.ts"

class CodecError extends Error {}

type Task = { do: string; file?: FileRef; n?: number; signal?: string }

export async function handler(task: Task, context: Context): Promise<unknown> {
  switch (task.do) {
    case "echo":
      return { task, key: context.key, pid: process.pid, request: Reflect.get(context, "awsRequestId") }
    case "count":
      appendFileSync(process.env["COUNT_FILE"]!, "x")
      return task.n
    case "upper": {
      const target = join(context.tmpDir, basename(task.file!.path))
      await writeFile(target, (await readFile(task.file!.path, "utf8")).toUpperCase())
      return { made: context.file(target), same: task.file }
    }
    case "throw":
      throw new CodecError("bad frame " + task.n)
    case "crash":
      process.kill(process.pid, task.signal ?? "SIGKILL")
      return await new Promise(() => {})
    case "stray":
      setTimeout(() => { throw new Error("stray") }, 1)
      return await new Promise(() => {})
    case "sleep":
      await new Promise((resolve) => setTimeout(resolve, task.n))
      return "slept"
    case "large":
      return "x".repeat(task.n!)
    case "bigint":
      return 1n
    case "burn":
      for (const endMs = performance.now() + task.n!; performance.now() < endMs; );
      return null
    case "count operations": {
      const { execFileSync } = await import("node:child_process")
      const { get } = await import("node:http")
      for (const endMs = performance.now() + task.n!; performance.now() < endMs; );
      execFileSync(process.execPath, ["-e", "for (const end = performance.now() + 100; performance.now() < end; );"])
      await new Promise((resolve) => get(task.signal!, (response) => response.resume().on("end", resolve)))
      return null
    }
    case "log":
      context.log("a line of the handler")
      return null
  }
}
export const pairs = (input: number[]): unknown => input.map((n) => ({ do: "echo", n }))
export const sum = (results: number[]): unknown => results.reduce((a, b) => a + b, 0)
`

let base: string
let directory: string
let store: Store
let api: FakeRuntimeApi
let child: ChildProcess
let output = ""

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "trimtab-wrapper-"))
  await writeFile(join(base, "handler.ts"), HANDLER)
  const pkg = await packageFunction({
    functionName: "f",
    handlerPath: join(base, "handler.ts"),
    threads: "single",
    outDir: join(base, "packages"),
  })
  directory = pkg.directory
})
afterAll(async () => await rm(base, { recursive: true, force: true }))

afterEach(async () => {
  child.kill("SIGKILL")
  await api.close()
  await rm(join(base, "store"), { recursive: true, force: true })
  await rm(join(base, "tmp"), { recursive: true, force: true })
})

/** Starts an instance as a platform does. */
async function start(env: Record<string, string> = {}): Promise<void> {
  api = await fakeRuntimeApi()
  store = fsStore(join(base, "store"))
  await mkdir(join(base, "tmp"), { recursive: true })
  output = ""
  child = spawn(process.execPath, [join(directory, "index.mjs")], {
    env: {
      AWS_LAMBDA_RUNTIME_API: api.address,
      TRIMTAB_STORE: store.url ?? "",
      TMPDIR: join(base, "tmp"),
      COUNT_FILE: join(base, "count"),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  })
  child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()))
}

function envelope(tasks: readonly Json[], fields: Partial<TaskEnvelope["$trimtab"]> = {}): TaskEnvelope {
  return {
    $trimtab: {
      v: 1,
      key: "run/step#0.1/0",
      repeat: 0,
      part: [0, 1],
      processes: 1,
      call: "handler",
      tasks,
      outputKey: "run/step#0.1/0",
      deadlineMs: Date.now() + 30_000,
      ...fields,
    },
  }
}

function bodyOf(outcome: FakeOutcome): Json {
  expect(outcome.kind, outcome.body).toBe("response")
  return JSON.parse(outcome.body)
}

async function part(
  tasks: readonly Json[],
  fields?: Partial<TaskEnvelope["$trimtab"]>,
): Promise<PartOutput["$trimtab"]> {
  const parsed = parsePartOutput(bodyOf(await api.invoke(envelope(tasks, fields))))
  if (parsed === null) throw new Error("the answer is no part")
  return parsed.$trimtab
}

describe("one process", () => {
  test("a plain call gets the payload as it is, and a context as on Lambda", async () => {
    await start()
    const answer = bodyOf(await api.invoke({ do: "echo", n: 1 }, { requestId: "abc" }))
    expect(answer).toMatchObject({ task: { do: "echo", n: 1 }, key: "abc", request: "abc" })
    expect(bodyOf(await api.invoke({ do: "nothing" }))).toBeNull()
  })

  test("a handler that throws fails the plain call with its error type, and the instance lives on", async () => {
    await start()
    const outcome = await api.invoke({ do: "throw", n: 7 })
    expect(outcome).toMatchObject({ kind: "error", errorType: "CodecError" })
    expect(JSON.parse(outcome.body)).toMatchObject({ errorType: "CodecError", errorMessage: "bad frame 7" })
    expect(bodyOf(await api.invoke({ do: "log" }))).toBeNull()
    await vi.waitFor(() => expect(output).toContain("a line of the handler"), 10_000)
  })

  test("a part runs its tasks in order; the first is cold, the second warm", async () => {
    await start()
    const tasks = [0, 1, 2].map((n) => ({ do: "echo", n }))
    const first = await part(tasks)
    expect(first.results).toMatchObject(tasks.map((task, i) => ({ task, key: `run/step#0.1/0/${i}` })))
    expect(first.errors).toEqual([])
    expect(first.report).toMatchObject({ cold: true, replayed: false, tasks: 3, processes: 1, downloadObjects: 0 })
    expect(first.report.peakProcessMB).toBeGreaterThan(10)
    expect((await part(tasks, { outputKey: "other" })).report.cold).toBe(false)
    expect((await part([], { outputKey: "none" })).results).toEqual([])
  })

  test("a failed task is an error of its own, and its part is not kept", async () => {
    await start()
    const tasks = [{ do: "throw", n: 1 }, { do: "echo" }, { do: "bigint" }]
    const answer = await part(tasks)
    expect(answer.results?.[0]).toBeNull()
    expect(answer.results?.[1]).toMatchObject({ task: { do: "echo" } })
    expect(answer.errors).toMatchObject([
      { task: 0, errorType: "CodecError", message: "bad frame 1" },
      { task: 2, errorType: "TypeError" },
    ])
    expect(await listAll(store, "")).toEqual([])
  })

  test("files come down with their names, results go up, and the local copies are removed", async () => {
    await start()
    const info = await store.put("input/frame-1.txt", new TextEncoder().encode("hello"))
    const file: FileRef = { $ref: info.key, bytes: info.sizeBytes, sha256: info.sha256 }
    const { results, report, errors } = await part([
      { do: "upper", file },
      { do: "upper", file },
    ] as unknown as Json[])
    expect(errors).toEqual([])
    const made = (results as unknown as { made: FileRef; same: FileRef }[]).map((result) => result.made)
    for (const ref of made) {
      expect(ref.$ref).toMatch(/^run\/step#0\.1\/0\.files\/request-\d+\/\d\.0\/frame-1\.txt$/)
      expect(new TextDecoder().decode(await store.get(ref.$ref))).toBe("HELLO")
      expect(await store.head(ref.$ref)).toEqual({ key: ref.$ref, sizeBytes: ref.bytes, sha256: ref.sha256 })
    }
    expect(results).toMatchObject([{ same: file }, { same: file }])
    expect(JSON.stringify(results)).not.toContain("path")
    expect(report).toMatchObject({ downloadObjects: 1, downloadBytes: 5, uploadObjects: 3 })
    expect(await readdir(join(base, "tmp"))).toEqual([])
  })

  test("a file that is missing or has changed fails its task alone", async () => {
    await start()
    const info = await store.put("input/x", new TextEncoder().encode("x"))
    const changed = { $ref: info.key, bytes: 1, sha256: "0".repeat(64) }
    const missing = { $ref: "input/none", bytes: 1, sha256: "0".repeat(64) }
    const { results, errors } = await part([
      { do: "echo", file: changed },
      { do: "echo" },
      { do: "echo", file: missing },
    ])
    expect(errors).toMatchObject([
      { task: 0, errorType: "io" },
      { task: 2, errorType: "store-missing" },
    ])
    expect(results?.[1]).not.toBeNull()
  })

  test("split and merge exports are called like a handler; a missing export says what there is", async () => {
    await start()
    const split = await part([[1, 2]], { call: "pairs" })
    expect(split.results).toEqual([
      [
        { do: "echo", n: 1 },
        { do: "echo", n: 2 },
      ],
    ])
    expect((await part([[3, 4]], { call: "sum", outputKey: "merge" })).results).toEqual([7])
    const outcome = await api.invoke(envelope([1], { call: "absent", outputKey: "absent" }))
    expect(outcome).toMatchObject({ kind: "error", errorType: "handler-missing" })
    expect(outcome.body).toContain("pairs")
  })

  test("a repeated part is answered from the store, without running the handler", async () => {
    await start()
    const tasks = [{ do: "count", n: 5 }]
    const first = await part(tasks)
    const again = await part(tasks, { repeat: 1 })
    expect(await readFile(join(base, "count"), "utf8")).toBe("x")
    expect(again.results).toEqual([5])
    expect(again.report).toMatchObject({ replayed: true, tasks: 1, computeMs: 0, cold: false })
    expect(first.report.replayed).toBe(false)
    // Not finished yet under this key: it runs.
    expect((await part(tasks, { repeat: 1, outputKey: "elsewhere" })).report.replayed).toBe(false)
  })

  test("two invocations of one part that both ran answer with the one kept output", async () => {
    await start()
    const first = await part([{ do: "count", n: 1 }])
    const second = await part([{ do: "count", n: 2 }])
    expect(first.results).toEqual([1])
    expect(second.results).toEqual([1])
    expect(second.report.replayed).toBe(false)
  })

  test("large tasks and results travel through the store", async () => {
    await start()
    const list = new TextEncoder().encode(
      JSON.stringify([
        { do: "large", n: 100_000 },
        { do: "large", n: 60_000 },
      ]),
    )
    const info = await store.put("tasks.json", list)
    const { tasks: _, ...rest } = envelope([]).$trimtab
    const tasksRef = { $ref: info.key, bytes: info.sizeBytes, sha256: info.sha256 }
    const payload = { $trimtab: { ...rest, tasksRef } }
    for (const repeat of [0, 1]) {
      payload.$trimtab.repeat = repeat
      const answer = parsePartOutput(bodyOf(await api.invoke(payload)))?.$trimtab
      expect(answer?.results).toBeUndefined()
      const results: string[] = JSON.parse(new TextDecoder().decode(await store.get(answer!.resultsRef!.$ref)))
      expect(results.map((text) => text.length)).toEqual([100_000, 60_000])
      expect(answer?.report.replayed).toBe(repeat === 1)
    }
  })

  test("near the deadline no task is begun, and the answer lists what is done", async () => {
    await start()
    const tasks = [{ do: "sleep", n: 400 }, { do: "echo" }]
    const { results, errors } = await part(tasks, { deadlineMs: Date.now() + 800 })
    expect(results).toEqual(["slept", null])
    expect(errors).toMatchObject([{ task: 1, errorType: "Deadline" }])
  })

  test("a prewarm is held and answered, and takes the cold start away", async () => {
    await start()
    const prewarm = { $trimtab: { v: 1, prewarm: true, holdMs: 5 } }
    expect(parsePrewarmOutput(bodyOf(await api.invoke(prewarm)))?.$trimtab.cold).toBe(true)
    expect(parsePrewarmOutput(bodyOf(await api.invoke(prewarm)))?.$trimtab.cold).toBe(false)
    expect((await part([{ do: "echo" }])).report.cold).toBe(false)
  })

  test("an error that nobody can catch is told before the instance ends", async () => {
    await start()
    const exit = new Promise((resolve) => child.once("exit", resolve))
    expect((await api.invoke({ do: "stray" })).body).toContain("stray")
    expect(await exit).toBe(1)
  })

  test("without a store parts work as long as they need none", async () => {
    await start()
    child.kill("SIGKILL")
    await api.close()
    api = await fakeRuntimeApi()
    child = spawn(process.execPath, [join(directory, "index.mjs")], { env: { AWS_LAMBDA_RUNTIME_API: api.address } })
    expect((await part([{ do: "echo", n: 1 }], { repeat: 1 })).results).toMatchObject([{ task: { n: 1 } }])
    const file = { $ref: "k", bytes: 1, sha256: "" }
    const outcome = await api.invoke(envelope([{ do: "echo", file }]))
    expect(outcome).toMatchObject({ kind: "error", errorType: "usage" })
    expect(outcome.body).toContain("TRIMTAB_STORE")
  })

  test("counts its operations where the envelope asks for it: itself, its children, sockets and files", async () => {
    await start()
    const server = createServer((_, response) => void response.end("x".repeat(50_000))).listen(0, "127.0.0.1")
    await once(server, "listening")
    // An IP server has an address with a port.
    const { port } = server.address() as AddressInfo
    const info = await store.put("input/large", new Uint8Array(200_000))
    const file = { $ref: info.key, bytes: info.sizeBytes, sha256: info.sha256 }
    const task = { do: "count operations", n: 60, signal: `http://127.0.0.1:${port}/`, file }
    const { report, errors } = await part([task], { operations: true })
    server.close()
    expect(errors).toEqual([])
    const { operations } = report
    // 60 ms here and 100 ms in a child, of which a busy machine may give less than it takes; and the child's start.
    expect(operations!.userMs + operations!.systemMs).toBeGreaterThan(80)
    expect(operations!.wallMs).toBeGreaterThanOrEqual(160)
    expect(operations!.contextSwitches).toBeGreaterThan(0)
    // The file and the body, with heads and the output that is kept.
    expect(operations!.bytesReceived).toBeGreaterThan(250_000)
    expect(operations!.bytesReceived).toBeLessThan(252_000)
    expect(operations!.bytesSent).toBeGreaterThan(50)
    expect(operations!.ioReadBytes).toBeGreaterThan(250_000)
    expect(operations!.peakMemoryBytes).toBeGreaterThan(20e6)
    expect(operations!.heapBytes).toBeGreaterThan(1e6)
    expect((await part([{ do: "echo" }], { outputKey: "other" })).report.operations).toBeUndefined()
  })

  test("counts its worker processes too", async () => {
    await start()
    const tasks = [1, 2].map(() => ({ do: "burn", n: 200 }))
    const { report } = await part(tasks, { operations: true, processes: 2 })
    expect(report.processes).toBe(2)
    // 400 ms of work in two processes that the parent does not wait for.
    expect(report.operations!.userMs + report.operations!.systemMs).toBeGreaterThan(200)
  })
})

describe("several processes", () => {
  const pids = (results: readonly Json[] | undefined): unknown[] =>
    (results ?? []).map((result) => (result as { pid?: number } | null)?.pid)

  test("each process takes a contiguous piece, and stays for the next invocation", async () => {
    await start()
    const tasks = Array.from({ length: 7 }, (_, n) => ({ do: "echo", n }))
    const { results, report } = await part(tasks, { processes: 3 })
    expect(results).toMatchObject(tasks.map((task) => ({ task })))
    const first = pids(results)
    expect(new Set(first).size).toBe(3)
    expect([first[0] === first[1], first[2] === first[3], first[4] === first[6]]).toEqual([true, true, true])
    expect(report.processes).toBe(3)
    expect(report.peakProcessMB).toBeGreaterThan(10)
    const second = pids((await part(tasks, { processes: 3, outputKey: "second" })).results)
    expect(new Set(second)).toEqual(new Set(first))
    const fewer = await part(tasks.slice(0, 2), { processes: 6, outputKey: "third" })
    expect(fewer.report.processes).toBe(2)
  })

  test("files and errors are the same as in one process", async () => {
    await start()
    const info = await store.put("input/a.txt", new TextEncoder().encode("a"))
    const file = { $ref: info.key, bytes: 1, sha256: info.sha256 }
    const tasks = [{ do: "upper", file }, { do: "throw", n: 3 }, { do: "upper", file }, { do: "bigint" }]
    const { results, errors } = await part(tasks, { processes: 2 })
    expect(errors).toMatchObject([
      { task: 1, errorType: "CodecError", message: "bad frame 3" },
      { task: 3, errorType: "TypeError" },
    ])
    const made = results?.[2] as unknown as { made: FileRef }
    expect(new TextDecoder().decode(await store.get(made.made.$ref))).toBe("A")
    expect(await readdir(join(base, "tmp"))).toEqual([])
  })

  test("results come back where no file can be written", async () => {
    await start({ TMPDIR: "/dev/null" })
    const tasks = [{ do: "echo", n: 1 }, { do: "throw", n: 2 }, { do: "crash" }, { do: "echo", n: 4 }]
    const { results, errors } = await part(tasks, { processes: 2 })
    expect(results).toMatchObject([{ task: { n: 1 } }, null, null, { task: { n: 4 } }])
    expect(errors).toMatchObject([{ task: 1 }, { task: 2, errorType: "Runtime.ExitError" }])
  })

  test("a process that dies costs the task it ran, and another takes the rest", async () => {
    await start()
    const tasks = [{ do: "echo" }, { do: "crash" }, { do: "echo" }, { do: "echo" }, { do: "stray" }, { do: "echo" }]
    const { results, errors } = await part(tasks, { processes: 2 })
    expect(errors).toMatchObject([
      { task: 1, errorType: "Runtime.ExitError", message: expect.stringContaining("SIGKILL") },
      { task: 4, errorType: "Error", message: "stray" },
    ])
    expect(pids(results).map((pid) => typeof pid)).toEqual([
      "number",
      "undefined",
      "number",
      "number",
      "undefined",
      "number",
    ])
    const aborted = await part([{ do: "crash", signal: "SIGABRT" }, { do: "echo" }], {
      processes: 2,
      outputKey: "abort",
    })
    expect(aborted.errors).toMatchObject([{ task: 0, errorType: "Runtime.OutOfMemory" }])
    expect((await part(tasks.slice(2, 4), { processes: 2, outputKey: "next" })).errors).toEqual([])
  })
})

describe("start", () => {
  test("a module that does not load is told by init/error", async () => {
    const broken = join(base, "broken.ts")
    await writeFile(broken, "export const handler = () => 1; throw new RangeError('no model')")
    const good = directory
    const options = {
      functionName: "broken",
      handlerPath: broken,
      threads: "single",
      outDir: join(base, "packages"),
    } as const
    directory = (await packageFunction(options)).directory
    await start()
    directory = good
    const exit = new Promise((resolve) => child.once("exit", resolve))
    expect(JSON.parse(await api.initError)).toMatchObject({ errorType: "RangeError", errorMessage: "no model" })
    expect(await exit).toBe(1)
  })

  test("an instance whose platform is gone ends", async () => {
    await start()
    await api.firstNext
    const exit = new Promise((resolve) => child.once("exit", resolve))
    await api.close()
    expect(await exit).toBe(1)
  })

  test("the Node runtime of AWS imports the same bundle and calls its handler", async () => {
    await start()
    const call = `import { handler } from ${JSON.stringify(join(directory, "index.mjs"))}
      const context = { awsRequestId: "r", getRemainingTimeInMillis: () => 9000 }
      console.log(JSON.stringify(await handler({ do: "echo", n: 4 }, context)))`
    const run = spawn(process.execPath, ["--input-type=module", "-e", call], { stdio: ["ignore", "pipe", "inherit"] })
    const chunks: Buffer[] = []
    run.stdout.on("data", (chunk: Buffer) => chunks.push(chunk))
    await new Promise((resolve) => run.once("close", resolve))
    expect(JSON.parse(Buffer.concat(chunks).toString())).toMatchObject({ task: { n: 4 }, request: "r" })
  })
})
