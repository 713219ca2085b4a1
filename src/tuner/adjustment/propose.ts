import type { Canary, Configs } from "../publishing/config-document.ts"
import type { Decided, WindowView } from "./decide.ts"
import { inForce } from "./judging.ts"
import { movesBetween, refusalOf } from "./moves.ts"
import { configsOf, type Situation } from "./situation.ts"
import { type Chosen, costOf, lengthOf } from "./tuned-pipeline.ts"
import type { ChangeKind, TunerState } from "./tuner-state.ts"
import { isProvenSize } from "./window-figures.ts"
import { type ExpectedEffect, NO_RUNS } from "./worse.ts"

export type Outcome = Omit<Decided, "changes">

/** Nothing is published. */
export function keep(state: TunerState, why: string): Outcome {
  return { state, action: { kind: "keep", why } }
}

/** A change that is worth a version. */
export interface Proposed {
  readonly view: WindowView
  readonly chosen: Chosen
  readonly how: ChangeKind
  readonly centre: Configs
  readonly why: string
  /** The goal is broken now: all runs at once, unless nothing says that the sizes have enough memory. */
  readonly all: boolean
  /** New steps are to be published even if no size changes. */
  readonly isNew?: boolean
}

/** Publishes the chosen sizes: for a share of the runs, or for all (T5). */
export function change(state: TunerState, at: Situation, proposed: Proposed): Outcome {
  const { view, chosen, how, centre, why } = proposed
  const configs = configsOf(state, at, chosen)
  const moves = movesBetween(state.configs, configs, { centre, curves: view.curves })
  if (moves.length === 0 && proposed.isNew !== true) return keep({ ...state, centre }, `${why}: no size changes`)
  if (state.refused.includes(refusalOf(state.configs, configs))) return keep(state, `${why}: was taken back before`)
  const expected: ExpectedEffect = {
    latencyRatio: lengthOf(at.pipeline, chosen) / at.presentMs,
    costRatio: costOf(chosen) / at.presentUsd,
  }
  const { canaryPercent } = view.settings
  const isProven = moves.every(({ step, toMB }) => isProvenSize(state.sums[step]!, toMB))
  if ((proposed.all && isProven) || canaryPercent <= 0 || moves.length === 0) {
    const watch = {
      how,
      before: state.configs,
      centreBefore: state.centre,
      others: state.runs,
      expected,
      restores: state.version,
    }
    return {
      state: inForce({ ...state, watch }, configs, centre),
      action: { kind: "publish", how, configs, moves, expected, why },
    }
  }
  const canary: Canary = {
    sharePercent: canaryPercent,
    configs: Object.fromEntries(moves.map(({ step }) => [step, configs[step]!])),
  }
  const trial = {
    how,
    configs,
    centre,
    expected,
    changed: NO_RUNS,
    others: NO_RUNS,
    windows: 0,
    restores: state.version,
  }
  // Every step of a canary must stand in the configurations themselves.
  const base = { ...configs, ...state.configs }
  return {
    state: { ...state, configs: base, trial },
    action: { kind: "publish", how, configs: base, canary, moves, expected, why },
  }
}
