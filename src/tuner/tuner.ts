import type { Clock } from "../base/clock.ts"
import type { Rates } from "../estimation/compile.ts"
import type { Goal } from "../workflow/goal.ts"
import { beginning } from "./adjustment/absorb.ts"
import { adopted } from "./adjustment/adopt.ts"
import { type Action, decide, type Decided } from "./adjustment/decide.ts"
import { DEFAULT_SETTINGS, type TunerSettings } from "./adjustment/settings.ts"
import type { SizeCurve } from "./adjustment/size-curve.ts"
import type { TunerState } from "./adjustment/tuner-state.ts"
import { auditEntries } from "./audit-entries.ts"
import type { AuditEntry } from "./audit-log.ts"
import type { GatheredRun } from "./inspection/gathered-run.ts"
import type { ObservedPipeline } from "./observation.ts"
import type { Configs } from "./publishing/config-document.ts"
import type { ConfigPublisher, PublishOutcome } from "./publishing/config-publisher.ts"
import type { NewestVersion, Refusal } from "./publishing/published-versions.ts"
import { reconstruct } from "./reconstruction/reconstruct.ts"
import type { TunerMemory } from "./tuner-memory.ts"

export interface TunerOptions {
  readonly publisher: ConfigPublisher
  readonly goal: Goal
  readonly rates: Rates
  /** What is known of the functions of the pipeline, by step: steps that it leaves out keep their size. */
  readonly curvesOf: (pipeline: ObservedPipeline) => Promise<ReadonlyMap<string, SizeCurve>>
  /** Profiles functions that have no curve yet, so that `curvesOf` knows them; without it they keep their size. */
  readonly learn?: (functionNames: readonly string[]) => Promise<void>
  readonly memory: TunerMemory
  readonly audit: { append(entry: AuditEntry): Promise<void> }
  readonly clock: Clock
  readonly settings?: Partial<TunerSettings>
  /** Only say what would be done. */
  readonly dryRun?: boolean
}

/** What came of one window. */
export interface TunedWindow {
  readonly action: Action
  readonly decided: Decided
  /** In force now; 0 before the first. */
  readonly version: number
  /** True when a version was published; false in a dry run and when somebody else was faster. */
  readonly published: boolean
  readonly refused: readonly Refusal[]
  readonly runs: number
  readonly completeRuns: number
  /** Working out what to do and publishing it, ms. */
  readonly decideMs: number
  readonly tookMs: number
}

/** The online tuner (ConfigNavigator 3.3): a window of runs in, at most one published version out. */
export interface Tuner {
  /** Judges the runs of one window. Calls must not overlap. @throws what the store, the memory and the audit log throw */
  window(runs: readonly GatheredRun[]): Promise<TunedWindow>
}

export function createTuner(options: TunerOptions): Tuner {
  const { publisher, goal, rates, memory, clock, dryRun = false } = options
  const settings: TunerSettings = { ...DEFAULT_SETTINGS, ...options.settings }
  /** Refused objects that the audit log names already. */
  const named = new Set<string>()
  /** Functions whose operations were counted, or tried to. */
  const learned = new Set<string>()

  /** What to begin with, and whether anything was planned yet. */
  const begin = async (
    newest: NewestVersion,
    pipeline: ObservedPipeline,
  ): Promise<{ readonly state: TunerState; readonly isFirst: boolean }> => {
    const kept = (await memory.load())?.state ?? null
    if (newest.document === null) {
      const state = kept?.version === 0 ? kept : beginning(sizesOf(pipeline), 0)
      return { state, isFirst: Object.keys(state.sums).length === 0 }
    }
    const isOurs = kept?.version === newest.document.version
    return { state: isOurs ? kept : adopted(kept, newest.document), isFirst: false }
  }

  /** Functions that nothing is known of are learned once: then a new one takes part from its first window on. */
  const curvesFor = async (pipeline: ObservedPipeline): Promise<ReadonlyMap<string, SizeCurve>> => {
    const curves = await options.curvesOf(pipeline)
    const unknown = pipeline.steps.filter(({ name, functionName }) => !curves.has(name) && !learned.has(functionName))
    const names = [...new Set(unknown.map(({ functionName }) => functionName))]
    if (names.length === 0 || options.learn === undefined || dryRun) return curves
    for (const name of names) learned.add(name)
    await options.learn(names)
    return await options.curvesOf(pipeline)
  }

  const publish = async (action: Action, latest: number): Promise<PublishOutcome | null> => {
    if (action.kind === "keep" || dryRun) return null
    const { configs, canary, why: reason, restores } = action
    return await publisher.publish(
      {
        configs,
        reason,
        ...(canary === undefined ? {} : { canary }),
        ...(restores === undefined ? {} : { restores }),
      },
      { after: latest },
    )
  }

  const note = async (window: TunedWindow, outcome: PublishOutcome | null): Promise<void> => {
    const head = { atMs: Math.round(clock.nowMs()), pipeline: publisher.pipeline, runs: window.completeRuns }
    for (const entry of auditEntries(window, outcome, head)) {
      const name = entry.kind === "refused" ? `${entry.key} ${entry.why}` : null
      if (name !== null && named.has(name)) continue
      if (name !== null) named.add(name)
      await options.audit.append(entry)
    }
  }

  return {
    window: async (runs) => {
      const startedMs = clock.monotonicMs()
      const newest = await publisher.newest()
      const { pipeline, runs: observed } = reconstruct(runs)
      if (pipeline === null) return empty(newest)
      const { state, isFirst } = await begin(newest, pipeline)
      const curves = await curvesFor(pipeline)
      const decideFromMs = clock.monotonicMs()
      const decided = decide(state, { window: { observed }, pipeline, curves, goal, rates, settings }, { isFirst })
      const decideMs = clock.monotonicMs() - decideFromMs
      const outcome = await publish(decided.action, newest.latest)
      const version = versionAfter(outcome, newest)
      const window: TunedWindow = {
        action: decided.action,
        decided,
        version,
        published: outcome?.kind === "published",
        refused: newest.refused,
        runs: runs.length,
        completeRuns: observed.filter((run) => run.complete).length,
        decideMs,
        tookMs: clock.monotonicMs() - startedMs,
      }
      await note(window, outcome)
      // A state that belongs to no version is taken up as somebody else's when the next window comes.
      const isKept = outcome?.kind !== "overtaken" && !(dryRun && decided.action.kind === "publish")
      // Runs that were too few are judged again, with those that come.
      const isJudged = window.completeRuns >= settings.leastRuns
      if (!dryRun && isJudged)
        await memory.save({
          state: isKept ? { ...decided.state, version } : state,
          judgedUntilMs: Math.max(...observed.map((run) => run.startMs)),
        })
      return window
    },
  }
}

function versionAfter(outcome: PublishOutcome | null, { document }: NewestVersion): number {
  return outcome?.kind === "published" ? outcome.document.version : (document?.version ?? 0)
}

/** Every step at the size that it was last seen at. */
function sizesOf({ steps }: ObservedPipeline): Configs {
  return Object.fromEntries(steps.map(({ name, memoryMB }) => [name, { memoryMB, instances: 1, processes: 1 }]))
}

function empty(newest: NewestVersion): TunedWindow {
  const action: Action = { kind: "keep", why: "no runs" }
  const version = newest.document?.version ?? 0
  const decided: Decided = { state: beginning({}, version), action, changes: [] }
  return {
    action,
    decided,
    version,
    published: false,
    refused: newest.refused,
    runs: 0,
    completeRuns: 0,
    decideMs: 0,
    tookMs: 0,
  }
}
