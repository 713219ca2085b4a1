import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { realClock } from "../../src/base/clock.ts"
import { silentLogger } from "../../src/base/logger.ts"
import type { Json } from "../../src/base/json.ts"
import { restateClient, type RestateClient } from "../../src/engine/restate/restate-client.ts"
import { startRestateWorker, type RestateWorker } from "../../src/engine/restate/restate-worker.ts"
import { carriedInput, runRequest } from "../../src/engine/restate/run-request.ts"
import { fakePlatform, type FakePlatform } from "../../src/engine/testing/fake-platform.ts"
import { fakePolicy } from "../../src/engine/testing/fake-policy.ts"
import { GOAL } from "../../src/engine/testing/test-engine.ts"
import { testEngineShapes, type EngineSetup } from "../../src/engine/testing/test-engine-shapes.ts"
import { memoryStore } from "../../src/stores/memory-store.ts"
import type { RunResult } from "../../src/workflow/run-result.ts"
import { chain } from "../../src/workflow/testing/workflows.ts"
import type { Workflow } from "../../src/workflow/workflow.ts"
import { freePorts, startRestateServer, type RestateServer } from "./restate-server.ts"

const folder = mkdtempSync(join(tmpdir(), "trimtab-restate-"))
const store = memoryStore()
const workers: RestateWorker[] = []
let server: RestateServer
let runs = 0

beforeAll(async () => {
  server = await startRestateServer({ folder })
})

afterAll(async () => {
  await server.kill()
  for (const worker of workers) await worker.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Serving {
  readonly client: RestateClient
  readonly platform: FakePlatform
  readonly run: (workflow: Workflow, input: Json, runId?: string) => Promise<RunResult>
}

/** A worker of its own service, and a client of it. */
function serving({ script, policy }: EngineSetup): Serving {
  const service = `shapes-${runs++}`
  const platform = fakePlatform({ clock: realClock, ...(script === undefined ? {} : { script }) })
  const client = restateClient({ address: server.address, service, clock: realClock })
  const ready = (async (): Promise<void> => {
    const worker = await startRestateWorker({
      service,
      platform,
      store,
      clock: realClock,
      logger: silentLogger,
      policyFor: () => fakePolicy(policy),
    })
    workers.push(worker)
    await client.register(`http://127.0.0.1:${worker.port}`)
  })()
  const run = async (workflow: Workflow, input: Json, runId = `${service}-${runs++}`): Promise<RunResult> => {
    await ready
    const carried = await carriedInput(runId, input, { store, clock: realClock })
    const request = runRequest({ runId, workflow, goal: GOAL, input: carried, policy: null })
    await client.start(request)
    return client.result(request, { store, signal: AbortSignal.timeout(60_000) })
  }
  return { client, platform, run }
}

testEngineShapes("restate", (setup) => {
  const { run, platform } = serving(setup)
  return { run, calls: platform.calls }
})

describe("a run of a Restate server", () => {
  test("is one for one id, also when it is asked for twice; other work under the id is refused", async () => {
    const { run, platform } = serving({})
    const first = await run(chain, 1, "same")
    expect(await run(chain, 1, "same")).toEqual(first)
    expect(platform.calls).toHaveLength(3)
    await expect(run(chain, 2, "same")).rejects.toMatchObject({ code: "usage" })
  })

  test("is listed, and ends when it is cancelled; nothing new starts", async () => {
    const began = Promise.withResolvers<void>()
    const { run, client, platform } = serving({
      script: () => {
        began.resolve()
        return { durationMs: 30_000 }
      },
    })
    const result = run(chain, 1, "long")
    await began.promise
    expect(await client.runs()).toMatchObject([{ runId: "long", status: "running" }])
    expect(await client.cancel("long")).toBe(true)
    expect(await result).toMatchObject({ status: "cancelled", output: null })
    expect(platform.calls).toHaveLength(1)
    expect(await client.cancel("long")).toBe(false)
    expect(await client.cancel("never was")).toBe(false)
  })
})

describe("a client", () => {
  test("says in one sentence that no server answers, and what to do", async () => {
    const [port = 0] = await freePorts(1)
    const url = `http://127.0.0.1:${port}`
    const client = restateClient({ address: { ingressUrl: url, adminUrl: url }, service: "s", clock: realClock })
    await expect(client.register("http://127.0.0.1:2")).rejects.toThrow(
      `no Restate server answers at ${url} (ECONNREFUSED); start one`,
    )
  })

  test("says that no worker serves the workflow", async () => {
    const client = restateClient({ address: server.address, service: "nobody", clock: realClock })
    const request = runRequest({ runId: "r", workflow: chain, goal: GOAL, input: { value: 1 }, policy: null })
    await expect(client.start(request)).rejects.toThrow("no worker serves nobody")
  })
})
