/**
 * Warms instances for the steps that come next, one mapping delay before they are expected to start.
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
import { hypotheticalView, predictedStarts, type PredictedStart } from "./predicted-starts.ts"
import type { ViewSources } from "./run-view.ts"
import type { RunState } from "./state.ts"

export interface Prewarmer {
  /** The run has moved: new predictions, new timers. Returns at once; the work is done on a timer. */
  moved(state: RunState): void
  /** True when this invocation used an instance that a prewarm had started. */
  claim(record: InvocationRecord): boolean
  readonly result: PrewarmResult
  /** No timer fires after this. */
  close(): void
}

export interface PrewarmerOptions {
  readonly parts: EngineParts
  readonly runId: string
  /** One of its own: asking what would be decided must not disturb the run's. */
  readonly policy: Policy
  readonly sources: ViewSources
  readonly sinceStartMs: () => number
}

/** A start that is nearer than this is not worth a prewarm, ms. */
const LEAST_LEAD_MS = 20

/** Events of this long are answered together, ms: a tentative decision costs as much as a real one. */
const REPLAN_AFTER_MS = 10

/** A start that moves by less than this keeps its decision, ms. */
const SAME_START_MS = 25

/**
 * How much earlier than one mapping delay before the start: a fixed time and a share of the delay. An instance that
 * comes a moment late saves nothing, and one that waits costs nothing where only work is billed.
 */
const EARLY_MS = 100
const EARLY_SHARE = 0.5

/** Part of the mapping delay by which a prewarm may begin too late: its length and the start are both predictions. */
const LATE_SHARE = 0.1

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
  const { parts, sources } = options
  const { platform, clock } = parts
  const planned = new Map<number, Planned>()
  const fired = new Set<number>()
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

  const schedule = (index: number, start: PredictedStart, decision: Decision): void => {
    const leadMs = start.atMs - options.sinceStartMs()
    const { mappingDelayMs } = decision.predicted
    // What cannot be ready by then would be paid for beside the cold start that comes all the same.
    if (!(leadMs >= (1 - LATE_SHARE) * mappingDelayMs)) return
    const waitMs = leadMs - (1 + EARLY_SHARE) * mappingDelayMs - EARLY_MS
    const cancel = clock.after(Math.max(0, waitMs), () => {
      planned.delete(index)
      fired.add(index)
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
    get result() {
      return { ...totals }
    },
    close: () => {
      closed = true
      cancelUpdate?.()
      for (const plan of planned.values()) plan.cancel()
      planned.clear()
      firing?.abort(new Error("the run is over"))
    },
  }
}
