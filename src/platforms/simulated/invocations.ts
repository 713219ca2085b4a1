/**
 * Requests on their way through a simulated platform: admission, instances, the event of each invocation's end, answers.
 *
 * S1. One event ends an invocation; its whole course is known when it begins. A second one brings the answer where
 *     that takes time.
 * S2. What is drawn for an invocation hangs on its key and repeat alone, what is drawn for an instance on its name.
 * S3. Platforms remove no duplicates (P5): a finished output answers a repetition only because the wrapper keeps it.
 */
import type { Json } from "../../base/json.ts"
import type { InvocationRecord } from "../../protocol/invocation-record.ts"
import type { PartRequest } from "../../protocol/parse-envelope.ts"
import type { Store } from "../../stores/store.ts"
import { variantName, type InvokeOutcome, type InvokeRequest } from "../platform.ts"
import { Admission, StartRate } from "./admission.ts"
import type { Call } from "./call.ts"
import { chanceOf, type Chance } from "./chance.ts"
import { fallingCurveInverse } from "./curve.ts"
import { faultStriking, type Fault } from "./faults.ts"
import type { FunctionTable } from "./function-table.ts"
import { Instances } from "./instances.ts"
import { timelineOf, type Timeline } from "./invocation.ts"
import { noiseOf, type Noise } from "./noise.ts"
import { KeptOutputs } from "./kept-outputs.ts"
import { isOver, outcomeOf } from "./outcome.ts"
import type { PlatformParameters } from "./parameters.ts"
import type { SimulatedInstance } from "./pool.ts"
import { requestOf, storedTasks } from "./request-of.ts"
import type { SimulationClock } from "./simulation-clock.ts"

/** What happened so far, in numbers. */
export interface SimulationCounts {
  readonly invocations: number
  readonly coldStarts: number
  readonly throttled: number
  /** Faults that struck. */
  readonly faults: number
  /** Answers that came from a kept output. */
  readonly replays: number
  /** Most instances that were busy at once. */
  readonly mostBusy: number
  /** Waits for room, and their sum. */
  readonly queued: number
  readonly queuedMs: number
}

export interface InvocationsOptions {
  readonly parameters: PlatformParameters
  readonly seed: number
  readonly clock: SimulationClock
  readonly functions: FunctionTable
  readonly faults: readonly Fault[]
  readonly store: Store | undefined
  /** Keep every finished output, as a wrapper with a store does; else those that did not reach their caller. */
  readonly keepOutputs: boolean
  readonly onRecord: (record: InvocationRecord) => void
}

type MutableCounts = { -readonly [K in keyof SimulationCounts]: SimulationCounts[K] }

export class Invocations {
  readonly counts: MutableCounts = {
    invocations: 0,
    coldStarts: 0,
    throttled: 0,
    faults: 0,
    replays: 0,
    mostBusy: 0,
    queued: 0,
    queuedMs: 0,
  }
  readonly instances: Instances
  readonly #options: InvocationsOptions
  readonly #admission: Admission
  readonly #rate: StartRate
  readonly #chance: Chance
  readonly #faultChance: Chance
  readonly #noise: Noise
  /** Null where every output reaches its caller, so that nobody ever asks for one again. */
  readonly #kept: KeptOutputs | null
  readonly #waiting: Call[] = []

  constructor(options: InvocationsOptions) {
    const { parameters, seed } = options
    this.#options = options
    this.#kept = options.keepOutputs || options.faults.length > 0 ? new KeptOutputs() : null
    this.#admission = new Admission(parameters.limits, parameters.cluster === undefined ? "vcpus" : "places")
    this.#rate = new StartRate(parameters.limits.startsPer10s)
    this.#chance = chanceOf(seed)
    this.#faultChance = chanceOf(seed)
    this.#noise = noiseOf(parameters.noise, chanceOf(seed))
    this.instances = new Instances(parameters.cluster, this.#noise)
  }

  get busy(): number {
    return this.#admission.busy
  }

  /** Sends one request. */
  invoke(request: InvokeRequest, answer: (outcome: InvokeOutcome) => void): void {
    const { functions, clock, parameters, store } = this.#options
    const { variant } = request
    const deployed = functions.find(variant.functionName, variant.memoryMB)
    const name = variantName(variant)
    if (deployed === undefined) {
      answer({ kind: "refused", code: "ResourceNotFoundException", message: `Function not found: ${name}` })
      return
    }
    const asked = requestOf(request.payload)
    const part = asked.kind === "part" ? asked.part : null
    if (asked.kind === "plain" && isOver(request.payload, parameters.limits.payloadBytes.sync)) {
      answer({ kind: "refused", code: "RequestTooLargeException", message: "the payload is over the limit" })
      return
    }
    const { faults } = this.#options
    const sentAtMs = clock.monotonicMs()
    const at = { functionName: deployed.name, nowMs: sentAtMs, key: request.idempotencyKey, repeat: request.repeat }
    const fault = faults.length === 0 || asked.kind === "prewarm" ? null : faultStriking(faults, at, this.#faultChance)
    const call = (tasks: readonly Json[]): Call => ({
      request,
      variant,
      variantName: name,
      deployed,
      kind: asked.kind,
      part,
      tasks,
      holdMs: asked.kind === "prewarm" ? asked.holdMs : 0,
      fault,
      sentAtMs,
      answer,
    })
    if (fault !== null) this.counts.faults++
    if (part === null || part.tasks !== undefined) this.#enter(call(part?.tasks ?? []))
    else void this.#enterStored(part, store, call)
  }

  /** Tasks that lie in the store are read first; a memory store answers within the instant. */
  async #enterStored(
    part: PartRequest,
    store: Store | undefined,
    call: (tasks: readonly Json[]) => Call,
  ): Promise<void> {
    let tasks: readonly Json[]
    try {
      tasks = await storedTasks(part, store)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      call([]).answer({ kind: "refused", code: "InvalidRequestContentException", message })
      return
    }
    this.#enter(call(tasks))
  }

  #enter(call: Call): void {
    const { fault } = call
    if (fault?.kind === "throttled") return this.#throttle(call, "CallerRateLimitExceeded", fault.delayMs)
    if (fault?.kind === "unavailable") {
      call.answer({ kind: "unavailable", message: "a simulated outage", mayHaveRun: false })
      return
    }
    if (this.#waiting.length > 0 || !this.#tryBegin(call)) this.#full(call)
  }

  /** Begins the call where there is room for it. */
  #tryBegin(call: Call): boolean {
    const { clock, parameters } = this.#options
    const { memoryMB } = call.variant
    const nowMs = clock.monotonicMs()
    if (!this.#admission.enter(memoryMB)) return false
    const warm = this.instances.takeWarm(call.variantName, nowMs)
    if (warm !== undefined) {
      this.#begin(call, warm)
      return true
    }
    const waitMs = this.#rate.tryStart(call.variant.functionName, nowMs)
    const instance = waitMs > 0 ? undefined : this.instances.start(call.variant, call.variantName, nowMs)
    if (instance !== undefined) {
      this.counts.coldStarts++
      this.#begin(call, instance)
      return true
    }
    this.#admission.leave(memoryMB)
    if (waitMs === 0 || parameters.onFull === "queue") return false
    this.#throttle(call, "FunctionInvocationRateLimitExceeded", waitMs)
    return true
  }

  #full(call: Call): void {
    if (this.#options.parameters.onFull === "throttle") this.#throttle(call, "ConcurrentInvocationLimitExceeded")
    else this.#waiting.push(call)
  }

  #throttle(call: Call, reason: string, retryAfterMs?: number): void {
    this.counts.throttled++
    call.answer({ kind: "throttled", reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
  }

  #begin(call: Call, instance: SimulatedInstance): void {
    const { clock, parameters } = this.#options
    const nowMs = clock.monotonicMs()
    this.counts.invocations++
    if (this.#admission.busy > this.counts.mostBusy) this.counts.mostBusy = this.#admission.busy
    if (nowMs > call.sentAtMs) {
      this.counts.queued++
      this.counts.queuedMs += nowMs - call.sentAtMs
    }
    instance.calls++
    const kept = call.request.repeat > 0 ? this.#kept?.get(call.request.idempotencyKey) : undefined
    const timeline = timelineOf(call, instance, {
      parameters,
      chance: this.#chance,
      noise: this.#noise,
      nowMs,
      wallOffsetMs: clock.nowMs() - nowMs,
      kept,
    })
    const isCut = call.fault?.kind === "crash-before"
    const endAtMs = isCut ? (timeline.startedAtMs + timeline.endedAtMs) / 2 : timeline.endedAtMs
    clock.at(endAtMs, () => this.#end(call, instance, timeline))
    if (call.fault?.kind === "duplicate") this.#deliverAgain(call, call.fault.delayMs ?? 0)
  }

  /** The second delivery of a request: nobody hears its answer. */
  #deliverAgain(call: Call, delayMs: number): void {
    const { clock } = this.#options
    const again = { ...call, fault: null, answer: () => {} }
    clock.at(clock.monotonicMs() + delayMs, () => this.#enter({ ...again, sentAtMs: clock.monotonicMs() }))
  }

  #end(call: Call, instance: SimulatedInstance, timeline: Timeline): void {
    const { clock, parameters, onRecord, functions } = this.#options
    const { end, record } = timeline
    const fault = call.fault?.kind
    const isStale = functions.get(call.deployed.name)?.version !== call.deployed.version
    const isKilled = end.kind === "timeout" || end.kind === "out-of-memory" || hasCrashed(fault)
    const isGone = isStale || isKilled || isFailedInit(end, call)
    this.#admission.leave(call.variant.memoryMB)
    if (isGone) this.instances.drop(instance)
    else {
      const nowMs = clock.monotonicMs()
      this.instances.rest(instance, call.variantName, {
        nowMs,
        untilMs: nowMs + this.#keepAliveMs(instance, parameters),
      })
    }
    if (this.#waiting.length > 0) this.#admitWaiting()
    onRecord(record)
    if (end.kind === "part" && fault !== "crash-before") this.#kept?.keep(call.request.idempotencyKey, end.output)
    if (end.kind === "part" && end.report.replayed) this.counts.replays++
    if (hasCrashed(fault)) {
      call.answer({ kind: "unavailable", message: "a simulated crash: the connection was cut", mayHaveRun: true })
      return
    }
    const { receivedAtMs } = timeline
    if (receivedAtMs > clock.monotonicMs()) clock.at(receivedAtMs, () => this.#answer(call, timeline))
    else this.#answer(call, timeline)
  }

  #answer(call: Call, timeline: Timeline): void {
    const { store, parameters } = this.#options
    const outcome = outcomeOf(call, timeline, { store, payloadBytes: parameters.limits.payloadBytes.sync })
    if (outcome instanceof Promise) void outcome.then(call.answer) // it never rejects
    else call.answer(outcome)
  }

  /** Only what was asked for so long that room is there by now; the first that does not fit holds up the rest. */
  #admitWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      this.#waiting.shift()
      if (this.#tryBegin(next)) continue
      this.#waiting.unshift(next)
      return
    }
  }

  /** How long this rest may last: drawn from the curve under the instance's name and age. */
  #keepAliveMs(instance: SimulatedInstance, { keepAlive }: PlatformParameters): number {
    this.#chance.begin(instance.name, instance.calls)
    return fallingCurveInverse(keepAlive.warmAfterMs, this.#chance.next())
  }
}

function hasCrashed(kind: string | undefined): boolean {
  return kind === "crash-before" || kind === "crash-after"
}

function isFailedInit(end: Timeline["end"], { deployed }: Call): boolean {
  return end.kind === "error" && (deployed.behaviour.failsInit?.(deployed.options.environment) ?? null) !== null
}
