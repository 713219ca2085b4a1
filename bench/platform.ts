import { spawn } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { packageFunction } from "../src/packaging/package-function.ts"
import { connectLocalPlatform, type LocalPlatform } from "../src/platforms/local/local-platform.ts"
import type { FunctionPackage, FunctionVariant } from "../src/platforms/platform.ts"
import { awsLambdaPricing } from "../src/pricing/aws-lambda.ts"
import { invocationMeters } from "../src/pricing/lambda-meters.ts"
import type { InvocationRecord } from "../src/protocol/invocation-record.ts"
import { isContended } from "../src/protocol/record-of-report.ts"
import { vcpus } from "../src/workflow/limits.ts"
import type { BenchResult } from "./bench.ts"

/**
 * What the local platform enforces against what it promises: CPU time over vCPU, two processes against one, and a
 * cold start against the bare start of Node. Contended records are repeated, and counted.
 */
export async function bench({ full }: { readonly full: boolean }): Promise<BenchResult> {
  const directory = await mkdtemp(join(tmpdir(), "trimtab-bench-"))
  const rows: unknown[] = []
  try {
    const handlerPath = fileURLToPath(new URL("./platform/burn.ts", import.meta.url))
    const pkg = await packageFunction({ functionName: "burn", handlerPath, threads: "single", outDir: directory })
    const whole = await onPlatform(join(directory, "whole"), 1, async (platform) => ({
      cpu: await cpuErrors({ platform, pkg, sizes: WHOLE_SIZES, full }, rows),
      starts: await coldStarts({ platform, pkg, directory, full }, rows),
      enforcement: platform.info.enforcement,
    }))
    const half = await onPlatform(join(directory, "half"), 0.5, async (platform) => ({
      cpu: await cpuErrors({ platform, pkg, sizes: HALF_SIZES, full }, rows),
      speedup: await processSpeedup({ platform, pkg, full }, rows),
    }))
    return resultOf({ whole, half, rows })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** At scale 1 up to one vCPU; at scale 0.5 up to two. */
const WHOLE_SIZES = [128, 256, 442, 512, 885, 1024, 1536, 1769]
const HALF_SIZES = [128, 512, 1024, 1769, 2654, 3538]

/** Ideal wall time of each measurement: 60 scheduler periods of 20 ms. */
const IDEAL_MS = 1200

const TIMEOUT_MS = 60_000

/** Tries for one uncontended record before it stands as it is. */
const MAX_TRIES = 8

interface Setting {
  readonly platform: LocalPlatform
  readonly pkg: FunctionPackage
  readonly full: boolean
}

async function onPlatform<T>(
  stateDir: string,
  vcpuScale: number,
  use: (platform: LocalPlatform) => Promise<T>,
): Promise<T> {
  const platform = await connectLocalPlatform({
    stateDir,
    vcpuScale,
    idleExitMs: 500,
    pricing: awsLambdaPricing(),
    meters: invocationMeters,
  })
  try {
    return await use(platform)
  } finally {
    await platform.teardown({ kind: "all" })
    await platform.close()
  }
}

interface Measured {
  readonly record: InvocationRecord
  /** Contended records before this one. */
  readonly repeated: number
  readonly contended: boolean
}

/** One invocation of `processes` tasks; again while the machine, not the quota, kept it waiting. */
async function measure(platform: LocalPlatform, variant: FunctionVariant, work: Work): Promise<Measured> {
  for (let repeated = 0; ; repeated++) {
    const record = await invoke(platform, variant, work)
    const contended = isContended(record)
    if (!contended || repeated + 1 >= MAX_TRIES) return { record, repeated, contended }
  }
}

interface Work {
  readonly cpuMs: number
  readonly processes: number
}

let invocations = 0

async function invoke(platform: LocalPlatform, variant: FunctionVariant, work: Work): Promise<InvocationRecord> {
  const key = `bench/${++invocations}`
  const tasks = Array.from({ length: work.processes }, () => ({ cpuMs: work.cpuMs }))
  const deadlineMs = Date.now() + TIMEOUT_MS
  const header = { v: 1, key, repeat: 0, part: [0, 1], processes: work.processes, call: "handler", tasks }
  const payload = { $trimtab: { ...header, outputKey: key, deadlineMs } }
  const outcome = await platform.invoke(
    { variant, payload, idempotencyKey: key, repeat: 0, timeoutMs: TIMEOUT_MS },
    AbortSignal.timeout(2 * TIMEOUT_MS),
  )
  if (outcome.kind !== "ok") throw new Error(`the bench's function ended as ${outcome.kind}`)
  return outcome.record
}

interface CpuErrors {
  readonly maxPct: number
  readonly contended: number
  readonly records: number
}

/** |wall / (CPU / cores) - 1| per size, in percent: the median over the repetitions, then the largest of the sizes. */
async function cpuErrors(
  setting: Setting & { readonly sizes: readonly number[] },
  rows: unknown[],
): Promise<CpuErrors> {
  const { platform, pkg, sizes, full } = setting
  const scale = platform.info.vcpuScale
  const variants = await platform.deploy(pkg, sizes, { timeoutMs: TIMEOUT_MS, environment: {} })
  let maxPct = 0
  let contended = 0
  let records = 0
  for (const variant of variants) {
    const granted = vcpus(platform.limits, variant.memoryMB)
    // One process has at most one vCPU; more than that needs several.
    const processes = Math.ceil(granted - 1e-9)
    const cores = granted * scale
    const work = { cpuMs: (IDEAL_MS * cores) / processes, processes }
    await invoke(platform, variant, { cpuMs: 1, processes })
    const errors: number[] = []
    for (let repetition = 0; repetition < (full ? 9 : 3); repetition++) {
      const { record, repeated, contended: still } = await measure(platform, variant, work)
      const idealMs = (record.cpuMs ?? 0) / cores
      const errorPct = 100 * (record.durationMs / idealMs - 1)
      errors.push(errorPct)
      contended += repeated + (still ? 1 : 0)
      records += repeated + 1
      rows.push({
        kind: "cpu",
        scale,
        memoryMB: variant.memoryMB,
        processes,
        cores: round(cores),
        cpuMs: record.cpuMs,
        durationMs: record.durationMs,
        idealMs: round(idealMs),
        errorPct: round(errorPct),
        throttledMs: record.throttledMs,
        contentionMs: record.contentionMs,
        repeated,
        contended: still,
      })
    }
    maxPct = Math.max(maxPct, Math.abs(median(errors)))
  }
  return { maxPct, contended, records }
}

/** Wall time of the same work in one process over that in two, both at two vCPU. */
async function processSpeedup({ platform, pkg, full }: Setting, rows: unknown[]): Promise<number> {
  const [variant] = await platform.deploy(pkg, [3538], { timeoutMs: TIMEOUT_MS, environment: {} })
  const total = 400
  await invoke(platform, variant!, { cpuMs: 1, processes: 2 })
  const ratios: number[] = []
  for (let repetition = 0; repetition < (full ? 11 : 5); repetition++) {
    const one = await measure(platform, variant!, { cpuMs: total, processes: 1 })
    const two = await measure(platform, variant!, { cpuMs: total / 2, processes: 2 })
    const ratio = one.record.durationMs / two.record.durationMs
    ratios.push(ratio)
    const contended = one.contended || two.contended
    const [oneMs, twoMs] = [one.record.durationMs, two.record.durationMs]
    rows.push({ kind: "processes", oneMs, twoMs, speedup: round(ratio), contended })
  }
  return median(ratios)
}

const QUIET_MS = 150

interface Starts {
  readonly ratio: number
  readonly coldMs: number
  readonly nodeMs: number
}

/** Cold starts of the wrapper at one vCPU, each beside a start of Node on an empty module. */
async function coldStarts(setting: Setting & { readonly directory: string }, rows: unknown[]): Promise<Starts> {
  const { platform, directory, full } = setting
  const empty = join(directory, "empty.mjs")
  await writeFile(empty, "")
  const colds: number[] = []
  const bares: number[] = []
  const ratios: number[] = []
  for (let repetition = 0; repetition < (full ? 41 : 15); repetition++) {
    // A function of its own has no warm instance.
    const pkg = { ...setting.pkg, functionName: `cold-${repetition}` }
    const [variant] = await platform.deploy(pkg, [1769], { timeoutMs: TIMEOUT_MS, environment: {} })
    // The platform makes its spare group when an instance ends: it must be there for the start, and must not be made
    // beside bare Node. So this is a start out of quiet; several at once find one spare.
    await sleep(QUIET_MS)
    const nodeMs = await bareNode(empty)
    const { initMs } = await invoke(platform, variant!, { cpuMs: 0, processes: 1 })
    await platform.teardown({ kind: "function", functionName: pkg.functionName })
    colds.push(initMs)
    bares.push(nodeMs)
    ratios.push(initMs / nodeMs)
    rows.push({ kind: "cold", initMs, nodeMs: round(nodeMs), ratio: round(initMs / nodeMs) })
  }
  return { ratio: median(ratios), coldMs: median(colds), nodeMs: median(bares) }
}

/** Start to end of Node on an empty module. */
async function bareNode(path: string): Promise<number> {
  const startMs = performance.now()
  const child = spawn(process.execPath, [path], { stdio: "ignore" })
  await new Promise((resolve, reject) => {
    child.once("exit", resolve)
    child.once("error", reject)
  })
  return performance.now() - startMs
}

interface Parts {
  readonly whole: { readonly cpu: CpuErrors; readonly starts: Starts; readonly enforcement: string }
  readonly half: { readonly cpu: CpuErrors; readonly speedup: number }
  readonly rows: readonly unknown[]
}

function resultOf({ whole, half, rows }: Parts): BenchResult {
  const enforced = whole.enforcement !== "none"
  const reason = "no layer of this machine holds a CPU quota"
  const records = whole.cpu.records + half.cpu.records
  return {
    summary: {
      enforced,
      cpuErrorMaxPct: enforced ? round(Math.max(whole.cpu.maxPct, half.cpu.maxPct)) : null,
      processSpeedup2: enforced ? round(half.speedup) : null,
      coldStartOverNode: round(whole.starts.ratio),
      coldStartMs: round(whole.starts.coldMs),
      nodeStartMs: round(whole.starts.nodeMs),
      cpuRecords: records,
      contendedRecords: whole.cpu.contended + half.cpu.contended,
    },
    reasons: enforced ? {} : { cpuErrorMaxPct: reason, processSpeedup2: reason },
    rows,
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
