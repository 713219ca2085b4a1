import type { Context } from "@restatedev/restate-sdk"
import type { Json } from "../../base/json.ts"
import type { Policy } from "../../optimization/policy.ts"
import type { StepConfig } from "../../workflow/config.ts"
import type { LateHedges, PrewarmResult, RunResult } from "../../workflow/run-result.ts"
import { apply } from "../apply.ts"
import type { EngineParts, RunParts } from "../engine-parts.ts"
import { execute } from "../execute.ts"
import type { HedgeMode } from "../hedge-mode.ts"
import { hedging, type Hedging } from "../hedging.ts"
import { breakageOf, isBreakage, NO_PREWARM, perform, type Performing } from "../live-run.ts"
import type { Settled } from "../port.ts"
import type { PrewarmRule } from "../prewarm-rule.ts"
import { prewarmer, type Prewarmer } from "../prewarmer.ts"
import { resultOf } from "../result-of.ts"
import { retryBudget } from "../retry-budget.ts"
import { observeRun } from "../run-events.ts"
import type { ViewSources } from "../run-view.ts"
import { unspill } from "../spill.ts"
import { definitionOf, type Definition, type RunError, type RunState } from "../state.ts"
import { initialState } from "../step-transitions.ts"
import { foresee } from "./foresight.ts"
import type { Attachment, Besides } from "./kept-record.ts"
import { RESTATE_ENTRIES_PER_STEP, restatePort, type RestatePort } from "./restate-port.ts"
import type { RunRequest } from "./run-request.ts"
import type { RestateSdk } from "./sdk.ts"

export interface RestateRunOptions {
  readonly sdk: RestateSdk
  readonly context: Context
  readonly service: string
  readonly request: RunRequest
  readonly parts: EngineParts
  readonly lastGood: Map<string, StepConfig>
  readonly policy: Policy
  /** Absent when the run is not to prewarm. */
  readonly prewarm?: { readonly policy: Policy; readonly rule: PrewarmRule }
  readonly hedge: HedgeMode
}

/**
 * Executes one run in one attempt of its invocation: from its start, or through its records and on from there. The run's
 * own ends are values; what this throws is the server's business, which begins another attempt.
 */
export async function restateRun(options: RestateRunOptions): Promise<RunResult> {
  const { parts, request } = options
  const { runId, workflow, goal } = request
  await parts.warm.known
  const input = await inputOf(request, parts)
  const definition = definitionOf({ runId, workflow, goal, input, entriesPerStep: RESTATE_ENTRIES_PER_STEP })
  const attempt = new Attempt(options, definition)
  try {
    return await attempt.execute()
  } finally {
    attempt.close()
  }
}

/** Made once: a stack for every run would cost more than its end. */
const OVER = new Error("the attempt is over")

/** One attempt: the state it has come to, and what lives as long as it does. */
class Attempt {
  readonly #on: RestateRunOptions
  readonly #definition: Definition
  readonly #port: RestatePort
  readonly #sources: ViewSources
  readonly #warmer: Prewarmer | null
  #state: RunState
  /** Events that the loop has seen. */
  #events = 0
  /** Closures that have ended and whose records the loop has not seen, in the order in which it is to see them. */
  readonly #ended = new Map<string, Settled>()
  /** What the loop will have come to when it has seen these; null until that is wanted, or when another event came. */
  #ahead: { readonly state: RunState; readonly keys: string[] } | null = null
  readonly #hedging: Hedging | null
  /** What is not in the events, at the last record and at the last one of the attempts before this one. */
  #besides: Besides = { prewarm: NO_PREWARM }
  #earlier: Besides = { prewarm: NO_PREWARM }

  constructor(on: RestateRunOptions, definition: Definition) {
    const { sdk, context, service, parts, prewarm } = on
    const { runId } = definition
    this.#on = on
    this.#definition = definition
    this.#state = initialState(definition, parts.clock.nowMs())
    this.#sources = { warm: (name, memoryMB) => parts.warm.count(name, memoryMB), floors: parts.floors }
    this.#port = restatePort({
      sdk,
      context,
      runId,
      service,
      store: parts.store,
      clock: parts.clock,
      signal: context.request().attemptCompletedSignal,
      attach: (settled, atMs) => this.#attachment(settled, atMs),
      onAttached: ({ besides }, { here }) => {
        if (besides === undefined) return
        this.#besides = besides
        if (!here) this.#earlier = besides
      },
    })
    const warming = { parts, runId, sources: this.#sources, sinceStartMs: this.#sinceStartMs }
    this.#warmer = prewarm === undefined ? null : prewarmer({ ...warming, ...prewarm })
    this.#hedging = hedging({ parts, mode: on.hedge, sinceStartMs: this.#sinceStartMs }, { definition })
  }

  async execute(): Promise<RunResult> {
    const { sdk, parts } = this.#on
    const { runId, workflow } = this.#definition
    const performing = this.#performing()
    const observer = this.#observer()
    try {
      this.#state = initialState(this.#definition, await this.#port.now())
      parts.emit?.({ kind: "run-started", runId, workflow: workflow.name, resumed: !this.#port.live })
      await execute(this.#port, this.#state, {
        perform: (action, state) => perform(action, state, performing),
        onSettled: (settled, before, after) => {
          this.#state = after
          this.#sawEvent(settled.key)
          observer.settled(settled, before, after)
        },
      })
      return this.#end()
    } catch (error) {
      if (error instanceof sdk.CancelledError || !isBreakage(error)) throw error
      parts.logger.warn(`run ${runId} broke: ${breakageOf(error).message}`)
      return this.#end({ status: "broken", error: breakageOf(error) })
    }
  }

  close(): void {
    this.#warmer?.close()
    this.#hedging?.close()
    this.#port.close(OVER)
  }

  readonly #sinceStartMs = (): number => Math.round((this.#port.nowMs() - this.#state.startedAtWallMs) * 1000) / 1000

  #performing(): Performing {
    const { parts, policy, lastGood } = this.#on
    const run: RunParts = {
      runId: this.#definition.runId,
      budget: retryBudget(parts.clock),
      sinceStartMs: this.#sinceStartMs,
      claimPrewarmed: (record) => this.#warmer?.claim(record) ?? false,
      hedging: this.#hedging,
    }
    // The server tells of a cancel request: nothing of ours settles this.
    const { promise: cancelled } = Promise.withResolvers<{ reason: string }>()
    return { parts, policy, lastGood, port: this.#port, run, sources: this.#sources, cancelled }
  }

  #observer(): ReturnType<typeof observeRun> {
    const port = this.#port
    return observeRun({
      parts: this.#on.parts,
      definition: this.#definition,
      // How many records there are only the port finds out: what is not live was told before.
      get replayed() {
        return port.live ? 0 : Number.POSITIVE_INFINITY
      },
      prewarmer: this.#warmer,
    })
  }

  #sawEvent(key: string): void {
    this.#events++
    this.#ended.delete(key)
    if (this.#ahead?.keys.shift() !== key) this.#ahead = null
  }

  /**
   * Records come back in the order in which closures end, so that what follows from this one can be decided on all that
   * will have happened by then, although the loop has yet to see it.
   */
  #attachment(settled: Settled | null, atMs: number): Attachment {
    const warmed = this.#besidesNow()
    try {
      return { ...this.#foresight(settled, atMs), ...warmed }
    } catch {
      // Replay has not come as far as this closure: what follows from it is decided when it has.
      this.#ahead = null
      return { basis: -1, next: [], ...warmed }
    } finally {
      if (settled !== null) this.#ended.set(settled.key, settled)
    }
  }

  /** Empty while there is nothing to tell: records stay short. */
  #besidesNow(): { readonly besides?: Besides } {
    const prewarm = sumOf(this.#earlier.prewarm, this.#warmer?.result(this.#state) ?? NO_PREWARM)
    const lateHedges = lateOf(this.#earlier.lateHedges, this.#hedging?.result)
    if (prewarm.asked === 0 && (prewarm.declined ?? 0) === 0 && lateHedges === undefined) return {}
    return { besides: lateHedges === undefined ? { prewarm } : { prewarm, lateHedges } }
  }

  #foresight(settled: Settled | null, atMs: number): Attachment {
    const { policy, lastGood, parts } = this.#on
    const ahead = settled === null ? { state: initialState(this.#definition, atMs), keys: [] } : this.#lookAhead()
    const decide = { policy, lastGood, clock: parts.clock, limits: parts.platform.limits }
    const { next, state } = foresee(ahead.state, settled, { decide, sources: this.#sources })
    const more = [...(settled === null ? [] : [settled]), ...next].map(({ key }) => key)
    this.#ahead = { state, keys: [...ahead.keys, ...more] }
    return { basis: this.#events + ahead.keys.length, next }
  }

  #lookAhead(): { readonly state: RunState; readonly keys: readonly string[] } {
    if (this.#ahead !== null) return this.#ahead
    const state = [...this.#ended.values()].reduce(apply, this.#state)
    return { state, keys: [...this.#ended.keys()] }
  }

  /** From records alone: every attempt that comes here gives the same result. */
  #end(end?: { readonly status: "broken"; readonly error: RunError }): RunResult {
    const { parts } = this.#on
    const base = { pricing: parts.platform.pricing, ...this.#besides }
    const result = resultOf(this.#state, end === undefined ? base : { ...base, end })
    const { runId, latencyMs: atMs, status } = result
    parts.emit?.({ kind: "run-finished", runId, atMs, status })
    return result
  }
}

/** The input, from the store where it was too large to be sent. */
async function inputOf({ input }: RunRequest, { store, clock }: EngineParts): Promise<Json> {
  return "value" in input ? input.value : (JSON.parse(await unspill(input.ref, { store, clock })) as Json)
}

function sumOf(a: PrewarmResult, b: PrewarmResult): PrewarmResult {
  const rule = b.rule ?? a.rule
  const sum = (of: (result: PrewarmResult) => number | undefined): number => (of(a) ?? 0) + (of(b) ?? 0)
  const totals = {
    asked: a.asked + b.asked,
    warmed: a.warmed + b.warmed,
    hits: a.hits + b.hits,
    costUsd: a.costUsd + b.costUsd,
  }
  if (rule === undefined) return totals
  const more = { unused: sum((r) => r.unused), declined: sum((r) => r.declined), avoidedMs: sum((r) => r.avoidedMs) }
  return { ...totals, rule, ...more }
}

/** Undefined where no step of the run has duplicates. */
function lateOf(a: LateHedges | undefined, b: LateHedges | undefined): LateHedges | undefined {
  if (a === undefined || b === undefined) return b ?? a
  return { late: a.late + b.late, usd: a.usd + b.usd }
}
