import { readdirSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Meters, Pricing } from "../../pricing/pricing.ts"
import { probePackage } from "../testing/probe.ts"
import { SUITE_CONCURRENCY, testPlatform, type PlatformUnderTest } from "../testing/test-platform.ts"
import { connectLocalPlatform } from "./local-platform.ts"
import { statePaths } from "./server-info.ts"

const free: Pricing = {
  name: "free",
  date: "2026-01-01",
  bill: () => ({ lines: [], picoUsd: 0n, complete: true }),
  usdPerGbSecond: 0,
  usdPerRequest: 0,
}

function meters(invocation: { readonly memoryMB: number; readonly billedMs: number }): Meters {
  return [
    { meter: "requests", quantity: 1n },
    { meter: "duration", quantity: BigInt(invocation.memoryMB * invocation.billedMs) },
  ]
}

/** At this scale 50 instances of 128 MB are within the vCPU of two cores. */
const SCALE = 0.4

async function create(): Promise<PlatformUnderTest> {
  const stateDir = await mkdtemp(join(tmpdir(), "trimtab-local-"))
  const platform = await connectLocalPlatform({
    stateDir,
    pricing: free,
    meters,
    vcpuScale: SCALE,
    concurrency: SUITE_CONCURRENCY,
    idleExitMs: 100,
  })
  return {
    platform,
    probe: probePackage,
    // Work folders go with their instances; the call before this one waited for them.
    leftovers: async () => readdirSync(join(statePaths(stateDir).run, platform.info.serverId)),
    dispose: async () => {
      await platform.close()
      await rm(stateDir, { recursive: true, force: true })
    },
  }
}

testPlatform("local", create)
