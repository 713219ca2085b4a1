/**
 * Warms instances for the steps that come next, at the instant that a rule finds best (prewarm-rule.ts).
 *
 * E9. Outside the journal: after a crash its timers are gone and are set again by the next event.
 * It never fails a run and never makes one wait: it runs on timers, yields to real invocations where the platform
 * has a limit, and swallows what goes wrong.
 */
import type { Decision, Policy, RunView } from "../optimization/policy.ts"
import { variantName, variantOf } from "../platforms/platform.ts"
import type { InvocationRecord } from "../protocol/invocation-record.ts"
import type { PrewarmResult } from "../workflow/run-result.ts"
import { functionOf } from "../workflow/workflow.ts"
import type { StepConfig } from "../workflow/config.ts"
import { usdOf } from "../pricing/pricing.ts"
import { withDeadline } from "./deadline.ts"
import type { EngineParts } from "./engine-parts.ts"
import { roomFor, tooWasteful, type Answered } from "./prewarm-limits.ts"
import { prewarmPrices } from "./prewarm-prices.ts"
import type { PrewarmAsk, PrewarmRule } from "./prewarm-rule.ts"
import { hypotheticalView, predictedStarts, type PredictedStart } from "./predicted-starts.ts"
import type { ViewSources } from "./run-view.ts"
import { spreadTime } from "./start-law.ts"
import type { RunState } from "./state.ts"
import { stepTimes } from "./step-times.ts"
import { usdPerMs } from "./time-worth.ts"

export interface Prewarmer {
  /** The run has moved: new predictions, new timers. Returns at once; the work is done on a timer. */
  moved(state: RunState): void
  /** True when this invocation used an instance that a prewarm had started. */
  claim(record: InvocationRecord): boolean
  /** What it came to, in the state that the run ended in. */
  result(state: RunState): PrewarmResult
  /** No timer fires after this. */
  close(): void
}

export interface PrewarmerOptions {
  readonly parts: EngineParts
  readonly runId: string
  /** One of its own: asking what would be decided must not disturb the run's. */
  readonly policy: Policy
  readonly rule: PrewarmRule
  readonly sources: ViewSources
  readonly sinceStartMs: () => number
}

/** A start that is nearer than this is not worth a prewarm, ms. */
const LEAST_LEAD_MS = 20

/** Events of this long are answered together, ms: a tentative decision costs as much as a real one. */
const REPLAN_AFTER_MS = 10

/** A start that moves by less than this keeps its decision, ms. */
const SAME_START_MS = 25

/** Beyond the longest init, how long a prewarm may take to answer, ms. */
const ANSWER_MARGIN_MS = 10_000

interface Planned {
  readonly start: PredictedStart
  readonly decision: Decision
  readonly cancel: () => void
}

/** Something runs long enough for a prewarm during it. */
function hasTime(state: RunState): boolean {
  return state.steps.some(
    (run) => run.phase === "running" && (run.decisions.at(-1)?.predicted.latencyMs ?? 0) >= LEAST_LEAD_MS,
  )
}

export function prewarmer(options: PrewarmerOptions): Prewarmer {
  const { parts, sources, rule } = options
  const { platform, clock } = parts
  const planned = new Map<number, Planned>()
  const fired = new Set<number>()
  /** Steps for which a prewarm would not have paid when they were looked at last. */
  const declined = new Set<number>()
  /** Cold mapping delay that a prewarm was to take away, by step, ms. */
  const expectedMs = new Map<number, number>()
  /** Instances that prewarms started and nobody has used yet, by variant. */
  const unused = new Map<string, number>()
  const answered: Answered[] = []
  let firing: AbortController | null = null
  const totals = { asked: 0, warmed: 0, hits: 0, costUsd: 0 }
  let latest: RunState | null = null
  let cancelUpdate: (() => void) | null = null
  let closed = false

  const update = (): void => {
    cancelUpdate = null
    const state = latest
    if (closed || state === null) return
    try {
      replan(state)
    } catch (error) {
      parts.logger.debug(`prewarm: ${error instanceof Error ? error.message : "failed"}`)
    }
  }

  const replan = (state: RunState): void => {
    const starts = predictedStarts(state, options.sinceStartMs())
    for (const [index, plan] of planned) if (!starts.has(index)) forget(index, plan)
    // In the order of the workflow, as the run will decide them.
    const open = [...starts].sort(([a], [b]) => a - b)
    const decided = new Map<number, StepConfig>()
    for (const [index, start] of open) {
      if (start.atMs - options.sinceStartMs() < LEAST_LEAD_MS) continue
      const others = open.map(([other, at]) => ({ start: at, config: decided.get(other) ?? null }))
      const before = planned.get(index)
      const keep = before !== undefined && Math.abs(before.start.atMs - start.atMs) < SAME_START_MS
      const decision = keep ? before.decision : tentative(hypotheticalView(state, start, { sources, others }))
      if (decision !== null) decided.set(index, decision.config)
      if (before !== undefined) forget(index, before)
      declined.delete(index)
      if (decision !== null && decision.predicted.coldStarts > 0 && !fired.has(index)) schedule(index, start, decision)
    }
  }

  const forget = (index: number, plan: Planned): void => {
    plan.cancel()
    planned.delete(index)
  }

  const tentative = (view: RunView): Decision | null => {
    try {
      return options.policy.decide(view)
    } catch {
      return null
    }
  }

  const askOf = (start: PredictedStart, { config, predicted }: Decision): PrewarmAsk => {
    const { percentile } = latest!.definition.goal
    const { mappingDelayMs, mappingDelayPercentileMs = mappingDelayMs } = predicted
    const variant = variantOf(functionOf(start.workflow, start.step).name, config.memoryMB)
    return {
      nowMs: options.sinceStartMs(),
      start: start.law,
      latestStartMs: start.latestMs,
      probability: start.probability,
      delay: spreadTime(mappingDelayMs, mappingDelayPercentileMs, percentile),
      percentile,
      instances: predicted.coldStarts,
      usdPerMs: usdPerMs(predicted),
      prices: prewarmPrices(platform, variant, mappingDelayMs),
    }
  }

  const schedule = (index: number, start: PredictedStart, decision: Decision): void => {
    if (start.probability < 1 && !rule.weighsBranches) return
    const ask = askOf(start, decision)
    const timing = rule.time(ask)
    if (timing.kind === "declined") {
      declined.add(index)
      return
    }
    const cancel = clock.after(Math.max(0, timing.atMs - ask.nowMs), () => {
      planned.delete(index)
      fired.add(index)
      expectedMs.set(index, decision.predicted.mappingDelayMs)
      void fire(index, start, decision)
    })
    planned.set(index, { start, decision, cancel })
  }

  const fire = async (index: number, { step, workflow }: PredictedStart, { config }: Decision): Promise<void> => {
    if (closed || latest === null || tooWasteful(latest, { answered, unused, ...totals })) return
    const functionName = functionOf(workflow, step).name
    const variant = variantOf(functionName, config.memoryMB)
    const name = variantName(variant)
    const there = sources.warm(functionName, config.memoryMB) + parts.load.of(variant)
    const wanted = Math.min(config.instances - there, roomFor(variant, parts))
    if (wanted < 1) return
    totals.asked += wanted
    try {
      const ms = platform.limits.initTimeoutMs + ANSWER_MARGIN_MS
      const wait = { clock, ms, what: "a prewarm", signal: (firing ??= new AbortController()).signal }
      const outcome = await withDeadline(wait, (signal) => platform.prewarm(variant, wanted, signal))
      totals.warmed += outcome.warmed
      totals.costUsd += usdOf(platform.pricing.bill(outcome.records.flatMap((r) => [...platform.meters(r)])).picoUsd)
      answered.push({ index, name, cold: outcome.cold })
      unused.set(name, (unused.get(name) ?? 0) + outcome.cold)
      parts.warm.added(variant, outcome.cold)
      const { asked, warmed } = outcome
      parts.emit?.({ kind: "prewarmed", runId: options.runId, step: step.name, variant: name, asked, warmed })
    } catch (error) {
      parts.logger.debug(`prewarm of ${name}: ${error instanceof Error ? error.message : "failed"}`)
    }
  }

  return {
    moved: (state) => {
      latest = state
      if (!closed && hasTime(state)) cancelUpdate ??= clock.after(REPLAN_AFTER_MS, update)
    },
    claim: ({ functionName, memoryMB, coldStart }) => {
      const name = variantName(variantOf(functionName, memoryMB))
      const left = unused.get(name) ?? 0
      if (coldStart || left === 0) return false
      unused.set(name, left - 1)
      totals.hits++
      return true
    },
    result: (state) => ({
      ...totals,
      rule: rule.name,
      unused: [...unused.values()].reduce((sum, n) => sum + n, 0),
      declined: declined.size,
      avoidedMs: avoidedMs(state, expectedMs),
    }),
    close: () => {
      closed = true
      cancelUpdate?.()
      for (const plan of planned.values()) plan.cancel()
      planned.clear()
      firing?.abort(new Error("the run is over"))
    },
  }
}

/**
 * Mapping delay that prewarmed instances took away, summed over the steps that started on warm instances alone, ms: what
 * was predicted of their cold start less what was measured. A step that waited for one cold start has gained nothing.
 */
function avoidedMs(state: RunState, expectedMs: ReadonlyMap<number, number>): number {
  let sum = 0
  for (const [index, ms] of expectedMs) {
    const run = state.steps[index]!
    const used = run.invocations.some((entry) => entry.prewarmed === true)
    if (used && !run.invocations.some((entry) => entry.cold)) sum += Math.max(0, ms - stepTimes(run).mappingDelayMs)
  }
  return Math.round(sum * 1000) / 1000
}
