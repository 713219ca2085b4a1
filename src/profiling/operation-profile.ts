import { TrimtabError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import type { OperationProfile, OperationSource } from "../estimation/operation-profile.ts"
import { type FunctionPackage, variantName, variantOf } from "../platforms/platform.ts"
import type { InvocationRecord } from "../protocol/invocation-record.ts"
import type { OperationReport } from "../protocol/operation-report.ts"
import { callInstance, type InstanceEnd, type Place } from "./call-instance.ts"
import { isContended } from "./sample-of-record.ts"

/** What to profile. */
export interface OperationRequest {
  readonly pkg: FunctionPackage
  /** Tasks of one invocation. */
  readonly tasks: readonly Json[]
  /** A size with at least one full CPU. */
  readonly memoryMB: number
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** Scheduler period of the platform, ms. */
  readonly periodMs: number
  /** Least invocations before the first that counts; at least one, the cold start. Default 2. */
  readonly warmUps?: number
  /** Names the invocations: unlike any profile before. */
  readonly key: string
  /** Told of every invocation: each is billed. */
  readonly onRecord?: (record: InvocationRecord) => void
}

/**
 * A run is warm after this much work of the same instance, ms, or so many invocations: until then V8 still compiles, and
 * small functions take a third more CPU time than they will.
 */
const WARM_MS = 400
const MOST_WARM_UPS = 30

/** Timed runs, of which the median counts. */
const RUNS = 3

/** A shorter run is repeated: within fewer periods it depends on where in a period it begins. */
const MIN_PERIODS = 2

/** Invocations of one run at most. */
const MAX_INVOCATIONS = 50

/** Further tries of a run that had to wait for a core. */
const MAX_RETRIES = 2

/** Ethernet's 1,500 bytes less the headers of IP and TCP: what one packet carries. */
const PACKET_BYTES = 1448

/**
 * The portable basic-operation profile of a function: what its instance counts about itself in three warm runs at full
 * CPU, the median by wall time, without what it waited for a core that other work of the machine had. A run shorter than
 * two scheduler periods is made several times and divided. Costs 3 runs and the warm-ups, billed like any invocation.
 * @throws TrimtabError `handler-failed` when an invocation fails, `packaging` for a function deployed without counters,
 * and what `callInstance` throws.
 */
export async function profileOperations(place: Place, request: OperationRequest): Promise<OperationProfile> {
  const { pkg, memoryMB, environment, timeoutMs, periodMs, warmUps = 2 } = request
  await place.platform.deploy(pkg, [memoryMB], { timeoutMs, environment })
  let calls = 0
  const invoke = async (): Promise<Counted> => await invokeCounted(place, request, calls++)
  let warm = await invoke()
  let workedMs = 0
  for (let made = 1; made < warmUps || (workedMs < WARM_MS && made < MOST_WARM_UPS); made++) {
    warm = await invoke()
    workedMs += warm.operations.wallMs
  }
  const invocations = Math.ceil((MIN_PERIODS * periodMs) / Math.max(warm.operations.wallMs, 0.1))
  const runs: OperationProfile[] = []
  for (let run = 0; run < RUNS; run++)
    runs.push(await timedRun(invoke, Math.min(MAX_INVOCATIONS, Math.max(1, invocations))))
  return medianProfile(runs)
}

/**
 * The profile with the median wall time.
 * @throws TrimtabError `usage` for none, or for profiles of different sources.
 */
export function medianProfile(profiles: readonly OperationProfile[]): OperationProfile {
  sourceOf(profiles)
  return [...profiles].sort((a, b) => a.local.wallMs - b.local.wallMs)[Math.floor((profiles.length - 1) / 2)]!
}

/**
 * The one source of the profiles: counters of different sources do not compare.
 * @throws TrimtabError `usage` when there is none or more than one.
 */
export function sourceOf(profiles: readonly OperationProfile[]): OperationSource {
  const sources = [...new Set(profiles.map((profile) => profile.source))]
  if (sources.length === 1) return sources[0]!
  const found = sources.length === 0 ? "no profile" : `profiles of the sources ${sources.join(" and ")}`
  throw new TrimtabError("usage", `${found}: one source is needed`, {
    fix: "profile every function with the same source",
  })
}

/** Counters of one invocation as a profile; packets are derived from bytes. */
export function profileOf(operations: OperationReport): OperationProfile {
  const { wallMs, userMs, systemMs, ...counted } = operations
  return {
    source: "portable",
    local: { wallMs, userMs, systemMs },
    counters: {
      ...counted,
      packetsSent: Math.ceil(counted.bytesSent / PACKET_BYTES),
      packetsReceived: Math.ceil(counted.bytesReceived / PACKET_BYTES),
    },
  }
}

interface Counted {
  readonly operations: OperationReport
  readonly contended: boolean
}

async function invokeCounted(place: Place, request: OperationRequest, call: number): Promise<Counted> {
  const { pkg, tasks, memoryMB, timeoutMs, key } = request
  const variant = variantOf(pkg.functionName, memoryMB)
  const part = { tasks, processes: 1, part: [0, 1], call: "handler", timeoutMs, operations: true } as const
  const end = await callInstance(place, { ...part, variant, key: `${key}/${call}` })
  request.onRecord?.(end.record)
  const operations = withoutContention(operationsOf(end, variantName(variant)), end.record.contentionMs ?? 0)
  return { operations, contended: isContended(end.record) }
}

/** Never below the CPU time: less wall than CPU time would tell of several cores. */
function withoutContention(operations: OperationReport, contentionMs: number): OperationReport {
  const { wallMs, userMs, systemMs } = operations
  return { ...operations, wallMs: Math.max(wallMs - contentionMs, Math.min(wallMs, userMs + systemMs)) }
}

function operationsOf({ outcome, record, message }: InstanceEnd, where: string): OperationReport {
  if (outcome !== "ok") {
    throw new TrimtabError("handler-failed", `${where}: the run to be profiled failed: ${message}`, {
      where,
      fix: "correct the handler, or profile it at a larger size",
    })
  }
  const operations = record.wrapper?.operations
  if (operations !== undefined) return operations
  throw new TrimtabError("packaging", `${where} does not count its operations`, {
    where,
    fix: "deploy the function again",
  })
}

/** Several invocations as one run: their mean. Repeated while it had to wait for a core. */
async function timedRun(invoke: () => Promise<Counted>, invocations: number): Promise<OperationProfile> {
  for (let tries = 0; ; tries++) {
    const counted: Counted[] = []
    for (let made = 0; made < invocations; made++) counted.push(await invoke())
    if (tries < MAX_RETRIES && counted.some(({ contended }) => contended)) continue
    return profileOf(meanOf(counted.map(({ operations }) => operations)))
  }
}

function meanOf(reports: readonly OperationReport[]): OperationReport {
  const [first] = reports
  // The same instance counts the same things each time.
  const keys = Object.keys(first!) as (keyof OperationReport)[]
  const mean = (key: keyof OperationReport): number =>
    reports.reduce((sum, report) => sum + (report[key] ?? 0), 0) / reports.length
  const rounded = keys.map((key) => [
    key,
    key.endsWith("Ms") ? Math.round(mean(key) * 1000) / 1000 : Math.round(mean(key)),
  ])
  // The keys are those of a report.
  return Object.fromEntries(rounded) as OperationReport
}
