import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { LambdaClient, CreateFunctionCommand, InvokeCommand } from "@aws-sdk/client-lambda"
import { afterEach, describe, expect, test } from "vitest"
import { parseLog, type PlatformReport } from "../../../protocol/platform-report.ts"
import { probePackage, type ProbeEvent } from "../../testing/probe.ts"
import { DEFAULT_SERVER_OPTIONS, type ServerOptions } from "../options.ts"
import { LocalServer } from "../server.ts"
import { detectLayer } from "./detect.ts"
import type { LayerName } from "./layer.ts"

/** What this machine holds; the tests of a layer that it does not offer are skipped, and say so. */
const held = await heldLayers(["cgroup-v2", "cgroup-v1", "signals"])
const groups = held.filter((name) => name !== "signals")

async function heldLayers(names: readonly LayerName[]): Promise<LayerName[]> {
  const found: LayerName[] = []
  for (const name of names) {
    const { layer } = await detectLayer(`trimtab-test-${process.pid}`, name)
    if (layer.name === name) found.push(name)
    await layer.close()
  }
  return found
}

describe("limits of real processes", () => {
  let close: () => Promise<void> = async () => {}

  afterEach(async () => {
    await close()
  })

  interface Ran {
    readonly report: PlatformReport
    readonly payload: unknown
  }

  /** Starts a server, deploys the probe at one size, and returns how to call it. */
  async function start(
    options: Partial<ServerOptions>,
    memoryMB: number,
    variables: Record<string, string> = {},
  ): Promise<(event: ProbeEvent) => Promise<Ran>> {
    const stateDir = await mkdtemp(join(tmpdir(), "trimtab-limits-"))
    const server = await LocalServer.start({ ...DEFAULT_SERVER_OPTIONS, stateDir, ...options })
    const client = new LambdaClient({
      endpoint: `http://127.0.0.1:${server.info.port}`,
      region: "local",
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
      maxAttempts: 1,
    })
    close = async () => {
      client.destroy()
      await server.close()
      await rm(stateDir, { recursive: true, force: true })
    }
    const Code = { S3Bucket: "file", S3Key: probePackage("probe").directory }
    const Environment = { Variables: variables }
    await client.send(
      new CreateFunctionCommand({
        FunctionName: "probe",
        Role: "r",
        Code,
        MemorySize: memoryMB,
        Timeout: 60,
        Environment,
      }),
    )
    return async (event) => {
      const Payload = JSON.stringify(event)
      const answer = await client.send(new InvokeCommand({ FunctionName: "probe", LogType: "Tail", Payload }))
      const tail = Buffer.from(answer.LogResult ?? "", "base64").toString("utf8")
      const text = Buffer.from(answer.Payload ?? []).toString("utf8")
      return { report: parseLog(tail)[0]!, payload: JSON.parse(text) as unknown }
    }
  }

  // A limit can only be missed upwards: a busy machine makes a call slower, never faster. So the bounds are lower
  // bounds of the time, with room for the first period, which is free.

  test.for(held)("%s: a quarter of a vCPU takes at least four times the CPU time", async (enforcement) => {
    const run = await start({ enforcement }, 442)
    await run({ do: "nothing" })
    const { report } = await run({ do: "burn", cpuMs: 200 })
    expect(report.details?.enforced).toBe(enforcement)
    expect(report.details?.cpuMs).toBeGreaterThan(190)
    expect(report.durationMs).toBeGreaterThan(0.85 * 4 * 200)
    expect(report.details?.throttledMs).toBeGreaterThan(200)
  })

  test.for(held)("%s: memory beyond the limit is killed, also in a child", async (enforcement) => {
    const run = await start({ enforcement }, 442)
    expect((await run({ do: "allocate", mb: 700 })).payload).toMatchObject({ errorType: "Runtime.OutOfMemory" })
    expect((await run({ do: "allocate-in-child", mb: 700 })).payload).toMatchObject({
      errorType: "Runtime.OutOfMemory",
    })
    expect((await run({ do: "allocate", mb: 64 })).report.maxMemoryUsedMB).toBeGreaterThan(64)
  })

  test.for(held)("%s: at scale 0.5 a process of a single-threaded function has one vCPU", async (enforcement) => {
    const run = await start({ enforcement, vcpuScale: 0.5 }, 3538)
    await run({ do: "nothing" })
    const { report } = await run({ do: "burn", cpuMs: 200 })
    // One vCPU is half a core, although the group has a whole one.
    expect(report.durationMs).toBeGreaterThan(0.85 * 2 * 200)
    const two = await run({ do: "burn-in", processes: 2, cpuMs: 200 })
    expect(two.report.durationMs).toBeGreaterThan(0.85 * 2 * 200)
    if (enforcement !== "signals") expect(new Set(cpuGroups(two.payload)).size).toBe(2)
  })

  test.for(groups)(
    "%s: the processes of a multi-threaded function share the group's limit alone",
    async (enforcement) => {
      const run = await start({ enforcement, vcpuScale: 0.5 }, 3538, { TRIMTAB_THREADS: "multi" })
      const two = await run({ do: "burn-in", processes: 2, cpuMs: 20 })
      expect(new Set(cpuGroups(two.payload)).size).toBe(1)
    },
  )
})

/** The cpu group of each child of a `burn-in`, from what they read in /proc/self/cgroup. */
function cpuGroups(payload: unknown): string[] {
  const { groups } = payload as { readonly groups: readonly string[] }
  return groups.map((text) => text.split("\n").find((line) => /^\d+:([a-z,]*\bcpu\b[a-z,]*)?:/.test(line)) ?? "")
}
