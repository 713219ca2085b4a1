import { assertNever } from "../../base/assert-never.ts"
import { addRuns, judge, NO_RUNS, type RunSums } from "./worse.ts"
import { NO_SUMS, sumsOf, withMemoryOf } from "./step-sums.ts"
import { type RunGroups, sumsOfRuns } from "./run-groups.ts"
import { NO_MOMENTS } from "./moments.ts"
import { movesBetween, refusalOf } from "./moves.ts"
import type { Decided, WindowView } from "./decide.ts"
import type { Trial, TunerState, Watch } from "./tuner-state.ts"
import type { Configs } from "../publishing/config-document.ts"

/** A trial that too few runs have told about for so long is given up. */
const MOST_TRIAL_WINDOWS = 10

/** A change on trial: taken back when worse, for all when not worse, and tried longer while too few runs tell. */
export function judgeTrial(
  state: TunerState,
  trial: Trial,
  { view, groups }: { readonly view: WindowView; readonly groups: RunGroups },
): Decided {
  const changed = addRuns(trial.changed, sumsOfRuns(groups.changed))
  const others = addRuns(trial.others, sumsOfRuns(groups.present))
  const verdict = judge({ changed, others }, { expected: trial.expected, least: view.settings.leastTrialRuns })
  const windows = state.windows + 1
  switch (verdict.kind) {
    case "too-few":
      if (trial.windows + 1 >= MOST_TRIAL_WINDOWS)
        return takenBack(
          state,
          { from: trial.configs, to: state.configs, centre: state.centre, restores: trial.restores },
          view,
          `${verdict.changed} runs in ${MOST_TRIAL_WINDOWS} windows are too few to judge it`,
        )
      return {
        state: { ...state, windows, trial: { ...trial, changed, others, windows: trial.windows + 1 } },
        action: { kind: "keep", why: `on trial: ${verdict.changed} runs with the change, ${verdict.others} beside it` },
        changes: [],
      }
    case "worse":
      return takenBack(
        state,
        { from: trial.configs, to: state.configs, centre: state.centre, restores: trial.restores },
        view,
        verdict.why,
      )
    case "not-worse": {
      const moves = movesBetween(state.configs, trial.configs, { centre: trial.centre, curves: view.curves })
      const watch = {
        how: trial.how,
        before: state.configs,
        centreBefore: state.centre,
        others,
        expected: trial.expected,
        restores: trial.restores,
      }
      return {
        state: inForce({ ...state, windows, watch }, trial.configs, trial.centre),
        action: {
          kind: "publish",
          how: "promote",
          configs: trial.configs,
          moves,
          expected: trial.expected,
          why: `not worse in ${changed.logLatency.count} runs on trial`,
        },
        changes: [],
      }
    }
    default:
      return assertNever(verdict)
  }
}

/** A change that all runs have, after its first windows; null where it may stay. */
export function judgeWatch(
  state: TunerState,
  watch: Watch,
  { view, runs }: { readonly view: WindowView; readonly runs: RunSums },
): Decided | null {
  const { others, expected, before } = watch
  const verdict = judge({ changed: runs, others }, { expected, least: view.settings.leastTrialRuns })
  if (verdict.kind === "not-worse") return null
  if (verdict.kind === "too-few")
    // Nobody uses it yet, or too few runs do: it is judged when they do.
    return {
      state: { ...state, windows: state.windows + 1 },
      action: {
        kind: "keep",
        why: `too few runs with the newest version: ${verdict.changed}; functions that look it up use it within their TTL`,
      },
      changes: [],
    }
  return takenBack(
    state,
    { from: state.configs, to: before, centre: watch.centreBefore, restores: watch.restores },
    view,
    verdict.why,
  )
}

interface TakenBack {
  readonly from: Configs
  readonly to: Configs
  readonly centre: Configs
  readonly restores: number
}

function takenBack(
  state: TunerState,
  { from, to, centre, restores }: TakenBack,
  view: WindowView,
  why: string,
): Decided {
  // What this window says of memory must not be lost with the change.
  const seen = sumsOf(view.window, view.pipeline, view.curves)
  const sums = Object.fromEntries(
    Object.entries(state.sums).map(([name, own]) => [name, withMemoryOf(own, seen.get(name) ?? NO_SUMS)]),
  )
  const refused = [...state.refused, refusalOf(to, from)]
  return {
    state: inForce({ ...state, sums, refused, watch: null, windows: state.windows + 1 }, to, centre),
    action: {
      kind: "publish",
      how: "rollback",
      configs: to,
      moves: movesBetween(from, to, { centre, curves: view.curves }),
      expected: null,
      why,
      ...(restores > 0 ? { restores } : {}),
    },
    changes: [],
  }
}

/** The state from the moment at which these configurations hold: what was measured at others says nothing of their cost. */
export function inForce(state: TunerState, configs: Configs, centre: Configs): TunerState {
  const hasChanged = (step: string): boolean => configs[step]?.memoryMB !== state.configs[step]?.memoryMB
  // A curve may be wrong from one size to another: at a new size its ratio is learned anew.
  const sums = Object.fromEntries(
    Object.entries(state.sums).map(([step, own]) => [step, hasChanged(step) ? { ...own, logRatio: NO_MOMENTS } : own]),
  )
  const pending = Object.fromEntries(
    Object.entries(state.sums)
      .filter(([step]) => hasChanged(step) && state.configs[step] !== undefined)
      .map(([step, { logRatio: ratio }]) => [step, { ratio, fromMB: state.configs[step]!.memoryMB }]),
  )
  return {
    ...state,
    configs,
    centre,
    sums,
    pending,
    costUsd: NO_MOMENTS,
    latencyMs: NO_MOMENTS,
    runs: NO_RUNS,
    trial: null,
    age: 0,
  }
}
