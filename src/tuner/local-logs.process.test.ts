import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda"
import { afterAll, beforeAll, expect, test } from "vitest"
import { packageFunction } from "../packaging/package-function.ts"
import { connectLocalPlatform, type LocalPlatform } from "../platforms/local/local-platform.ts"
import { statePaths } from "../platforms/local/server-info.ts"
import { awsLambdaPricing } from "../pricing/aws-lambda.ts"
import { invocationMeters } from "../pricing/lambda-meters.ts"
import type { GatheredRun } from "./inspection/gathered-run.ts"
import { logInspector } from "./inspection/inspect.ts"
import { logFiles } from "./inspection/log-files.ts"
import { reconstruct } from "./reconstruction/reconstruct.ts"

// Real functions on the local platform, one of which calls two others as any program would: over the Lambda API, with
// the trace of its own invocation in the header, which is what the AWS SDK does inside a function.

const MAIN = `
import { request } from "node:http"
const call = (port, name, body) => new Promise((resolve, reject) => {
  const headers = { "x-amzn-trace-id": process.env["_X_AMZN_TRACE_ID"] }
  const path = "/2015-03-31/functions/" + name + "/invocations?Qualifier=1024MB"
  const sent = request({ port, method: "POST", path, headers }, (answer) => {
    answer.resume()
    answer.on("end", resolve)
  })
  sent.on("error", reject)
  sent.end(JSON.stringify(body))
})
export async function handler({ port, run }) {
  await call(port, "left", { ms: 20 + (run * 7) % 40 })
  if (run % 2 === 0) await call(port, "right", { ms: 30 + (run * 11) % 50 })
  return run
}
`

const WORK = `export const handler = async ({ ms }) => await new Promise((resolve) => setTimeout(resolve, ms, ms))`

const RUNS = 10

let folder: string
let platform: LocalPlatform

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trimtab-logs-"))
  platform = await connectLocalPlatform({
    stateDir: folder,
    pricing: awsLambdaPricing(),
    meters: invocationMeters,
    vcpuScale: 0.4,
    concurrency: 10,
    idleExitMs: 100,
  })
  for (const [name, code] of [
    ["main", MAIN],
    ["left", WORK],
    ["right", WORK],
  ] as const) {
    const handlerPath = join(folder, `${name}.mjs`)
    await writeFile(handlerPath, code)
    const pkg = await packageFunction({
      functionName: name,
      handlerPath,
      threads: "single",
      outDir: join(folder, "packages"),
    })
    await platform.deploy(pkg, [1024], { timeoutMs: 10_000, environment: {} })
  }
})
afterAll(async () => {
  await platform.close()
  await rm(folder, { recursive: true, force: true })
})

test("functions that call functions are told from the local platform's log alone", async () => {
  const { port } = platform.info
  const client = new LambdaClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: "eu-west-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    maxAttempts: 1,
  })
  for (let run = 0; run < RUNS; run++) {
    const Payload = JSON.stringify({ port, run })
    const answer = await client.send(new InvokeCommand({ FunctionName: "main", Qualifier: "1024MB", Payload }))
    expect(Buffer.from(answer.Payload ?? []).toString()).toBe(String(run))
  }
  client.destroy()
  const runs: GatheredRun[] = []
  const inspector = logInspector({ sources: await logFiles(statePaths(folder).logs), onRun: (run) => runs.push(run) })
  const read = { signal: new AbortController().signal, lastLine: "take" } as const
  await expect
    .poll(
      async () => {
        await inspector.poll(read)
        return inspector.counts.invocations
      },
      { timeout: 10_000 },
    )
    .toBe(RUNS * 2.5)
  inspector.flush()
  const { pipeline, clocks } = reconstruct(runs)
  expect(runs).toHaveLength(RUNS)
  expect(clocks).toEqual([])
  expect(pipeline!.edges.map(({ from, to, kind }) => `${from} ${kind} ${to}`).sort()).toEqual([
    "left after right",
    "main call left",
  ])
  expect(pipeline!.steps.map(({ name, probability }) => [name, probability])).toEqual([
    ["main", 1],
    ["left", 1],
    ["right", 0.5],
  ])
  const [main] = pipeline!.steps
  expect(main!.ownMs.p50).toBeLessThan(main!.durationMs.p50)
  expect(pipeline!.criticalPaths.map(({ path }) => path.join())).toEqual(
    expect.arrayContaining(["main,left", "main,left,right"]),
  )
})
