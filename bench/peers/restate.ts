/**
 * `node restate.ts ours|bare <port> <ingress> <admin> <server pid> <warm-up> <one> <fifty>`: barrier16 on a Restate server,
 * by our engine or by a handler that a user would write.
 */
import { createServer } from "node:http2"
import { realClock } from "../../src/base/clock.ts"
import { silentLogger } from "../../src/base/logger.ts"
import { restateClient } from "../../src/engine/restate/restate-client.ts"
import { startRestateWorker } from "../../src/engine/restate/restate-worker.ts"
import { runRequest } from "../../src/engine/restate/run-request.ts"
import { CRASH_GOAL } from "../../src/engine/testing/crash-shapes.ts"
import { fakePolicy } from "../../src/engine/testing/fake-policy.ts"
import { noOpPlatform } from "../../src/engine/testing/no-op-platform.ts"
import { memoryStore } from "../../src/stores/memory-store.ts"
import { barrier16 } from "../../src/workflow/testing/workflows.ts"
import { measurePeer, sizesFrom } from "./drive.ts"
import { load } from "./load.ts"
import { treeCpuMs } from "./process-cpu.ts"

const [mode = "", port = "0", ingressUrl = "", adminUrl = "", pid = "0", ...sizes] = process.argv.slice(2)
const service = `bench-${mode}`
if (mode === "ours") await serveOurs()
else await serveBare()
const client = restateClient({ address: { ingressUrl, adminUrl }, service, clock: realClock })
await client.register(`http://127.0.0.1:${port}`)

async function serveOurs(): Promise<void> {
  const policy = fakePolicy({ forget: true, latencyMs: 0, mappingDelayMs: 0 })
  await startRestateWorker({
    service,
    platform: noOpPlatform(realClock),
    store: memoryStore(),
    clock: realClock,
    logger: silentLogger,
    policyFor: () => policy,
    port: Number(port),
  })
}

/** Of Restate's SDK, what the bare handler uses. */
interface Sdk {
  readonly service: (definition: object) => unknown
  readonly createEndpointHandler: (options: object) => Parameters<typeof createServer>[1]
  readonly RestatePromise: { all(promises: readonly PromiseLike<unknown>[]): PromiseLike<unknown> }
}

interface Context {
  run(name: string, step: () => number): PromiseLike<number>
}

/** Start, seven, a barrier, seven, end: each step recorded, those of a layer at once. */
async function serveBare(): Promise<void> {
  const sdk = await load<Sdk>("@restatedev/restate-sdk")
  const step = (context: Context, name: string): PromiseLike<number> => context.run(name, () => 0)
  const layer = (context: Context, name: string): PromiseLike<unknown> =>
    sdk.RestatePromise.all([1, 2, 3, 4, 5, 6, 7].map((i) => step(context, `${name}${i}`)))
  const run = async (context: Context): Promise<number> => {
    await step(context, "start")
    await layer(context, "x")
    await layer(context, "y")
    return step(context, "end")
  }
  const handler = sdk.createEndpointHandler({
    services: [sdk.service({ name: service, handlers: { run } })],
    // oxlint-disable-next-line no-empty-function -- nothing to say
    logger: () => {},
  })
  await new Promise<void>((resolve) => void createServer(handler).listen(Number(port), "127.0.0.1", resolve))
}

async function play(n: number): Promise<void> {
  const runId = `${mode}-${process.pid}-${n}`
  const input = { value: null }
  const request = runRequest({ runId, workflow: barrier16, goal: CRASH_GOAL, input, policy: null })
  const response = await fetch(`${ingressUrl}/${service}/run`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": runId },
    body: mode === "ours" ? JSON.stringify(request) : "null",
  })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  if (mode === "ours" && !text.includes('"status":"succeeded"')) throw new Error(text)
}

const report = await measurePeer(sizesFrom(sizes), play, () => treeCpuMs(Number(pid)))
process.stdout.write(`${JSON.stringify(report)}\n`)
process.exit(0)
