import { mkdtempSync, rmSync } from "node:fs"
import { createServer, type Http2Server } from "node:http2"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as sdk from "@restatedev/restate-sdk"
import { afterAll, beforeAll } from "vitest"
import { realClock } from "../../src/base/clock.ts"
import type { Json } from "../../src/base/json.ts"
import { restateClient } from "../../src/engine/restate/restate-client.ts"
import { restatePort } from "../../src/engine/restate/restate-port.ts"
import { Crash, testDurablePort, type Script } from "../../src/engine/testing/test-durable-port.ts"
import { memoryStore } from "../../src/stores/memory-store.ts"
import { startRestateServer, type RestateServer } from "./restate-server.ts"

const SERVICE = "scripts"
const folder = mkdtempSync(join(tmpdir(), "trimtab-restate-"))
const store = memoryStore()
const scripts = new Map<string, { readonly script: Script; attempt: number; error: unknown }>()
let doubled = 0
let server: RestateServer
let endpoint: Http2Server

beforeAll(async () => {
  server = await startRestateServer({ folder })
  const handlers = { play, double }
  const options = { retryPolicy: { initialInterval: 20, maxInterval: 100 } }
  const service = sdk.service({ name: SERVICE, handlers, options })
  // oxlint-disable-next-line no-empty-function -- crashes are what is tested
  endpoint = createServer(sdk.createEndpointHandler({ services: [service], logger: () => {} }))
  await new Promise<void>((resolve) => void endpoint.listen(0, "127.0.0.1", resolve))
  const { port } = endpoint.address() as AddressInfo
  await restateClient({ address: server.address, service: SERVICE, clock: realClock }).register(
    `http://127.0.0.1:${port}`,
  )
})

afterAll(async () => {
  await server.kill()
  endpoint.close()
  rmSync(folder, { recursive: true, force: true })
})

testDurablePort("restate", () => ({
  run: runOver,
  doubling: { target: { handler: "double" }, calls: () => doubled },
}))

/** Each attempt of the invocation plays the script: a crash is one that the server begins again. */
async function play(context: sdk.Context, id: string): Promise<Json> {
  const playing = scripts.get(id)!
  const port = restatePort({
    sdk,
    context,
    runId: id,
    service: SERVICE,
    store,
    clock: realClock,
    signal: context.request().attemptCompletedSignal,
    attach: () => ({ basis: -1, next: [] }),
    // oxlint-disable-next-line no-empty-function -- nothing is attached
    onAttached: () => {},
  })
  try {
    return await playing.script(port, playing.attempt++)
  } catch (error) {
    if (!(error instanceof Crash)) {
      playing.error = error
      throw new sdk.TerminalError(String(error))
    }
    throw error
  } finally {
    port.close(new Error("over"))
  }
}

async function double(context: sdk.Context, n: number): Promise<{ atMs: number; value: number }> {
  doubled++
  return { atMs: await context.date.now(), value: 2 * n }
}

let runs = 0

async function runOver<T extends Json>(script: Script<T>): Promise<T> {
  const id = `script-${runs++}`
  scripts.set(id, { script, attempt: 0, error: null })
  const response = await fetch(`${server.address.ingressUrl}/${SERVICE}/play`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": id },
    body: JSON.stringify(id),
  })
  const { error } = scripts.get(id)!
  if (error !== null) throw error
  if (!response.ok) throw new Error(await response.text())
  return (await response.json()) as T
}
