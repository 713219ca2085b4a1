import type { Context } from "@restatedev/restate-sdk"
import type { Json } from "../../base/json.ts"
import type { Policy } from "../../optimization/policy.ts"
import type { StepConfig } from "../../workflow/config.ts"
import type { PrewarmResult, RunResult } from "../../workflow/run-result.ts"
import { apply } from "../apply.ts"
import type { EngineParts, RunParts } from "../engine-parts.ts"
import { execute } from "../execute.ts"
import { breakageOf, isBreakage, NO_PREWARM, perform, type Performing } from "../live-run.ts"
import type { Settled } from "../port.ts"
import { prewarmer, type Prewarmer } from "../prewarmer.ts"
import { resultOf } from "../result-of.ts"
import { retryBudget } from "../retry-budget.ts"
import { observeRun } from "../run-events.ts"
import type { ViewSources } from "../run-view.ts"
import { unspill } from "../spill.ts"
import { definitionOf, type Definition, type RunError, type RunState } from "../state.ts"
import { initialState } from "../step-transitions.ts"
import { foresee } from "./foresight.ts"
import type { Attachment } from "./kept-record.ts"
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
  readonly prewarmPolicy?: Policy
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
  /** What prewarming had come to at the last record, and at the last one of the attempts before this one. */
  #prewarm = NO_PREWARM
  #earlierPrewarm = NO_PREWARM

  constructor(on: RestateRunOptions, definition: Definition) {
    const { sdk, context, service, parts, prewarmPolicy } = on
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
      onAttached: ({ prewarm }, { here }) => {
        if (prewarm === undefined) return
        this.#prewarm = prewarm
        if (!here) this.#earlierPrewarm = prewarm
      },
    })
    const warming = { parts, runId, sources: this.#sources, sinceStartMs: this.#sinceStartMs }
    this.#warmer = prewarmPolicy === undefined ? null : prewarmer({ ...warming, policy: prewarmPolicy })
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
    const prewarm = sumOf(this.#earlierPrewarm, this.#warmer?.result ?? NO_PREWARM)
    const warmed = prewarm.asked === 0 ? {} : { prewarm }
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
    const base = { pricing: parts.platform.pricing, prewarm: this.#prewarm }
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
  return {
    asked: a.asked + b.asked,
    warmed: a.warmed + b.warmed,
    hits: a.hits + b.hits,
    costUsd: a.costUsd + b.costUsd,
  }
}
