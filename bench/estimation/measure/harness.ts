import { mkdtemp, rm } from "node:fs/promises"
import { cpus, tmpdir } from "node:os"
import { join } from "node:path"
import { realClock } from "../../../src/base/clock.ts"
import { packageFunction } from "../../../src/packaging/package-function.ts"
import { connectLocalPlatform, type LocalPlatform } from "../../../src/platforms/local/local-platform.ts"
import type { FunctionPackage } from "../../../src/platforms/platform.ts"
import { awsLambdaPricing } from "../../../src/pricing/aws-lambda.ts"
import { invocationMeters } from "../../../src/pricing/lambda-meters.ts"
import { fsStore } from "../../../src/stores/fs/fs-store.ts"
import type { Store } from "../../../src/stores/store.ts"
import { STORE_VARIABLE } from "../../../src/wrapper/environment.ts"
import { writeData } from "./data-file.ts"
import { lanesOf } from "./lane.ts"
import { DEFAULT_TIMEOUT_MS, type MeasurePlan } from "./plan.ts"
import { progressOf } from "./progress.ts"
import { runVisits } from "./schedule.ts"
import { openScratch } from "./scratch.ts"

export interface MeasureHooks {
  /** Where the data file goes; default bench/estimation/data. */
  readonly folder?: string
  /** Where the raw results go; default a file in the system's folder for temporary ones, named after the plan. */
  readonly scratchPath?: string
  /** Puts what the tasks name into the store of the functions, before the first call. */
  readonly prepare?: (store: Store) => Promise<void>
}

/**
 * Measures the cells of a plan warm on a local platform of its own and writes the dated data file; returns its path.
 *
 * A lane is one function at one size: one instance, one call at a time. Rounds go over all cells, then over all of them
 * again, so that a slow drift of the machine shows as noise and not as bias. The first call of an instance with some
 * number of processes is not measured; one that turns out cold is made again, and so is one that the platform marks
 * contended, `maxRetries` times. A cell whose call fails (memory, timeout) is measured no further; `origin.failed`
 * names it. Cut off by SIGINT, SIGTERM or a fault it goes on at the next start with the same plan and code, from the
 * raw results; a kill loses at most the calls under way. Progress and time left go to stderr.
 */
export async function measure(plan: MeasurePlan, hooks: MeasureHooks = {}): Promise<string> {
  const stateDir = await mkdtemp(join(tmpdir(), "trimtab-measure-"))
  const interrupt = new AbortController()
  const stop = (): void => interrupt.abort(new Error("cut off; the same command goes on from here"))
  process.once("SIGINT", stop)
  process.once("SIGTERM", stop)
  try {
    return await measureIn(stateDir, plan, { ...hooks, signal: interrupt.signal })
  } finally {
    process.off("SIGINT", stop)
    process.off("SIGTERM", stop)
    await rm(stateDir, { recursive: true, force: true })
  }
}

async function measureIn(
  stateDir: string,
  plan: MeasurePlan,
  hooks: MeasureHooks & { readonly signal: AbortSignal },
): Promise<string> {
  const packages = await packageAll(plan, join(stateDir, "packages"))
  const platform = await connectLocalPlatform({
    stateDir,
    vcpuScale: plan.vcpuScale,
    // The schedule keeps calls apart by what they can use, which the platform cannot know.
    admission: "off",
    concurrency: 1000,
    keepAliveMs: 3_600_000,
    idleExitMs: 500,
    pricing: awsLambdaPricing(),
    meters: invocationMeters,
  })
  try {
    const store = fsStore(join(stateDir, "store"))
    await deployAll(plan, { platform, packages, store })
    await hooks.prepare?.(store)
    return await measureOn(platform, store, { plan, packages, hooks })
  } finally {
    await platform.teardown({ kind: "all" })
    await platform.close()
  }
}

interface Measuring {
  readonly plan: MeasurePlan
  readonly packages: readonly FunctionPackage[]
  readonly hooks: MeasureHooks & { readonly signal: AbortSignal }
}

async function measureOn(platform: LocalPlatform, store: Store, { plan, packages, hooks }: Measuring): Promise<string> {
  const hashes = packages.map((pkg) => pkg.codeSha256)
  const scratch = openScratch(plan, hashes, hooks.scratchPath)
  const runs = [...scratch.found]
  const failed = new Map<number, string>()
  const progress = progressOf(plan, runs.length)
  const place = { platform, store, clock: realClock, signal: hooks.signal }
  const visits = lanesOf(plan, {
    place,
    startedAtMs: scratch.startedAtMs,
    done: runs.map((run) => run.cell),
    keep: (run) => {
      runs.push(run)
      scratch.append(run)
      progress.add(run)
    },
    fail: (cell, message) => failed.set(cell, message),
    isFailed: (cell) => failed.has(cell),
  })
  const startMs = performance.now()
  const cores = cpus().length
  await runVisits(visits, {
    cores: (plan.loadShare ?? 0.85) * cores,
    width: plan.order === "serial" ? 1 : 24,
    lookahead: plan.order === "serial" ? 0 : 1,
    mayBegin: (round) => round === 0 || performance.now() - startMs < (plan.budgetMs ?? Infinity),
  })
  progress.end()
  const names = [...failed].map(([cell, message]) => `${plan.cells[cell]!.functionName}: ${message}`)
  const notes = names.length === 0 ? plan.notes : { ...plan.notes, failed: names }
  const written = notes === undefined ? plan : { ...plan, notes }
  const path = writeData(written, platform, { runs, startedAtMs: scratch.startedAtMs }, hooks.folder)
  scratch.remove()
  process.stderr.write(`wrote ${path}\n`)
  return path
}

async function packageAll({ functions }: MeasurePlan, outDir: string): Promise<readonly FunctionPackage[]> {
  const packages: FunctionPackage[] = []
  for (const { name, handlerPath, threads = "single", external = [] } of functions)
    packages.push(await packageFunction({ functionName: name, handlerPath, threads, external, outDir }))
  return packages
}

interface Deployment {
  readonly platform: LocalPlatform
  readonly packages: readonly FunctionPackage[]
  readonly store: Store
}

async function deployAll(plan: MeasurePlan, { platform, packages, store }: Deployment): Promise<void> {
  const storeUrl = plan.store === true && store.url !== null ? { [STORE_VARIABLE]: store.url } : {}
  const environment = { ...storeUrl, ...plan.environment }
  for (const pkg of packages) {
    const sizes = plan.cells.filter((cell) => cell.functionName === pkg.functionName).map((cell) => cell.memoryMB)
    await platform.deploy(
      pkg,
      [...new Set(sizes)].sort((a, b) => a - b),
      { timeoutMs: plan.timeoutMs ?? DEFAULT_TIMEOUT_MS, environment },
    )
  }
}
