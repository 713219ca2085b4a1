import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { seededRandom } from "../../../src/base/random.ts"
import type { Json } from "../../../src/base/json.ts"
import type { OperationProfile } from "../../../src/estimation/operation-profile.ts"
import type { MeasuredData } from "../measure/data-file.ts"
import { measure as measureCells } from "../measure/harness.ts"
import type { MeasuredCell, MeasurePlan } from "../measure/plan.ts"
import { functionSetData, writeFunctionSet } from "./data.ts"
import { forgetProfiles, profileAll } from "./profiles.ts"
import { SERVER_VARIABLE } from "./remote.ts"
import { withServer } from "./with-server.ts"
import { functionSet, type FunctionSpec, RANGES, SLICES } from "./spec.ts"

const SEED = 2026

export const MEMORIES_MB: readonly number[] = [128, 256, 512, 1024, 2048, 4096]

/** Rounds over all cells, the first of which is not kept. One takes some four minutes; none begins after the budget. */
const REPEATS = 7
const BUDGET_MS = 19 * 60_000

/** Calls side by side promise 1.2 of two cores: at 1.7 half of them were held up by each other. */
const LOAD_SHARE = 0.6

/** 4,096 MB, 2.3 vCPU, then fit two cores. */
const VCPU_SCALE = 0.85

/** Deployments of the one handler: so many functions of one size can run side by side. */
const LANES = { single: 13, parallel: 3 } as const

/** Fixed, since a measurement that was cut off goes on only in the same environment. */
const SERVER_PORT = 47_117

const WHAT = "warm durations of functions composed of basic operations, and their operations at full CPU"

const SHIFTED =
  "from 4e6-2e8 flops, 1e5-8e6 cache operations on 64 KB-64 MB and 256 KB-64 MB of storage, so that 400 functions take 70 ms of CPU time at the mean and fit beside Node into 128 MB"

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
      const measured = JSON.parse(await readFile(await measureCells(plan, { folder }), "utf8")) as MeasuredData
      const described = { what: WHAT, seed: SEED, slices: SLICES, ranges: RANGES, rangesShifted: SHIFTED }
      const data = functionSetData(measured, { functions: specs, profiles, described })
      const path = await writeFunctionSet("functions", data, options.folder)
      forgetProfiles("functions")
      return path
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
    loadShare: LOAD_SHARE,
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
