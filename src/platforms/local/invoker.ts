import { isObject } from "../../base/json.ts"
import { formatPlatformReport, wrapperReportOf, type PlatformReport } from "../../protocol/platform-report.ts"
import { formatReportLine } from "../../protocol/report-line.ts"
import { formatTraceHeader, type Tracing } from "../../protocol/tracing.ts"
import type { WrapperReport } from "../../protocol/wrapper-report.ts"
import type { Admission, AdmissionTicket } from "./admission.ts"
import type { EnforcementLayer } from "./enforcement/layer.ts"
import type { FunctionVersion } from "./function-table.ts"
import { initFailure, workFailure, type Failure } from "./failure.ts"
import { Instance } from "./instance.ts"
import type { InitEnd, Work } from "./instance-work.ts"
import type { InstanceLog, LogFiles } from "./log.ts"
import type { ServerOptions } from "./options.ts"
import type { Pool } from "./pool.ts"

export interface InvokeCall {
  readonly requestId: string
  readonly version: FunctionVersion
  /** The ARN as the client named the function. */
  readonly invokedArn: string
  readonly body: Uint8Array
  /** The body, parsed. */
  readonly payload: unknown
  readonly clientContext?: string
  /** The trace of the caller, which then goes on. */
  readonly caller?: Tracing
}

export type InvokeAnswer =
  | { readonly kind: "done"; readonly body: Uint8Array; readonly tail: Buffer; readonly failed: boolean }
  | { readonly kind: "throttled"; readonly message: string }

/** What an invocation did before it was at work. */
interface Start {
  readonly instance: Instance
  /** Null for a warm one. */
  readonly initMs: number | null
  readonly timeoutMs: number
}

export interface InvokerOptions {
  readonly server: ServerOptions
  readonly runDirectory: string
  readonly layer: EnforcementLayer
  readonly pool: Pool<Instance>
  readonly admission: Admission
  readonly logs: LogFiles
}

/** Runs invocations: admission, a warm or new instance, the work, the report. */
export class Invoker {
  readonly #options: InvokerOptions
  #inFlight = 0
  #instances = 0

  constructor(options: InvokerOptions) {
    this.#options = options
  }

  get inFlight(): number {
    return this.#inFlight
  }

  async invoke(call: InvokeCall): Promise<InvokeAnswer> {
    const { server, admission } = this.#options
    if (this.#inFlight >= server.concurrency)
      return { kind: "throttled", message: `Rate Exceeded: ${this.#inFlight} invocations are in flight` }
    this.#inFlight++
    try {
      // A prewarm does no work of its own: its start takes what the cores have left, and the others go first.
      const vcpus = isPrewarm(call.payload) ? 0 : call.version.memoryMB / server.mbPerVcpu
      const answer = vcpus === 0 ? { ticket: FREE } : await admission.admit(vcpus)
      if ("refused" in answer) return { kind: "throttled", message: answer.refused }
      try {
        return await this.#run(call, answer.ticket)
      } finally {
        answer.ticket.release()
      }
    } finally {
      this.#inFlight--
    }
  }

  async #run(call: InvokeCall, ticket: AdmissionTicket): Promise<InvokeAnswer> {
    const { pool } = this.#options
    const tracing = tracingOf(call)
    const event = {
      requestId: call.requestId,
      body: call.body,
      invokedArn: call.invokedArn,
      traceId: formatTraceHeader(tracing),
      ...(call.clientContext !== undefined && { clientContext: call.clientContext }),
    }
    const warm = pool.take(call.version)
    const start: Start | Failed =
      warm === null ? await this.#start(call) : { instance: warm, initMs: null, timeoutMs: call.version.timeoutMs }
    if ("failure" in start) return this.#initFailed(call, ticket, start)
    const work = await start.instance.work(event, start.timeoutMs).catch(async (error: unknown) => {
      // A bug of ours: the instance is in an unknown state.
      await start.instance.close()
      throw error
    })
    const failure = workFailure(work.end, call.requestId, start.timeoutMs)
    // A warm instance that had died unseen did no work: another one takes the event.
    if (warm !== null && work.end.kind === "exit" && work.durationMs === 0) return await this.#run(call, ticket)
    const tail = this.#report({ call, ticket, log: start.instance.log, initMs: start.initMs, work, failure })
    const body = work.end.kind === "response" ? work.end.body : (failure?.body ?? new Uint8Array())
    return { kind: "done", body, tail, failed: failure !== null }
  }

  /** A cold start. An initialisation that takes too long is repeated within the timeout of the invocation, as on Lambda. */
  async #start(call: InvokeCall): Promise<Start | Failed> {
    const { initTimeoutMs } = this.#options.server
    const { timeoutMs } = call.version
    const first = await this.#startOnce(call.version, initTimeoutMs)
    if (first.end.kind === "ready") return { instance: first.instance, initMs: first.end.initMs, timeoutMs }
    if (first.end.kind !== "timeout") return failedStart(first.instance.log, first.end, call.requestId)
    first.instance.log.line(
      `INIT_REPORT Init Duration: ${first.end.initMs.toFixed(2)} ms\tPhase: init\tStatus: timeout`,
    )
    const second = await this.#startOnce(call.version, timeoutMs)
    if (second.end.kind !== "ready") return failedStart(second.instance.log, second.end, call.requestId)
    const leftMs = Math.max(1, timeoutMs - second.end.initMs)
    return { instance: second.instance, initMs: second.end.initMs, timeoutMs: leftMs }
  }

  async #startOnce(version: FunctionVersion, timeoutMs: number): Promise<{ instance: Instance; end: InitEnd }> {
    const { server, layer, pool, logs, runDirectory } = this.#options
    const share = (version.memoryMB / server.mbPerVcpu) * server.vcpuScale
    const oneVcpu = server.vcpuScale
    // Below one core per vCPU a single thread could exceed one vCPU: each process then gets a limit of its own.
    const perProcess = version.environment["TRIMTAB_THREADS"] !== "multi" && oneVcpu < 1 && share > oneVcpu
    const instance = new Instance({
      id: `i-${++this.#instances}`,
      version,
      layer,
      initCores: server.initCpu === "full" ? Math.max(share, oneVcpu) : share,
      cores: share,
      coresPerProcess: perProcess ? oneVcpu : null,
      runDirectory,
      writeLog: (chunk) => logs.append(version.functionName, chunk),
      onIdle: (idle) => pool.give(idle),
      onDead: (dead) => pool.drop(dead),
    })
    pool.add(instance)
    return { instance, end: await instance.start(timeoutMs) }
  }

  #initFailed(call: InvokeCall, ticket: AdmissionTicket, failed: Failed): InvokeAnswer {
    const nowMs = Date.now()
    const memory = failed.failure.outOfMemory ? call.version.memoryMB : 0
    const usage = { cpuMs: 0, throttledMs: 0, contentionMs: 0, maxMemoryUsedMB: memory }
    const work: Work = { end: { kind: "exit", detail: "" }, startedAtMs: nowMs, endedAtMs: nowMs, durationMs: 0, usage }
    failed.log.line(`START RequestId: ${call.requestId} Version: ${call.version.version}`)
    const tail = this.#report({ call, ticket, log: failed.log, initMs: failed.initMs, work, failure: failed.failure })
    return { kind: "done", body: failed.failure.body, tail, failed: true }
  }

  /** Prints END, REPORT and the JSON line; returns the log tail. */
  #report(done: Done): Buffer {
    const { call, ticket, log, initMs, work, failure } = done
    const { billInit } = this.#options.server
    const { memoryMB, functionName } = call.version
    const wrapper = wrapperOf(work)
    const report: PlatformReport = {
      requestId: call.requestId,
      durationMs: round(work.durationMs),
      billedMs: Math.ceil(round(work.durationMs) + (billInit ? round(initMs ?? 0) : 0)),
      memoryMB,
      maxMemoryUsedMB: failure?.outOfMemory === true ? memoryMB : Math.min(memoryMB, work.usage.maxMemoryUsedMB),
      ...(initMs !== null && { initMs: round(initMs) }),
      ...(failure !== null && { status: failure.status, errorType: failure.errorType }),
      tracing: tracingOf(call),
      details: {
        functionName,
        repeat: repeatOf(call.payload),
        coldStart: initMs !== null,
        startedAtMs: round(work.startedAtMs),
        endedAtMs: round(work.endedAtMs),
        cpuMs: round(work.usage.cpuMs),
        throttledMs: round(work.usage.throttledMs),
        contentionMs: round(work.usage.contentionMs),
        admissionWaitMs: round(ticket.waitMs),
        enforced: this.#options.layer.name,
        ...(wrapper !== null && { wrapper }),
        ...keyOf(call.payload),
        ...(isPrewarm(call.payload) && { prewarm: true }),
      },
    }
    if (failure?.logLine !== undefined) log.line(failure.logLine)
    log.line(`END RequestId: ${call.requestId}`)
    log.line(formatReportLine(report))
    log.line(formatPlatformReport(report))
    return log.tail
  }
}

interface Failed {
  readonly failure: Failure
  readonly log: InstanceLog
  readonly initMs: number
}

interface Done {
  readonly call: InvokeCall
  readonly ticket: AdmissionTicket
  readonly log: InstanceLog
  readonly initMs: number | null
  readonly work: Work
  readonly failure: Failure | null
}

const FREE: AdmissionTicket = { waitMs: 0, release: () => {} }

function failedStart(log: InstanceLog, end: Exclude<InitEnd, { kind: "ready" }>, requestId: string): Failed {
  return { failure: initFailure(end, requestId), log, initMs: end.initMs }
}

function isPrewarm(payload: unknown): boolean {
  const trimtab = isObject(payload) ? payload["$trimtab"] : undefined
  return isObject(trimtab) && trimtab["prewarm"] === true
}

function repeatOf(payload: unknown): number {
  const trimtab = isObject(payload) ? payload["$trimtab"] : undefined
  const repeat = isObject(trimtab) ? trimtab["repeat"] : undefined
  return typeof repeat === "number" && repeat >= 0 ? repeat : 0
}

/** Longer keys are nobody's. */
const MOST_KEY = 512

function keyOf(payload: unknown): { readonly key?: string } {
  const trimtab = isObject(payload) ? payload["$trimtab"] : undefined
  const key = isObject(trimtab) ? trimtab["key"] : undefined
  return typeof key === "string" && key.length <= MOST_KEY ? { key } : {}
}

/** The trace of an invocation, by its request id: the caller's where it has one, else one of its own. */
function tracingOf({ requestId, caller }: InvokeCall): Tracing {
  const digits = requestId.replaceAll("-", "")
  const spanId = digits.slice(0, 16)
  if (caller === undefined) return { traceId: `1-${digits.slice(0, 8)}-${digits.slice(8, 32)}`, spanId }
  return { traceId: caller.traceId, spanId, ...(caller.parentId !== undefined && { parentId: caller.parentId }) }
}

/** Answers of wrapped functions above this travel through the store; what is larger is not the wrapper's. */
const WRAPPED_BYTES = 256 * 1024

/** The phases that the wrapper put into its answer. */
function wrapperOf(work: Work): WrapperReport | null {
  if (work.end.kind !== "response" || work.end.body.byteLength > WRAPPED_BYTES) return null
  const bytes = Buffer.from(work.end.body.buffer, work.end.body.byteOffset, work.end.body.byteLength)
  if (!bytes.subarray(0, 64).includes('"$trimtab"')) return null
  try {
    const answer: unknown = JSON.parse(bytes.toString("utf8"))
    const trimtab = isObject(answer) ? answer["$trimtab"] : undefined
    return isObject(trimtab) ? wrapperReportOf(trimtab["report"]) : null
  } catch {
    return null
  }
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100
}
