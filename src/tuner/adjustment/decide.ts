/**
 * What to do after a window of runs: nothing, mostly. Pure: the same state and window give the same answer.
 *
 * T1. A window with too few complete runs changes nothing.
 * T2. One change at a time: a trial or a change that is being watched is judged before anything else is done.
 * T3. No size is further than `radius` grid positions from the last plan, except by a new search, which only a change of
 *     content or structure sets off (content-change.ts), a curve that proves wrong (curve-correction.ts), or a goal that
 *     is broken and that nothing near the plan mends.
 * T4. Nothing goes below the memory that a step was seen to need.
 * T5. What spends more, and any size that nothing proves to be large enough, is tried out by a share of the runs first.
 *     Else what mends a broken goal reaches all runs at once and is watched: the next window takes it back if it is worse
 *     (worse.ts).
 * T6. What was taken back is not tried again before the content changes.
 */
import type { Rates } from "../../estimation/compile.ts"
import type { Goal } from "../../workflow/goal.ts"
import type { LogWindow, ObservedPipeline } from "../observation.ts"
import type { Canary, Configs } from "../publishing/config-document.ts"
import { type Change, changesOf } from "./content-change.ts"
import { judgeTrial, judgeWatch } from "./judging.ts"
import { correctedCurves, learnedCorrections } from "./curve-correction.ts"
import { groupsOf, type RunGroups, sumsOfRuns } from "./run-groups.ts"
import { samplesOf } from "./run-samples.ts"
import type { TunerSettings } from "./settings.ts"
import type { SizeCurve } from "./size-curve.ts"
import { type StepSums, sumsOf } from "./step-sums.ts"
import { absorbed } from "./absorb.ts"
import { steer } from "./steer.ts"
import type { ChangeKind, Trial, TunerState } from "./tuner-state.ts"
import type { ExpectedEffect } from "./worse.ts"

export interface WindowView {
  readonly window: Pick<LogWindow, "observed">
  readonly pipeline: ObservedPipeline
  /** By step; a step without one keeps its size. */
  readonly curves: ReadonlyMap<string, SizeCurve>
  readonly goal: Goal
  readonly rates: Rates
  readonly settings: TunerSettings
}

/** A size that changes. */
export interface Move {
  readonly step: string
  readonly fromMB: number
  readonly toMB: number
  /** Grid positions from the last plan. */
  readonly distance: number
}

export type Action =
  | { readonly kind: "keep"; readonly why: string; readonly unkept?: true }
  | {
      readonly kind: "publish"
      readonly how: ChangeKind
      readonly configs: Configs
      readonly canary?: Canary
      readonly moves: readonly Move[]
      readonly expected: ExpectedEffect | null
      readonly why: string
      /** The version whose configurations these are again, where a change is taken back. */
      readonly restores?: number
      /** No sizes keep the goal: these come nearest. */
      readonly unkept?: true
    }

export interface Decided {
  /** As it is if the action is carried out. */
  readonly state: TunerState
  readonly action: Action
  readonly changes: readonly Change[]
}

/** `isFirst`: nothing was planned yet, and the window is enough to begin with. */
export function decide(
  state: TunerState,
  given: WindowView,
  { isFirst = false }: { readonly isFirst?: boolean } = {},
): Decided {
  const { window, settings, pipeline } = given
  const complete = window.observed.filter((run) => run.complete).length
  if (complete < settings.leastRuns)
    return kept(state, `too few runs to tell: ${complete} complete ones of ${settings.leastRuns}`)
  const view = withCorrections(given, state)
  const newest = sumsOf(window, pipeline, view.curves)
  const groups = groupsOf(window, state.configs, state.trial?.configs)
  const reference = new Map(Object.entries(state.sums))
  const changes = reference.size === 0 ? [] : changesOf(newest, reference)
  // Runs of other content tell nothing of a change that was made for the content before.
  if (changes.length === 0 && state.trial !== null) return judgeTrial(state, state.trial, { view, groups })
  if (changes.length === 0 && state.watch !== null) {
    const judged = judgeWatch(state, state.watch, { view, runs: sumsOfRuns(groups.present) })
    if (judged !== null) return judged
  }
  // A trial that ends here: its runs are of no configuration that was judged, but the others are.
  if (groups.present.length < settings.leastTrialRuns)
    return kept(state, `too few runs at the configurations in force: ${groups.present.length}`)
  const decided = afterWindow(state, changes, { given, newest, groups, isFirst })
  if (state.trial === null || decided.action.kind === "publish") return decided
  return { ...decided, action: withoutTrial(state, state.trial, decided.action.why) }
}

/** Curves as far as what was seen at other sizes has put them right. */
function withCorrections(given: WindowView, { corrections }: Pick<TunerState, "corrections">): WindowView {
  return { ...given, curves: correctedCurves(given.curves, corrections) }
}

interface Seen {
  readonly given: WindowView
  readonly newest: ReadonlyMap<string, StepSums>
  readonly groups: RunGroups
  readonly isFirst: boolean
}

/** Searches that wrong curves may set off while the content stays: each new size may show another error. */
const MOST_CURVE_SEARCHES = 2

/** Takes the window in, what it says of the curves too, and steers. */
function afterWindow(state: TunerState, changes: readonly Change[], seen: Seen): Decided {
  const { given, newest, groups, isFirst } = seen
  // Where the content changed as well nobody can tell whose ratio it is.
  const learned = changes.length === 0 ? learnedCorrections(state, newest) : null
  const corrections = learned?.corrections ?? state.corrections
  const view = withCorrections(given, { corrections })
  const searches = changes.length > 0 ? 0 : state.curveSearches
  const wrong = searches < MOST_CURVE_SEARCHES ? (learned?.material ?? []) : []
  const now: TunerState = {
    ...state,
    trial: null,
    watch: null,
    pending: {},
    corrections,
    curveSearches: searches + (wrong.length > 0 ? 1 : 0),
    // What was summed beside a wrong curve is of no more use.
    sums: Object.fromEntries(Object.entries(state.sums).filter(([step]) => learned?.steps.includes(step) !== true)),
  }
  const next = absorbed(now, {
    newest: learned === null ? newest : sumsOf(given.window, given.pipeline, view.curves),
    groups,
    samples: samplesOf(given.window.observed, given.pipeline, view.curves),
    afresh: changes.length > 0,
  })
  const all = [...changes, ...wrong]
  return { ...steer(next, all, { view, isFirst }), changes: all }
}

function kept(state: TunerState, why: string): Decided {
  return { state: { ...state, windows: state.windows + 1 }, action: { kind: "keep", why }, changes: [] }
}

/** Ends a trial by publishing what is in force alone. */
function withoutTrial({ configs }: TunerState, { restores }: Trial, why: string): Action {
  const ended = {
    kind: "publish",
    how: "rollback",
    configs,
    moves: [],
    expected: null,
    why: `the trial ends: ${why}`,
  } as const
  return restores > 0 ? { ...ended, restores } : ended
}
