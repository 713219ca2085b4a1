import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { seededRandom } from "../../../src/base/random.ts"
import type { Json } from "../../../src/base/json.ts"
import type { OperationProfile } from "../../../src/estimation/operation-profile.ts"
import { columnOf, DATA_FOLDER, type MeasuredData } from "../measure/data-file.ts"
import { measure as measureCells } from "../measure/harness.ts"
import type { MeasuredCell, MeasurePlan } from "../measure/plan.ts"
import { type FunctionSetData, formatFunctionSet } from "./data.ts"
import { profileAll } from "./profiles.ts"
import { SERVER_VARIABLE } from "./remote.ts"
import { withServer } from "./with-server.ts"
import { functionSet, type FunctionSpec, RANGES, SLICES } from "./spec.ts"

const SEED = 2026

export const MEMORIES_MB: readonly number[] = [128, 256, 512, 1024, 2048, 4096]

/** Of 11 rounds at least 9 must have gone round when the time is up; the first is not kept. */
const REPEATS = 11
const BUDGET_MS = 21 * 60_000

/** 4,096 MB, 2.3 vCPU, then fit two cores. */
const VCPU_SCALE = 0.85

/** Deployments of the one handler: so many functions of one size can run side by side. */
const LANES = { single: 13, parallel: 3 } as const

/** Fixed, since a measurement that was cut off goes on only in the same environment. */
const SERVER_PORT = 47_117

const HANDLER = fileURLToPath(new URL("./handler.ts", import.meta.url))

export interface FunctionSetOptions {
  /** Functions of the set, from its start. Default all. */
  readonly count?: number
  readonly repeats?: number
  readonly memoriesMB?: readonly number[]
  /** Where the data file goes. */
  readonly folder?: string
}

/** The whole set, at most 30 minutes on a quiet machine. */
export async function measureFunctions(): Promise<void> {
  await measure()
}

/**
 * Measures the function set on the local platform, its basic operations first, and writes `functions-YYYY-MM-DD.json`;
 * returns its path. Cut off, it goes on at the next start.
 */
export async function measure(options: FunctionSetOptions = {}): Promise<string> {
  const specs = functionSet(seededRandom(SEED)).slice(0, options.count)
  const folder = await mkdtemp(join(tmpdir(), "trimtab-functions-"))
  try {
    return await withServer(SERVER_PORT, async () => {
      const environment = { [SERVER_VARIABLE]: `http://127.0.0.1:${SERVER_PORT}` }
      const profiles = await profileAll(
        "functions",
        specs.map((spec) => ({ id: spec.id, handlerPath: HANDLER, threads: threadsOf(spec), task: asJson(spec) })),
        environment,
      )
      const plan = planOf(specs, profiles, { ...options, environment })
      const path = await measureCells(plan, { folder })
      const measured = JSON.parse(await readFile(path, "utf8")) as MeasuredData
      return await write(dataOf(specs, profiles, measured), options.folder ?? DATA_FOLDER)
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function planOf(
  specs: readonly FunctionSpec[],
  profiles: ReadonlyMap<string, OperationProfile>,
  {
    repeats = REPEATS,
    memoriesMB = MEMORIES_MB,
    environment,
  }: FunctionSetOptions & { environment: Record<string, string> },
): MeasurePlan {
  const lanes = lanesOf(specs)
  const used = new Set(lanes.values())
  return {
    name: specs.length === functionSet(seededRandom(SEED)).length ? "functions" : `functions-${specs.length}`,
    functions: [...used].map((name) => ({
      name,
      handlerPath: HANDLER,
      threads: name.startsWith("parallel") ? "multi" : "single",
    })),
    cells: specs.flatMap((spec) =>
      memoriesMB.map((memoryMB): MeasuredCell => {
        const isParallel = threadsOf(spec) === "multi"
        return {
          functionName: lanes.get(spec.id)!,
          memoryMB,
          payload: [asJson(spec)],
          repeats,
          maxVcpus: isParallel ? 2 : 1,
          expectedMs: expectedMs(profiles.get(spec.id)!, memoryMB),
          tags: { id: spec.id },
        }
      }),
    ),
    vcpuScale: VCPU_SCALE,
    order: "packed",
    budgetMs: BUDGET_MS,
    maxRetries: 1,
    store: true,
    environment,
    columns: ["durationMs", "contended"],
  }
}

/** Which deployment runs a function, by its id. */
function lanesOf(specs: readonly FunctionSpec[]): ReadonlyMap<string, string> {
  const counts = { single: 0, parallel: 0 }
  return new Map(
    specs.map((spec) => {
      const kind = threadsOf(spec) === "multi" ? "parallel" : "single"
      return [spec.id, `${kind}-${counts[kind]++ % LANES[kind]}`]
    }),
  )
}

function threadsOf({ modules }: FunctionSpec): "single" | "multi" {
  return modules.parallelShare > 0 ? "multi" : "single"
}

function asJson(spec: FunctionSpec): Json {
  // A spec has numbers and texts only.
  return spec as unknown as Json
}

function expectedMs({ local }: OperationProfile, memoryMB: number): number {
  const cpuMs = local.userMs + local.systemMs
  const share = Math.min(1, memoryMB / 1769) * VCPU_SCALE
  return Math.round(cpuMs / share + Math.max(0, local.wallMs - cpuMs))
}

function dataOf(
  specs: readonly FunctionSpec[],
  profiles: ReadonlyMap<string, OperationProfile>,
  measured: MeasuredData,
): FunctionSetData {
  const { origin } = measured
  return {
    origin: {
      ...origin,
      what: "warm durations of functions composed of basic operations, and their operations at full CPU",
      seed: SEED,
      slices: SLICES,
      ranges: RANGES,
      rangesShifted:
        "from 4e6-2e8 flops, 64 KB-64 MB of cache and 256 KB-64 MB of storage: this machine does about 4.6e9 flop/s; 64 MB do not fit beside Node into 128 MB; objects are written 24,000 times",
      operations: "3 warm runs on 2 cores without a quota in an instance of its own, the median",
      dropped: "the first run of each cell, in which V8 still compiles",
      licence: "Apache-2.0",
    },
    platform: {
      periodMs: Number(origin["periodMs"]),
      mbPerVcpu: Number(origin["mbPerVcpu"]),
      vcpuScale: Number(origin["vcpuScale"]),
      enforcement: textIn(origin, "enforcement"),
      cores: Number(origin["cores"]),
    },
    measuredAt: textIn(origin, "date"),
    memoryMB: [...new Set(measured.cells.map((cell) => cell.memoryMB))].sort((a, b) => a - b),
    functions: specs.map(({ id, modules }) => ({
      id,
      modules,
      operations: profiles.get(id)!,
      cells: measured.cells
        .filter((cell) => cell.tags?.["id"] === id)
        .map((cell) => ({ memoryMB: cell.memoryMB, warmMs: keptRuns(columnOf(measured, cell, "durationMs")) })),
    })),
  }
}

async function write(data: FunctionSetData, folder: string): Promise<string> {
  const path = join(folder, `functions-${data.measuredAt}.json`)
  await writeFile(path, formatFunctionSet(data))
  process.stderr.write(`wrote ${path}\n`)
  return path
}

/** Without the first run of a cell, in which V8 still compiles what this function uses; to .1 ms. */
function keptRuns(durationsMs: readonly number[]): readonly number[] {
  return durationsMs.slice(durationsMs.length > 1 ? 1 : 0).map((ms) => Math.round(ms * 10) / 10)
}

function textIn(origin: Readonly<Record<string, Json>>, name: string): string {
  const value = origin[name]
  if (typeof value !== "string") throw new Error(`the measurement does not tell its ${name}`)
  return value
}
