import type { Random } from "../../base/random.ts"
import { type BayesianOptions, bayesianSearch, type Fitters } from "../searches/bayesian-search.ts"
import type { EstimatedOptions } from "../searches/search-space.ts"
import { surrogateFitter } from "../searches/surrogate.ts"
import { type Contracted, longestPath } from "./contracted.ts"
import type { NetworkPredictions } from "./narrowing-network.ts"

/** One search inside a group: its own steps, and what its children have come to. */
export interface GroupTask {
  /** Options of the own steps, in the group's order. */
  readonly own: readonly EstimatedOptions[]
  readonly contracted: Contracted
  /** Of the children's equivalent steps. */
  readonly childLatencyMs: readonly number[]
  /** For the own steps together. */
  readonly limitUsd: number
}

/** A configuration of a group's own steps. */
export interface GroupChoice {
  readonly selection: Int32Array
  readonly latencyMs: number
  readonly costUsd: number
}

export type GroupSearch = (task: GroupTask) => GroupChoice

/** Above this many own steps the search is Bayesian. */
const MOST_EXHAUSTIVE = 2
/** And above this many combinations, wherever instances are free too. */
const MOST_COMBINATIONS = 100_000
/** Share of the candidates that the network leaves. */
const KEPT_SHARE = 0.1

export interface GroupSearchOptions {
  readonly random: Random
  /** Of the Bayesian search per round. */
  readonly evaluations: number
  /** Predictions for the own steps, in the group's order; asked for when a Bayesian search begins. */
  readonly predictions: () => NetworkPredictions
}

/** Refits of the kernel, about those of the first round; after them its parameters stay for the rounds to come. */
const REFITS = 30

/**
 * The hybrid search of ConfigNavigator section 3.2.2 for one group over all rounds: exhaustive up to two own steps, else
 * Bayesian with its candidates narrowed by a network, warm-started from the stored configuration of nearest cost and from
 * the cheapest one. The result is the least latency whose own cost keeps the limit, the cheaper among equals.
 */
export function groupSearch({ random, evaluations, predictions }: GroupSearchOptions): GroupSearch {
  const stored: GroupChoice[] = []
  let fitters: Fitters | undefined
  return (task) => {
    const combinations = task.own.reduce((product, { configs }) => product * configs.length, 1)
    if (task.own.length <= MOST_EXHAUSTIVE && combinations <= MOST_COMBINATIONS) return exhaustive(task)
    fitters ??= {
      objective: surrogateFitter({ random, starts: 1, mostRefits: REFITS }),
      constraint: surrogateFitter({ random, starts: 1, mostRefits: REFITS }),
    }
    const near = nearestInCost(stored, task.limitUsd)
    const starts = near === null ? [cheapestOwn(task)] : [near.selection, cheapestOwn(task)]
    const narrow = narrowing(task, predictions())
    const choice = bayesian(task, { evaluations, search: { random, starts, fitters, narrow, incumbent: "measured" } })
    stored.push(choice)
    return choice
  }
}

const TOLERANCE = 1 + 1e-9

/** All combinations of the options of at most a few steps. */
function exhaustive(task: GroupTask): GroupChoice {
  const durations = durationsOf(task)
  const ends = new Float64Array(durations.length)
  const selection = new Int32Array(task.own.length)
  let best: GroupChoice | null = null
  const visit = (i: number, costUsd: number): void => {
    if (costUsd > task.limitUsd * TOLERANCE) return
    if (i === task.own.length) {
      const latencyMs = longestPath(task.contracted, durations, ends)
      if (best === null || isBetter({ latencyMs, costUsd }, best))
        best = { selection: Int32Array.from(selection), latencyMs, costUsd }
      return
    }
    const options = task.own[i]!
    for (let k = 0; k < options.configs.length; k++) {
      selection[i] = k
      durations[i] = options.latencyMs[k]!
      visit(i + 1, costUsd + options.costUsd[k]!)
    }
  }
  visit(0, 0)
  return best ?? evaluate(task, cheapestOwn(task))
}

function isBetter(
  found: { readonly latencyMs: number; readonly costUsd: number },
  best: { readonly latencyMs: number; readonly costUsd: number },
): boolean {
  return found.latencyMs < best.latencyMs || (found.latencyMs === best.latencyMs && found.costUsd < best.costUsd)
}

/** By contracted node; the own steps' are to be filled in. */
function durationsOf({ own, childLatencyMs }: GroupTask): Float64Array {
  const durations = new Float64Array(own.length + childLatencyMs.length)
  durations.set(childLatencyMs, own.length)
  return durations
}

function evaluate(task: GroupTask, selection: Int32Array): GroupChoice {
  const durations = durationsOf(task)
  let costUsd = 0
  for (const [i, option] of selection.entries()) {
    durations[i] = task.own[i]!.latencyMs[option]!
    costUsd += task.own[i]!.costUsd[option]!
  }
  return { selection, latencyMs: longestPath(task.contracted, durations), costUsd }
}

/** The cheapest option of every own step, the faster among equals. */
export function cheapestOwn({ own }: Pick<GroupTask, "own">): Int32Array {
  return Int32Array.from(own, ({ costUsd, latencyMs }) => {
    let best = 0
    for (let k = 1; k < costUsd.length; k++)
      if (costUsd[k]! < costUsd[best]! || (costUsd[k] === costUsd[best] && latencyMs[k]! < latencyMs[best]!)) best = k
    return best
  })
}

function nearestInCost(stored: readonly GroupChoice[], limitUsd: number): GroupChoice | null {
  let best: GroupChoice | null = null
  for (const choice of stored)
    if (best === null || Math.abs(choice.costUsd - limitUsd) < Math.abs(best.costUsd - limitUsd)) best = choice
  return best
}

function bayesian(
  task: GroupTask,
  { evaluations, search: options }: { readonly evaluations: number; readonly search: BayesianOptions },
): GroupChoice {
  const search = bayesianSearch(task.own, { objective: "latency", bound: task.limitUsd }, options)
  let best = evaluate(task, cheapestOwn(task))
  for (let done = 0; done < evaluations;) {
    const found = search.ask(evaluations - done).map((selection) => evaluate(task, selection))
    if (found.length === 0) break
    search.tell(found.map((choice) => ({ ...choice, ...NO_STEPS })))
    for (const choice of found) if (choice.costUsd <= task.limitUsd * TOLERANCE && isBetter(choice, best)) best = choice
    done += found.length
  }
  return best
}

const NO_STEPS = { stepLatencyMs: new Float64Array(0), stepCostUsd: new Float64Array(0) }

/** How much a predicted overrun of the limit counts against a candidate, relative to the same share of latency. */
const OVERRUN_WEIGHT = 10

/** Keeps the candidates that the network predicts to be fastest, overruns of the limit added as time. */
function narrowing(task: GroupTask, predicted: NetworkPredictions): NonNullable<BayesianOptions["narrow"]> {
  const durations = durationsOf(task)
  const ends = new Float64Array(durations.length)
  const score = (selection: Int32Array): number => {
    let costUsd = 0
    for (const [i, option] of selection.entries()) {
      durations[i] = predicted.latencyMs[i]![option]!
      costUsd += predicted.costUsd[i]![option]!
    }
    const overrun = Math.max(0, costUsd / task.limitUsd - 1)
    return longestPath(task.contracted, durations, ends) * (1 + OVERRUN_WEIGHT * overrun)
  }
  return (selections) => {
    const scored = selections.map((selection) => ({ selection, score: score(selection) }))
    scored.sort((a, b) => a.score - b.score)
    return scored.slice(0, Math.ceil(KEPT_SHARE * scored.length)).map(({ selection }) => selection)
  }
}
