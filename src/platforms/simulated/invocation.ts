import type { InvocationRecord } from "../../protocol/invocation-record.ts"
import type { WrapperReport } from "../../protocol/wrapper-report.ts"
import { billedMs } from "../../pricing/billed-duration.ts"
import { vcpus } from "../../workflow/limits.ts"
import type { KeptOutput } from "./answer.ts"
import type { Call } from "./call.ts"
import type { Chance } from "./chance.ts"
import { computeTimeMs } from "./compute-time.ts"
import { curveAt } from "./curve.ts"
import type { FunctionError, Handled } from "./function-behaviour.ts"
import type { Noise } from "./noise.ts"
import type { PlatformParameters } from "./parameters.ts"
import type { SimulatedInstance } from "./pool.ts"
import { draw } from "./quantile-sampler.ts"
import { startDelay } from "./start-delay.ts"
import { transferTimeMs } from "./transfer-time.ts"

/** How one invocation goes, known when it begins: nothing that happens later changes it. */
export interface Timeline {
  /** Virtual instants. */
  readonly startedAtMs: number
  readonly endedAtMs: number
  /** When the caller has the answer. */
  readonly receivedAtMs: number
  readonly end: End
  readonly record: InvocationRecord
}

export type End =
  | { readonly kind: "part"; readonly output: KeptOutput; readonly report: WrapperReport }
  | { readonly kind: "plain"; readonly payload: unknown }
  | { readonly kind: "error"; readonly error: FunctionError }
  | { readonly kind: "timeout" | "out-of-memory" }

export interface TimelineContext {
  readonly parameters: PlatformParameters
  readonly chance: Chance
  readonly noise: Noise
  /** When the call got its instance, in virtual time. */
  readonly nowMs: number
  /** Wall time less virtual time. */
  readonly wallOffsetMs: number
  /** The finished output of an earlier invocation under this key. */
  readonly kept: KeptOutput | undefined
}

/** Plays one invocation on an instance. Pure but for the stream of chance. */
export function timelineOf(call: Call, instance: SimulatedInstance, context: TimelineContext): Timeline {
  const { parameters, chance, nowMs, wallOffsetMs } = context
  const { deployed, part, fault, variant } = call
  const { limits, start } = parameters
  const isCold = instance.calls === 1
  const share = vcpus(limits, variant.memoryMB)
  chance.begin(call.request.idempotencyKey, call.request.repeat)
  const rank = part?.part[0] ?? 0
  const inputBytes = start.byBytes === undefined ? 0 : JSON.stringify(call.tasks).length
  const delay = startDelay(
    {
      behaviour: deployed.behaviour,
      isCold,
      vcpus: share,
      rank,
      inputBytes,
      functionName: variant.functionName,
      memoryMB: variant.memoryMB,
      processes: part?.processes ?? 1,
      key: call.request.idempotencyKey,
      count: part?.part[1] ?? 1,
    },
    start,
    chance,
  )
  const answerMs = draw(start.answer, chance.next())
  const isLongInit = delay.initMs > limits.initTimeoutMs
  // An init beyond its limit is begun again inside the invocation, and shows no init of its own.
  const initMs = round(isLongInit ? 0 : delay.initMs)
  const startedAtMs = nowMs + delay.beforeMs + (isLongInit ? limits.initTimeoutMs : initMs)
  const played = playWork(call, instance, context, { isCold, share })
  const wantedMs = fault?.kind === "timeout" ? Infinity : played.durationMs + (isLongInit ? delay.initMs : 0)
  const timeoutMs = Math.min(call.request.timeoutMs, deployed.options.timeoutMs)
  const end: End = wantedMs > timeoutMs ? TIMED_OUT : played.end
  const durationMs = round(Math.min(wantedMs, timeoutMs))
  const endedAtMs = startedAtMs + durationMs
  const receivedAtMs = endedAtMs + answerMs + (fault?.kind === "late" ? (fault.delayMs ?? 0) : 0)
  const record: Writable<InvocationRecord> = {
    requestId: `${instance.name}/${instance.calls}`,
    functionName: variant.functionName,
    memoryMB: variant.memoryMB,
    repeat: call.request.repeat,
    coldStart: isCold,
    sentAtMs: wallOffsetMs + call.sentAtMs,
    startedAtMs: wallOffsetMs + startedAtMs,
    endedAtMs: wallOffsetMs + endedAtMs,
    receivedAtMs: wallOffsetMs + receivedAtMs,
    initMs,
    durationMs,
    billedMs: billedMs({ initMs, durationMs }),
    maxMemoryUsedMB: end.kind === "out-of-memory" ? variant.memoryMB : played.usedMB,
    enforced: "simulated",
  }
  if (end.kind === "part") record.wrapper = end.report
  if (nowMs > call.sentAtMs) record.admissionWaitMs = round(nowMs - call.sentAtMs)
  return { startedAtMs, endedAtMs, receivedAtMs, end, record }
}

/** While it is being made. */
type Writable<T> = { -readonly [K in keyof T]: T[K] }

interface Played {
  readonly durationMs: number
  readonly end: End
  readonly usedMB: number
}

/** Nothing runs beyond its timeout. */
const TIMED_OUT: End = { kind: "timeout" }

/** Memory of an instance that does nothing, MB. */
const IDLE_MB = 40

/** Time of an invocation that has nothing to do but answer, ms. */
const LEAST_MS = 0.5

interface Place {
  readonly isCold: boolean
  /** vCPUs of the instance. */
  readonly share: number
}

function playWork(call: Call, instance: SimulatedInstance, context: TimelineContext, place: Place): Played {
  const { deployed, part, kind } = call
  const { isCold, share } = place
  const failed = deployed.behaviour.failsInit?.(deployed.options.environment) ?? null
  if (failed !== null) return { durationMs: LEAST_MS, end: { kind: "error", error: failed }, usedMB: IDLE_MB }
  if (kind === "prewarm") {
    const payload = { $trimtab: { v: 1, kind: "prewarm", cold: isCold } }
    return { durationMs: LEAST_MS + call.holdMs, end: { kind: "plain", payload }, usedMB: IDLE_MB }
  }
  if (part !== null && context.kept !== undefined) return replayed(call, context.kept, context, isCold)
  const handled = deployed.behaviour.handle({
    functionName: call.variant.functionName,
    memoryMB: call.variant.memoryMB,
    vcpus: share,
    processes: part?.processes ?? 1,
    tasks: call.tasks,
    export: part?.call ?? "handler",
    files: part?.files ?? "download",
    key: call.request.idempotencyKey,
    part: part?.part ?? ONLY_PART,
    cold: isCold,
    instance: instance.name,
    calls: instance.calls,
    payload: call.request.payload,
  })
  return play(call, instance, handled, { context, place })
}

const ONLY_PART = [0, 1] as const

/** The wrapper finds a finished output in the store: one read, and the handler does not run. */
function replayed(call: Call, output: KeptOutput, context: TimelineContext, isCold: boolean): Played {
  const { parameters, chance } = context
  const downloadMs = round(draw(parameters.store.read.firstByte, chance.next()))
  const times = { downloadMs, computeMs: 0, uploadMs: 0 }
  const report = { ...reportOf(call, isCold, times, null), downloadObjects: 1, replayed: true }
  return { durationMs: LEAST_MS + downloadMs, end: { kind: "part", output, report }, usedMB: IDLE_MB }
}

function play(
  call: Call,
  instance: SimulatedInstance,
  handled: Handled,
  { context, place }: { readonly context: TimelineContext; readonly place: Place },
): Played {
  const { parameters, chance, noise, nowMs } = context
  const { isCold, share } = place
  const { memoryMB } = call.variant
  const { fault } = call
  const bandwidth = curveAt(parameters.bandwidthMBps, memoryMB)
  const storeFactor = fault?.kind === "store-slow" ? (fault.factor ?? 10) : 1
  const { store } = parameters
  const read = transferTimeMs(
    handled.download,
    store.read,
    { bandwidthMBps: bandwidth, measured: handled.downloadMs },
    chance,
  )
  const write = transferTimeMs(
    handled.upload,
    store.write,
    { bandwidthMBps: bandwidth, measured: handled.uploadMs },
    chance,
  )
  const downloadMs = round(storeFactor * read)
  const uploadMs = round(storeFactor * write)
  const own = chance.next()
  const usual = handled.spread === undefined ? noise.factor(instance.factor, nowMs, chance) : draw(handled.spread, own)
  const factor = fault?.kind === "slow" ? usual * (fault.factor ?? 3) : usual
  const workMs = computeTimeMs(handled, parameters.cpu, { vcpus: share, factor }, chance)
  const computeMs = round(workMs + (isCold ? handled.coldExtraMs : 0))
  const peakMB = fault?.kind === "out-of-memory" ? memoryMB + 1 : handled.peakMB
  const usedMB = Math.min(memoryMB, Math.ceil(peakMB))
  if (peakMB > memoryMB) {
    // Memory grows as the work goes on: the limit is met on the way.
    const durationMs = downloadMs + computeMs * Math.min(1, memoryMB / peakMB)
    return { durationMs, end: { kind: "out-of-memory" }, usedMB }
  }
  const durationMs = LEAST_MS + downloadMs + computeMs + uploadMs
  const error = handled.thrown ?? errorOf(call)
  if (error !== undefined) return { durationMs, end: { kind: "error", error }, usedMB }
  if (call.part === null) return { durationMs, end: { kind: "plain", payload: handled.payload }, usedMB }
  const report = reportOf(call, isCold, { downloadMs, computeMs, uploadMs }, handled)
  return { durationMs, end: { kind: "part", output: handled, report }, usedMB }
}

function errorOf({ fault }: Call): FunctionError | undefined {
  if (fault?.kind === "error") return { errorType: fault.errorType ?? "Error", message: "a simulated error" }
  if (fault?.kind === "store-failed") return { errorType: "io", message: "a simulated failure of the store" }
  return undefined
}

function reportOf(
  { part, tasks }: Call,
  isCold: boolean,
  { downloadMs, computeMs, uploadMs }: Pick<WrapperReport, "downloadMs" | "computeMs" | "uploadMs">,
  handled: Handled | null,
): WrapperReport {
  return {
    downloadMs,
    computeMs,
    uploadMs,
    downloadBytes: handled?.download.bytes ?? 0,
    uploadBytes: handled?.upload.bytes ?? 0,
    downloadObjects: handled?.download.objects ?? 0,
    uploadObjects: handled?.upload.objects ?? 0,
    tasks: tasks.length,
    processes: Math.max(1, Math.min(part?.processes ?? 1, tasks.length)),
    cold: isCold,
    replayed: false,
    peakProcessMB: handled?.peakProcessMB ?? 0,
  }
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
