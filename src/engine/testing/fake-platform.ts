import type { Clock } from "../../base/clock.ts"
import { isObject, type Json } from "../../base/json.ts"
import {
  variantName,
  variantOf,
  type InvokeOutcome,
  type InvokeRequest,
  type Platform,
  type PrewarmOutcome,
} from "../../platforms/platform.ts"
import type { Meters, Pricing } from "../../pricing/pricing.ts"
import type { TaskEnvelope, TaskError } from "../../protocol/envelope.ts"
import type { InvocationRecord } from "../../protocol/invocation-record.ts"
import type { PlatformLimits } from "../../workflow/limits.ts"

export type Failure = Exclude<InvokeOutcome, { kind: "ok" }>

/** One invocation as a test's script sees it. */
export interface Call {
  readonly functionName: string
  readonly memoryMB: number
  readonly key: string
  readonly repeat: number
  readonly tasks: readonly Json[]
  /** The export that is called. */
  readonly export: string
  readonly processes: number
  readonly part: readonly [number, number]
  /** Invocations of this function before this one. */
  readonly count: number
}

/** What an invocation does: a result per task, errors, or an end of another kind. */
export interface Script {
  readonly durationMs?: number
  readonly results?: readonly Json[]
  readonly errors?: readonly TaskError[]
  readonly fails?:
    | { readonly kind: "out-of-memory" | "timeout" }
    | { readonly kind: "function-error"; readonly errorType: string; readonly message: string }
    | Extract<Failure, { kind: "throttled" | "refused" | "unavailable" }>
  /** Instead of an answer of the wrapper. */
  readonly payload?: unknown
}

export interface FakePlatformOptions {
  readonly clock: Clock
  readonly script?: (call: Call) => Script
  readonly limits?: Partial<PlatformLimits>
  /** Start of a cold instance; 0 by default, and then nothing is ever cold. */
  readonly coldMs?: number
  /** Prewarms throw. */
  readonly prewarmFails?: boolean
}

export interface FakePlatform extends Platform {
  readonly calls: readonly Call[]
  /** Those whose signal aborted while they were in flight. */
  readonly aborted: readonly Call[]
  /** Most invocations that were in flight at once. */
  readonly peak: number
  readonly prewarms: readonly { readonly variant: string; readonly instances: number; readonly atMs: number }[]
}

export const FAKE_LIMITS: PlatformLimits = {
  memoryMB: { min: 128, max: 10_240, step: 1 },
  mbPerVcpu: 1_769,
  vcpuTotal: null,
  timeoutMs: 900_000,
  payloadBytes: { sync: 6_000_000, async: 256_000 },
  concurrency: { account: 1_000, keepFree: 100 },
  startsPer10s: null,
  initTimeoutMs: 10_000,
  publishMsPerVariant: 0,
}

/** One pico-dollar per MB-ms. */
export const fakePricing: Pricing = {
  name: "fake",
  date: "2026-01-01",
  usdPerGbSecond: 1e-6,
  usdPerRequest: 0,
  bill: (meters: Meters) => {
    const quantity = meters.reduce((sum, meter) => sum + meter.quantity, 0n)
    return { lines: [{ meter: "mb-ms", quantity, picoUsd: quantity }], picoUsd: quantity, complete: true }
  },
}

/** A platform in memory: scripted answers on any clock, instances that are cold once and warm after that. */
export function fakePlatform(options: FakePlatformOptions): FakePlatform {
  const { clock, coldMs = 0 } = options
  const script = options.script ?? ((): Script => ({}))
  const calls: Call[] = []
  const aborted: Call[] = []
  const prewarms: { variant: string; instances: number; atMs: number }[] = []
  const counts = new Map<string, number>()
  const idle = new Map<string, number>()
  let inFlight = 0
  let peak = 0
  let requests = 0

  const takeInstance = (name: string): boolean => {
    const warm = idle.get(name) ?? 0
    if (warm > 0) idle.set(name, warm - 1)
    return warm === 0 && coldMs > 0
  }
  const callOf = ({ variant, payload, repeat }: InvokeRequest): Call => {
    const envelope = (payload as TaskEnvelope).$trimtab // the engine sends nothing else
    const count = counts.get(variant.functionName) ?? 0
    counts.set(variant.functionName, count + 1)
    const { key, call, processes, part } = envelope
    const { functionName, memoryMB } = variant
    return { functionName, memoryMB, key, repeat, tasks: envelope.tasks ?? [], export: call, processes, part, count }
  }
  const record = (call: Call, sentAtMs: number, startedAtMs: number): InvocationRecord => {
    const nowMs = clock.nowMs()
    const durationMs = nowMs - startedAtMs
    return {
      requestId: `request-${++requests}`,
      functionName: call.functionName,
      memoryMB: call.memoryMB,
      repeat: call.repeat,
      coldStart: startedAtMs > sentAtMs,
      sentAtMs,
      startedAtMs,
      endedAtMs: nowMs,
      receivedAtMs: nowMs,
      initMs: startedAtMs - sentAtMs,
      durationMs,
      billedMs: Math.ceil(durationMs),
      maxMemoryUsedMB: 64,
      enforced: "fake",
    }
  }
  const invoke = async (request: InvokeRequest, signal: AbortSignal): Promise<InvokeOutcome> => {
    const call = callOf(request)
    calls.push(call)
    peak = Math.max(peak, ++inFlight)
    const sentAtMs = clock.nowMs()
    const name = variantName(request.variant)
    try {
      const act = script(call)
      if (act.fails !== undefined && !("record" in act.fails) && isUnreached(act.fails)) return act.fails
      if (takeInstance(name)) await clock.sleep(coldMs, signal)
      const startedAtMs = clock.nowMs()
      if ((act.durationMs ?? 0) > 0) await clock.sleep(act.durationMs ?? 0, signal)
      const ended = record(call, sentAtMs, startedAtMs)
      if (act.fails !== undefined) return { ...(act.fails as { kind: "timeout" }), record: ended } // reached an instance
      idle.set(name, (idle.get(name) ?? 0) + 1)
      return { kind: "ok", payload: act.payload ?? answerOf(call, act, ended), record: ended }
    } finally {
      inFlight--
      if (signal.aborted) aborted.push(call)
    }
  }
  return {
    name: "fake",
    clock,
    limits: { ...FAKE_LIMITS, ...options.limits },
    pricing: fakePricing,
    calls,
    aborted,
    prewarms,
    get peak() {
      return peak
    },
    invoke,
    meters: ({ billedMs, memoryMB }) => [{ meter: "mb-ms", quantity: BigInt(Math.round(billedMs * memoryMB)) }],
    deploy: async (pkg, sizes) => sizes.map((memoryMB) => variantOf(pkg.functionName, memoryMB)),
    prewarm: async (variant, instances, signal): Promise<PrewarmOutcome> => {
      prewarms.push({ variant: variantName(variant), instances, atMs: clock.monotonicMs() })
      if (options.prewarmFails === true) throw new Error("no prewarm today")
      await clock.sleep(coldMs, signal)
      idle.set(variantName(variant), (idle.get(variantName(variant)) ?? 0) + instances)
      return { asked: instances, warmed: instances, cold: instances, records: [] }
    },
    // oxlint-disable-next-line no-empty-function -- there is no log
    logs: async function* () {},
    teardown: async () => ({ removed: [] }),
    warmInstances: async () => new Map(idle),
    close: async () => {},
  }
}

function isUnreached(failure: { readonly kind: string }): failure is Failure & { kind: "throttled" } {
  return failure.kind === "throttled" || failure.kind === "refused" || failure.kind === "unavailable"
}

/** Echoes its tasks where the script says nothing else; an exported split returns its task, a merge its list. */
function answerOf(call: Call, act: Script, ended: InvocationRecord): unknown {
  const failed = new Set((act.errors ?? []).map((error) => error.task))
  const results = act.results ?? call.tasks.map((task, i) => (failed.has(i) ? null : echo(call, task)))
  const report = { downloadMs: 0, computeMs: ended.durationMs, uploadMs: 0, tasks: call.tasks.length }
  return JSON.parse(JSON.stringify({ $trimtab: { v: 1, kind: "part", results, errors: act.errors ?? [], report } }))
}

function echo({ functionName, export: name }: Call, task: Json): Json {
  if (name !== "handler") return task
  return { [functionName]: isObject(task) ? Object.keys(task).sort() : task }
}
