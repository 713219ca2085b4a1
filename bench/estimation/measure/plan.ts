import type { Json } from "../../../src/base/json.ts"
import { LAMBDA_MB_PER_VCPU } from "../../../src/platforms/local/options.ts"

/** A handler module to deploy. Several functions may share a module: each has instances of its own. */
export interface MeasuredFunction {
  readonly name: string
  /** Absolute path of the handler module, TypeScript or JavaScript. */
  readonly handlerPath: string
  /** Default `single`: below one core per vCPU the platform then holds every process to one vCPU. */
  readonly threads?: "single" | "multi"
  /** Packages to leave out of the bundle. */
  readonly external?: readonly string[]
}

/** One configuration to measure: calls of one warm instance with the same tasks. */
export interface MeasuredCell {
  readonly functionName: string
  readonly memoryMB: number
  /** Processes of the instance over which the wrapper splits the tasks, q. Default 1. */
  readonly processes?: number
  /** What the handler is called with, one call each, n of them. */
  readonly payload: readonly Json[]
  /** Calls that count; at least 1. */
  readonly repeats: number
  /** Of these in one round; default 1. More for short calls, whose medians need more. */
  readonly perRound?: number
  /** vCPUs that it can use at most, where it cannot use what its memory buys; decides what runs beside it. */
  readonly maxVcpus?: number
  /** Expected wall time of a call, ms: orders the calls and tells the time left. The first call corrects it. */
  readonly expectedMs?: number
  /** Free for the caller: written into the data file as it is. */
  readonly tags?: Readonly<Record<string, number | string>>
}

export interface MeasurePlan {
  /** Names the scratch file and the data file, `<name>-YYYY-MM-DD.json`. */
  readonly name: string
  readonly functions: readonly MeasuredFunction[]
  readonly cells: readonly MeasuredCell[]
  /** Cores per vCPU; see `scaleFor`. */
  readonly vcpuScale: number
  /** `packed`: calls run side by side while their cores fit into `loadShare`. `serial`: one at a time. */
  readonly order: "packed" | "serial"
  /** Share of the cores that calls may promise together. Default 0.85; a call that needs more runs alone. */
  readonly loadShare?: number
  /** No round of repetitions begins later than this, ms; the first is always finished. Default: no limit. */
  readonly budgetMs?: number
  /** Further calls for a contended one before it stands as it is. Default 3. */
  readonly maxRetries?: number
  /** Tasks of the unmeasured call; default the first max(4, 2 q) of the payload. */
  readonly warmUpTasks?: number
  /** Gives the functions a store in the state folder. Default false. */
  readonly store?: boolean
  readonly environment?: Readonly<Record<string, string>>
  /** Of the functions, ms. Default 120,000. */
  readonly timeoutMs?: number
  /** Columns of a run in the data file. Default `RUN_COLUMNS`. */
  readonly columns?: readonly RunColumn[]
  /** Further facts for `origin`. */
  readonly notes?: Readonly<Record<string, Json>>
}

/** What can be kept of one call; times in ms. `atS` is seconds since the start, `retries` the contended calls before it. */
export interface Run {
  readonly computeMs: number
  readonly durationMs: number
  readonly billedMs: number
  /** At the client: from sending the request to its answer. */
  readonly wallMs: number
  readonly downloadMs: number
  readonly uploadMs: number
  readonly downloadBytes: number
  readonly uploadBytes: number
  readonly cpuMs: number
  readonly throttledMs: number
  readonly contentionMs: number
  readonly admissionWaitMs: number
  readonly maxMemoryUsedMB: number
  readonly peakProcessMB: number
  /** 1 or 0. */
  readonly contended: number
  readonly retries: number
  readonly atS: number
}

export type RunColumn = keyof Run

export const RUN_COLUMNS: readonly RunColumn[] = [
  "computeMs",
  "durationMs",
  "billedMs",
  "wallMs",
  "cpuMs",
  "contentionMs",
  "contended",
  "retries",
  "atS",
]

/** Cores of one vCPU so that `memoryMB` takes `share` of this machine's; at most 1. */
export function scaleFor(memoryMB: number, cores: number, share: number = 0.85): number {
  return Math.min(1, Math.floor((1000 * share * cores * LAMBDA_MB_PER_VCPU) / memoryMB) / 1000)
}

export const DEFAULT_TIMEOUT_MS = 120_000
