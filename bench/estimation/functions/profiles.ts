import { createHash } from "node:crypto"
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { realClock } from "../../../src/base/clock.ts"
import type { Json } from "../../../src/base/json.ts"
import type { OperationProfile } from "../../../src/estimation/operation-profile.ts"
import { packageFunction } from "../../../src/packaging/package-function.ts"
import { connectLocalPlatform } from "../../../src/platforms/local/local-platform.ts"
import type { FunctionPackage } from "../../../src/platforms/platform.ts"
import { awsLambdaPricing } from "../../../src/pricing/aws-lambda.ts"
import { invocationMeters } from "../../../src/pricing/lambda-meters.ts"
import type { Place } from "../../../src/profiling/call-instance.ts"
import { profileOperations } from "../../../src/profiling/operation-profile.ts"
import { fsStore } from "../../../src/stores/fs/fs-store.ts"
import type { Store } from "../../../src/stores/store.ts"
import { STORE_VARIABLE } from "../../../src/wrapper/environment.ts"

export interface ProfiledFunction {
  readonly id: string
  readonly handlerPath: string
  readonly threads: "single" | "multi"
  readonly task: Json
}

/** Two vCPUs at one core each: a thread or two are never held back. */
const FULL_CPU_MB = 3538
const PERIOD_MS = 20

/** Invocations before the first that counts: the cold one, and one for the compiler of V8. */
const WARM_UPS = 2

/**
 * The operations of each function by its id, each in an instance of its own on a platform that gives full cores. What
 * was profiled before a cut is kept in the system's folder for temporary files until `forgetProfiles`.
 */
export async function profileAll(
  name: string,
  functions: readonly ProfiledFunction[],
  environment: Readonly<Record<string, string>>,
  prepare: (store: Store) => Promise<void> = async () => {},
): Promise<ReadonlyMap<string, OperationProfile>> {
  const stateDir = await mkdtemp(join(tmpdir(), "trimtab-profiles-"))
  const store = fsStore(join(stateDir, "store"))
  try {
    const packages = await packageModules(functions, join(stateDir, "packages"))
    const known = openKept(name, JSON.stringify([functions, [...packages.values()].map((pkg) => pkg.codeSha256)]))
    const missing = functions.filter(({ id }) => !known.profiles.has(id))
    if (missing.length === 0) return known.profiles
    await prepare(store)
    await onPlatform(stateDir, async (platform) => {
      const place: Place = { platform, store, clock: realClock, signal: new AbortController().signal }
      for (const [done, profiled] of missing.entries()) {
        const pkg = { ...packages.get(profiled.handlerPath)!, functionName: `profile-${profiled.id}` }
        const variables = { ...environment, [STORE_VARIABLE]: store.url! }
        known.keep(profiled.id, await profileOne(place, { ...profiled, pkg, environment: variables }))
        await platform.teardown({ kind: "function", functionName: pkg.functionName })
        if (done % 25 === 0) process.stderr.write(`${name}: ${done} of ${missing.length} profiled\n`)
      }
    })
    return known.profiles
  } finally {
    await rm(stateDir, { recursive: true, force: true })
  }
}

async function profileOne(
  place: Place,
  { pkg, threads, task, environment }: ProfiledFunction & { pkg: FunctionPackage; environment: Record<string, string> },
): Promise<OperationProfile> {
  return await profileOperations(place, {
    pkg: { ...pkg, threads },
    tasks: [task],
    memoryMB: FULL_CPU_MB,
    environment,
    timeoutMs: 60_000,
    periodMs: PERIOD_MS,
    warmUps: WARM_UPS,
    key: `profile/${pkg.functionName}`,
  })
}

/** One package for each module: functions that share a module share its files. */
async function packageModules(
  functions: readonly ProfiledFunction[],
  outDir: string,
): Promise<ReadonlyMap<string, FunctionPackage>> {
  const packages = new Map<string, FunctionPackage>()
  for (const { handlerPath, threads } of functions) {
    if (packages.has(handlerPath)) continue
    packages.set(handlerPath, await packageFunction({ functionName: "profiled", handlerPath, threads, outDir }))
  }
  return packages
}

async function onPlatform(stateDir: string, work: (platform: Place["platform"]) => Promise<void>): Promise<void> {
  const platform = await connectLocalPlatform({
    stateDir,
    admission: "off",
    idleExitMs: 500,
    pricing: awsLambdaPricing(),
    meters: invocationMeters,
  })
  try {
    await work(platform)
  } finally {
    await platform.teardown({ kind: "all" })
    await platform.close()
  }
}

interface Kept {
  readonly profiles: Map<string, OperationProfile>
  readonly keep: (id: string, profile: OperationProfile) => void
}

/** Removes what was kept: the next measurement begins anew. */
export function forgetProfiles(name: string): void {
  for (const file of readdirSync(KEPT)) if (file.startsWith(keptPrefix(name))) rmSync(join(KEPT, file))
}

const KEPT = join(tmpdir(), "trimtab-measure")

function keptPrefix(name: string): string {
  return `${name}-profiles-`
}

/** Profiles of an earlier start of the same functions and code. */
function openKept(name: string, identity: string): Kept {
  const hash = createHash("sha256").update(identity).digest("hex").slice(0, 16)
  const path = join(KEPT, `${keptPrefix(name)}${hash}.ndjson`)
  mkdirSync(KEPT, { recursive: true })
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : []
  // The last line is empty, or was cut off.
  const whole = lines.slice(0, -1)
  writeFileSync(path, whole.map((line) => `${line}\n`).join(""))
  const profiles = new Map(whole.map((line) => JSON.parse(line) as [string, OperationProfile]))
  return {
    profiles,
    keep: (id, profile) => {
      profiles.set(id, profile)
      appendFileSync(path, `${JSON.stringify([id, profile])}\n`)
    },
  }
}
