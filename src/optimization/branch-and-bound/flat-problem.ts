import { schedule } from "../../workflow/critical-path.ts"
import type { Graph } from "../../workflow/graph.ts"
import { cornersOf } from "../dual/hull.ts"
import type { SelectionProblem } from "../selection-problem.ts"

/**
 * A selection problem in flat arrays, with times and costs divided by a scale so that tolerances are relative. Steps
 * are in topological order; parents of step i are `parents[parentStart[i] .. parentStart[i + 1])`, children alike.
 */
export interface FlatProblem {
  readonly steps: number
  readonly parentStart: Int32Array
  readonly parents: Int32Array
  readonly childStart: Int32Array
  readonly children: Int32Array
  /** Entries of step i lie at `offset[i] .. offset[i + 1]`: times rise, costs fall. */
  readonly offset: Int32Array
  readonly times: Float64Array
  readonly costs: Float64Array
  /** ms and USD of one unit. */
  readonly timeScale: number
  readonly costScale: number
  /** The same in the units of this problem, on views of its arrays. */
  readonly scaled: SelectionProblem
}

/** Flattens and scales. A scale that is no positive number counts as 1. O(V + E + entries). */
export function flatProblem(problem: SelectionProblem, timeScale: number, costScale: number): FlatProblem {
  const { graph, curves } = problem
  const steps = curves.length
  const offset = new Int32Array(steps + 1)
  for (let i = 0; i < steps; i++) offset[i + 1] = offset[i]! + curves[i]!.latencyMs.length
  const times = new Float64Array(offset[steps]!)
  const costs = new Float64Array(offset[steps]!)
  const [timeUnit, costUnit] = [usable(timeScale), usable(costScale)]
  const [perTime, perCost] = [1 / timeUnit, 1 / costUnit]
  for (let i = 0; i < steps; i++) {
    const { latencyMs, costUsd } = curves[i]!
    for (let k = 0, at = offset[i]!; k < latencyMs.length; k++, at++) {
      times[at] = latencyMs[k]! * perTime
      costs[at] = costUsd[k]! * perCost
    }
  }
  const scaled = curves.map((curve, i) => ({
    latencyMs: times.subarray(offset[i], offset[i + 1]),
    costUsd: costs.subarray(offset[i], offset[i + 1]),
    corners: cornersOf(curve),
  }))
  const units = { timeScale: timeUnit, costScale: costUnit }
  return { steps, ...flatGraph(graph), offset, times, costs, ...units, scaled: { graph, curves: scaled } }
}

function usable(scale: number): number {
  return scale > 0 && Number.isFinite(scale) ? scale : 1
}

function flatGraph({
  parents,
  children,
}: Graph): Pick<FlatProblem, "parentStart" | "parents" | "childStart" | "children"> {
  const flat = (lists: readonly (readonly number[])[]): [Int32Array, Int32Array] => {
    const start = new Int32Array(lists.length + 1)
    for (const [i, list] of lists.entries()) start[i + 1] = start[i]! + list.length
    const all = new Int32Array(start[lists.length]!)
    for (const [i, list] of lists.entries()) all.set(list, start[i])
    return [start, all]
  }
  const [parentStart, flatParents] = flat(parents)
  const [childStart, flatChildren] = flat(children)
  return { parentStart, parents: flatParents, childStart, children: flatChildren }
}

/** Sum of the cheapest entries, USD. */
export function cheapestCost(problem: SelectionProblem): number {
  return problem.curves.reduce((sum, { costUsd }) => sum + costUsd[costUsd.length - 1]!, 0)
}

/** Earliest starts of all steps by their times; returns the end of the last. O(V + E). */
export function earliestStarts(flat: FlatProblem, time: Float64Array, start: Float64Array): number {
  delayStarts(flat, time, start, 0)
  let length = 0
  for (let i = 0; i < flat.steps; i++) length = Math.max(length, start[i]! + time[i]!)
  return length
}

/** Earliest starts from step `from` on, those before being known. */
export function delayStarts(flat: FlatProblem, time: Float64Array, start: Float64Array, from: number): void {
  const { steps, parentStart, parents } = flat
  for (let i = from; i < steps; i++) {
    let at = 0
    for (let e = parentStart[i]!; e < parentStart[i + 1]!; e++) {
      const parent = parents[e]!
      const end = start[parent]! + time[parent]!
      if (end > at) at = end
    }
    start[i] = at
  }
}

/** Longest time from the end of each step before `to` to the end of all, those from `to` on being known. O(V + E). */
export function longestTails(flat: FlatProblem, time: Float64Array, tail: Float64Array, to: number): void {
  const { childStart, children } = flat
  for (let i = to - 1; i >= 0; i--) {
    let most = 0
    for (let e = childStart[i]!; e < childStart[i + 1]!; e++) {
      const child = children[e]!
      const through = time[child]! + tail[child]!
      if (through > most) most = through
    }
    tail[i] = most
  }
}

/** Entry (counted from the step's first) of the cheapest between lo and hi that takes at most `time`; lo when none does. */
export function entryWithin(flat: FlatProblem, step: number, lo: number, hi: number, time: number): number {
  const { times } = flat
  const first = flat.offset[step]!
  let low = lo + 1
  let high = hi + 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (times[first + middle]! <= time) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Longest path of a selection, ms. O(V + E). */
export function longestPath({ graph, curves }: SelectionProblem, selection: ArrayLike<number>): number {
  return schedule(
    graph,
    curves.map((curve, i) => curve.latencyMs[selection[i]!]!),
  ).length
}
