import { assertNever } from "../../base/assert-never.ts"
import { formatMs, formatUsd } from "../../base/format.ts"
import { constrict } from "./constriction.ts"
import type { Change } from "./content-change.ts"
import type { WindowView } from "./decide.ts"
import { type GoalState, goalState } from "./goal-state.ts"
import { cheapestOf, fastestOf, searchAnew } from "./new-search.ts"
import { change, keep, type Outcome } from "./propose.ts"
import { relax } from "./relaxation.ts"
import { configsOf, heavyCost, type Situation, situationOf } from "./situation.ts"
import { type Chosen, costOf, lengthOf } from "./tuned-pipeline.ts"
import type { ChangeKind, TunerState } from "./tuner-state.ts"

/** Keeps the goal by a small change near the last plan, or by a new search where the content or the structure changed. */
export function steer(
  state: TunerState,
  changes: readonly Change[],
  { view, isFirst }: { readonly view: WindowView; readonly isFirst: boolean },
): Outcome {
  const goal = goalState(view.goal, state, view.settings.headroom)
  if (changes.length > 0 || isFirst) return searched(state, changes, { view, goal })
  // A plan for new content rests on one window: when more have told of it, it is made once more.
  if (state.isProvisional && state.contentAge >= SETTLED_AGE)
    return searched({ ...state, isProvisional: false }, [], { view, goal, occasion: "more runs of the new content" })
  const near = situationOf(state, view, view.settings.radius)
  if (near === null) return keep(state, "no step has been seen to end well")
  switch (goal.kind) {
    case "near":
      return keep(state, `${standing(view, goal)}: nothing to do`)
    case "over":
      return view.goal.kind === "latency" ? save(state, near, { view, goal }) : hurry(state, near, { view, goal })
    case "under":
      if (state.isProvisional) return keep(state, `${standing(view, goal)}: waits for more runs of the new content`)
      return view.goal.kind === "latency" ? hurry(state, near, { view, goal }) : save(state, near, { view, goal })
    default:
      return assertNever(goal.kind)
  }
}

interface Steering {
  readonly view: WindowView
  readonly goal: GoalState
  /** The goal is broken, and nothing near the plan mends it. */
  readonly isOutOfReach?: boolean
  /** Why a search is made that no change sets off. */
  readonly occasion?: string
}

/** Windows of new content after which its plan is made once more. */
const SETTLED_AGE = 5

/** Constriction: over budget by the overrun, within an SLO as far as the SLO allows. */
function save(state: TunerState, near: Situation, { view, goal }: Steering): Outcome {
  const { settings } = view
  const forBudget = view.goal.kind === "latency"
  const limits = forBudget
    ? {
        recoverUsd: settings.alpha * (goal.careful - goal.aim),
        longestMs: Infinity,
        criticalMoves: near.present.length,
        dearest: settings.dearest,
      }
    : // A percentile is predicted to stretch as the longest path does.
      {
        recoverUsd: Infinity,
        longestMs: near.presentMs * (goal.aim / goal.careful),
        criticalMoves: 1,
        dearest: Infinity,
      }
  const chosen = constrict(near.pipeline, limits)
  const saved = near.presentUsd - costOf(chosen)
  // Crumbs are not worth a version.
  const least = Math.min(limits.recoverUsd, settings.leastGain * near.presentUsd) / 2
  if (!(saved >= least) && forBudget) return searched(state, [], { view, goal, isOutOfReach: true })
  if (!(saved > 0) || (!forBudget && saved < settings.leastGain * near.presentUsd))
    return keep(state, `${standing(view, goal)}: no size near the plan saves more`)
  const why = `${standing(view, goal)}: saves ${formatUsd(saved)} a run`
  return change(state, near, { view, chosen, how: "constrict", centre: state.centre, why, all: forBudget })
}

/** Relaxation: within a budget by what is left of it, past an SLO until it is kept. */
function hurry(state: TunerState, near: Situation, { view, goal }: Steering): Outcome {
  const { settings } = view
  const forBudget = view.goal.kind === "latency"
  const limits = forBudget
    ? {
        roomUsd: goal.aim - goal.careful,
        enoughMs: Infinity,
        moves: 1,
        positions: settings.stepPositions,
        leastMs: settings.leastGain * near.presentMs,
      }
    : {
        roomUsd: Infinity,
        enoughMs: near.presentMs * (1 - goal.aim / goal.careful),
        moves: 2 * near.present.length,
        positions: settings.stepPositions,
        leastMs: 0,
      }
  const chosen = relax(near.pipeline, limits)
  const gainMs = near.presentMs - lengthOf(near.pipeline, chosen)
  if (!(gainMs > 0) && !forBudget) return searched(state, [], { view, goal, isOutOfReach: true })
  if (
    forBudget &&
    heavyCost(near, chosen) > Math.max(heavyCost(near, near.present), mostHeavyUsd(near, { view, goal }))
  )
    return keep(state, `${standing(view, goal)}: heavier content would cost too much at larger sizes`)
  if (!(gainMs > 0) || (forBudget && gainMs < settings.leastGain * near.presentMs))
    return keep(state, `${standing(view, goal)}: no size near the plan is worth its price`)
  const why = `${standing(view, goal)}: ${formatMs(gainMs)} faster`
  return change(state, near, { view, chosen, how: "relax", centre: state.centre, why, all: !forBudget })
}

/** A search that found nothing better near the plan is not repeated for so many windows: it would find noise. */
const SEARCH_AGAIN = 10

/** A new search over all sizes, whose result is what the neighbourhood is around from then on. */
function searched(
  state: TunerState,
  changes: readonly Change[],
  {
    view,
    goal,
    isOutOfReach = false,
    occasion = isOutOfReach ? "nothing near the plan keeps the goal" : "first plan",
  }: Steering,
): Outcome {
  const known = withNewSteps(state, view, changes)
  const isNew = known !== state
  const all = situationOf(known, view, Infinity)
  if (all === null) return keep(state, "no step has been seen to end well")
  if (isOutOfReach && state.windows - (state.searchedAt ?? -Infinity) < SEARCH_AGAIN)
    return keep(state, `${standing(view, goal)}: nothing near the plan mends it`)
  const why = `${changes.length === 0 ? occasion : changes.slice(0, 3).map(textOf).join(", ")}; ${standing(view, goal)}`
  const { chosen, isKept, gain } = foundSizes(all, { view, goal })
  const { leastGain } = view.settings
  const isNeeded = goal.kind === "over" || goal.value > goal.bound
  const now = {
    ...known,
    searchedAt: isOutOfReach ? state.windows : state.searchedAt,
    isProvisional: state.isProvisional || changes.length > 0,
  }
  // What is in force is the plan from now on, if nothing better is worth a change.
  if (!isNeeded && !isNew && gain < leastGain)
    return keep(
      { ...now, centre: state.configs },
      `${why}: what is in force is within ${percent(leastGain)} of the best`,
    )
  const how: ChangeKind = occasion === "first plan" && changes.length === 0 ? "plan" : "replan"
  const centre = configsOf(known, all, chosen)
  if (isKept) return change(now, all, { view, chosen, how, centre, why, all: isNeeded, isNew })
  const nearest = `${why}; no sizes keep the goal, these come nearest`
  const outcome = change(now, all, { view, chosen, how, centre, why: nearest, all: isNeeded, isNew })
  return { ...outcome, action: { ...outcome.action, unkept: true } }
}

/** Steps that were not seen before, and that something is known of, are published from now on: at first as they ran. */
function withNewSteps(state: TunerState, { pipeline, curves }: WindowView, changes: readonly Change[]): TunerState {
  const added = changes.flatMap(({ kind, step }) => {
    const seen = pipeline.steps.find(({ name }) => name === step)
    if (kind !== "new-step" || seen === undefined || !curves.has(step)) return []
    return [[step, { memoryMB: seen.memoryMB, instances: 1, processes: 1 }] as const]
  })
  return added.length === 0 ? state : { ...state, configs: { ...Object.fromEntries(added), ...state.configs } }
}

interface Found {
  readonly chosen: Chosen
  readonly isKept: boolean
  /** Share of the present latency, or cost, that it saves. */
  readonly gain: number
}

/** How much above the least cost plans are at least. */
const NEAREST = 1.05

function foundSizes(all: Situation, { view, goal }: Steering): Found {
  const share = goal.aim / goal.careful
  if (view.goal.kind === "latency") {
    const budgetUsd = all.presentUsd * share
    const leastUsd = costOf(cheapestOf(all.pipeline))
    const mostUsd = mostHeavyUsd(all, { view, goal })
    // The last percents of cost cost most latency: no plan goes there.
    const within = { budgetUsd: Math.max(budgetUsd, NEAREST * leastUsd), mostUsd }
    const chosen = withinExposure(all, within) ?? cheapestOf(all.pipeline)
    return { chosen, isKept: leastUsd <= budgetUsd, gain: 1 - lengthOf(all.pipeline, chosen) / all.presentMs }
  }
  const found = searchAnew(all.pipeline, { kind: "deadline", deadlineMs: all.presentMs * share })
  const chosen = found ?? fastestOf(all.pipeline)
  return { chosen, isKept: found !== null, gain: 1 - costOf(chosen) / all.presentUsd }
}

/** Most that a run of the heaviest content may cost, USD as predictions count. */
function mostHeavyUsd(at: Situation, { view, goal }: Steering): number {
  return view.settings.exposure * goal.bound * (at.presentUsd / goal.value)
}

/** Budgets that are tried until the heaviest content is affordable, too. */
const EXPOSURE_TRIES = 4

function withinExposure(
  all: Situation,
  { budgetUsd, mostUsd }: { readonly budgetUsd: number; readonly mostUsd: number },
): Chosen | null {
  let budget = budgetUsd
  let last: Chosen | null = null
  for (let i = 0; i < EXPOSURE_TRIES; i++) {
    const found = searchAnew(all.pipeline, { kind: "budget", budgetUsd: budget })
    if (found === null) return last
    last = found
    const heavy = heavyCost(all, found)
    if (heavy <= mostUsd) return found
    budget = Math.min(budget, costOf(found)) * (mostUsd / heavy)
  }
  return last
}

function standing({ goal }: WindowView, { value, bound }: GoalState): string {
  const format = goal.kind === "latency" ? formatUsd : formatMs
  return `${format(value)} of ${format(bound)}`
}

function textOf(change: Change): string {
  switch (change.kind) {
    case "content":
      return `${change.step} takes ${change.factor.toFixed(2)} times as long`
    case "structure":
      return `${change.step} is in ${percent(change.probability)} of the runs instead of ${percent(change.before)}`
    case "new-step":
      return `${change.step} is new`
    case "curve":
      return `${change.step} takes ${change.factor.toFixed(2)} times as long at its new size as expected`
    default:
      return assertNever(change)
  }
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}
