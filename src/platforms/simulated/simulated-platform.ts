import type { InvocationRecord } from "../../protocol/invocation-record.ts"
import { ENVELOPE_VERSION, type PrewarmEnvelope } from "../../protocol/envelope.ts"
import { awsLambdaPricing } from "../../pricing/aws-lambda.ts"
import { invocationMeters } from "../../pricing/lambda-meters.ts"
import type { Meters, Pricing } from "../../pricing/pricing.ts"
import type { Store } from "../../stores/store.ts"
import type { PlatformLimits } from "../../workflow/limits.ts"
import {
  variantOf,
  type DeployOptions,
  type FunctionPackage,
  type FunctionVariant,
  type IdleInstances,
  type InvokeOutcome,
  type InvokeRequest,
  type LogQuery,
  type Platform,
  type PrewarmOutcome,
  type TeardownReport,
  type TeardownScope,
} from "../platform.ts"
import { Aborts, type Abortable } from "./aborts.ts"
import { curveAt } from "./curve.ts"
import type { FunctionBehaviour } from "./function-behaviour.ts"
import { FunctionTable } from "./function-table.ts"
import { NO_FAULTS, type FaultPlan } from "./faults.ts"
import { Invocations, type SimulationCounts } from "./invocations.ts"
import type { PlatformParameters } from "./parameters.ts"
import { RecordLog } from "./record-log.ts"
import { simulationClock, type SimulationClock } from "./simulation-clock.ts"

export interface SimulatedPlatformOptions {
  readonly parameters: PlatformParameters
  /** The same seed gives the same times, faults and lives of instances. */
  readonly seed: number
  /** What each function is. */
  readonly behaviourOf: (functionName: string) => FunctionBehaviour
  /** A clock of its own by default, at the start of 2026. */
  readonly clock?: SimulationClock
  readonly faults?: FaultPlan
  /** For tasks and results that are too large for an envelope; in memory. */
  readonly store?: Store
  /** Keep finished outputs as a wrapper with a store does. False by default: then only where there are faults. */
  readonly keepOutputs?: boolean
  /** Records that the log keeps, the newest; 10,000 by default. */
  readonly logRecords?: number
  /** AWS prices by default. */
  readonly pricing?: Pricing
}

/** A Platform in virtual time, and what it saw. */
export interface SimulatedPlatform extends Platform {
  readonly clock: SimulationClock
  readonly parameters: PlatformParameters
  readonly counts: SimulationCounts
  /** Instances that live now, busy and idle. */
  readonly liveInstances: number
}

/**
 * A platform that only takes virtual time: the engine, planners and tuners run on it as on any other. What an invocation
 * draws hangs on the seed and its idempotency key, so that two runs differ only where their decisions do.
 */
export function simulatedPlatform(options: SimulatedPlatformOptions): SimulatedPlatform {
  return new VirtualPlatform(options)
}

/** Records of a log by default. */
const LOG_RECORDS = 10_000

class VirtualPlatform implements SimulatedPlatform {
  readonly name = "simulated"
  readonly clock: SimulationClock
  readonly limits: PlatformLimits
  readonly pricing: Pricing
  readonly parameters: PlatformParameters
  readonly idle: IdleInstances
  readonly #functions: FunctionTable
  readonly #log: RecordLog
  readonly #invocations: Invocations
  readonly #aborts = new Aborts()
  #prewarms = 0

  constructor(options: SimulatedPlatformOptions) {
    const { parameters, seed, faults = NO_FAULTS, store } = options
    this.clock = options.clock ?? simulationClock()
    this.parameters = parameters
    this.limits = parameters.limits
    const { warmAfterMs, idleUsdPerGbSecond = 0 } = parameters.keepAlive
    this.idle = { usdPerGbSecond: idleUsdPerGbSecond, warmAfter: (ms) => curveAt(warmAfterMs, ms) }
    this.pricing = options.pricing ?? awsLambdaPricing()
    this.#functions = new FunctionTable(options.behaviourOf)
    this.#log = new RecordLog(options.logRecords ?? LOG_RECORDS)
    this.#invocations = new Invocations({
      parameters,
      seed,
      store,
      clock: this.clock,
      functions: this.#functions,
      faults: faults.faults,
      keepOutputs: options.keepOutputs ?? false,
      onRecord: (record) => this.#log.add(record),
    })
    for (const { atMs, byMs } of faults.clockJumps) this.clock.at(atMs, () => this.clock.jumpWall(byMs))
  }

  get counts(): SimulationCounts {
    return this.#invocations.counts
  }

  get liveInstances(): number {
    return this.#invocations.instances.live
  }

  meters({ memoryMB, billedMs }: InvocationRecord): Meters {
    return invocationMeters({ memoryMB, billedMs })
  }

  async deploy(
    pkg: FunctionPackage,
    memorySizesMB: readonly number[],
    options: DeployOptions,
  ): Promise<readonly FunctionVariant[]> {
    const isReplaced = this.#functions.deploy(pkg, memorySizesMB, options)
    if (isReplaced) this.#invocations.instances.dropFunction(pkg.functionName)
    return memorySizesMB.map((memoryMB) => variantOf(pkg.functionName, memoryMB))
  }

  invoke(request: InvokeRequest, signal: AbortSignal): Promise<InvokeOutcome> {
    if (signal.aborted) return Promise.resolve(ABORTED)
    return new Promise((resolve) => {
      const call: Abortable = { place: 0, aborted: () => resolve(ABORTED) }
      this.#aborts.add(signal, call)
      this.#invocations.invoke(request, (outcome) => {
        // After an abort nobody listens, and its place is another's.
        if (signal.aborted) return
        this.#aborts.remove(signal, call)
        resolve(outcome)
      })
    })
  }

  async prewarm(variant: FunctionVariant, instances: number, signal: AbortSignal): Promise<PrewarmOutcome> {
    const { account, keepFree } = this.limits.concurrency
    const room = Math.max(0, Math.min(instances, account - keepFree - this.#invocations.busy))
    const timeoutMs = this.#functions.get(variant.functionName)?.options.timeoutMs ?? this.limits.timeoutMs
    const calls = Array.from({ length: room }, () => {
      const idempotencyKey = `prewarm/${this.#prewarms++}`
      return this.invoke({ variant, payload: PREWARM, idempotencyKey, repeat: 0, timeoutMs }, signal)
    })
    const records: InvocationRecord[] = []
    for (const outcome of await Promise.all(calls)) if (outcome.kind === "ok") records.push(outcome.record)
    const cold = records.filter((record) => record.coldStart).length
    return { asked: instances, warmed: records.length, cold, records }
  }

  async *logs(query: LogQuery): AsyncIterable<InvocationRecord> {
    yield* this.#log.matching(query)
  }

  async teardown(scope: TeardownScope): Promise<TeardownReport> {
    const names = scope.kind === "all" ? this.#functions.names : [scope.functionName]
    const removed = names.filter((name) => this.#functions.remove(name))
    for (const name of removed) this.#invocations.instances.dropFunction(name)
    return { removed }
  }

  async warmInstances(): Promise<ReadonlyMap<string, number>> {
    return this.#invocations.instances.counts(this.clock.monotonicMs())
  }

  async close(): Promise<void> {
    await this.teardown({ kind: "all" })
  }
}

/** All are sent at one instant and each takes an instance there and then, so none needs to be held. */
const PREWARM: PrewarmEnvelope = { $trimtab: { v: ENVELOPE_VERSION, prewarm: true, holdMs: 0 } }

const ABORTED: InvokeOutcome = { kind: "unavailable", message: "the call was aborted", mayHaveRun: true }
