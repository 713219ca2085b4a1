import type { DualSimplex } from "../dual/network-simplex.ts"
import { reclaimBySweeps } from "../dual/reclaim-by-sweeps.ts"
import { delayStarts, earliestStarts, entryWithin, type FlatProblem, longestTails } from "./flat-problem.ts"

/** Finds selections within a deadline; its buffers are used again by every call. */
export interface Primal {
  /** The last selection, as entries of each step. */
  readonly chosen: Int32Array
  /** Rounds windows down to entries, then spends the slack; returns the cost, in units. */
  fromWindows(windows: ArrayLike<number>, deadline: number): number
  /** The same with the windows of the relaxation just solved. */
  fromRelaxation(dual: DualSimplex, deadline: number): number
  /** Spends the slack of a selection, which must keep the deadline; returns the cost. */
  fromSelection(selection: ArrayLike<number>, deadline: number): number
}

/** Moves of one call: later ones save next to nothing. */
const MAX_MOVES = 60

/** From so many steps on slack is spent by sweeps over all steps: a sweep for each move would take O(V^2). */
const SWEEPS_ABOVE = 200

/** Rounding of windows, which are relative to the deadline: enough for entries that fit exactly. */
const EPS = 1e-13

/**
 * Rounding and reclaim: each step takes the cheapest entry (of its whole curve, not of its hull) within its window,
 * which is feasible as windows are a schedule; then over and over the step that saves most moves to the cheapest
 * entry between its earliest start and what follows. One move is O(V + E + V log entries).
 */
export function primal(flat: FlatProblem): Primal {
  const { steps, offset, times, costs } = flat
  const chosen = new Int32Array(steps)
  const time = new Float64Array(steps)
  const start = new Float64Array(steps)
  const tail = new Float64Array(steps)

  const take = (i: number, k: number): void => {
    chosen[i] = k
    time[i] = times[offset[i]! + k]!
  }
  const reclaim = (deadline: number): void => {
    longestTails(flat, time, tail, steps)
    for (let move = 0; move < MAX_MOVES; move++) {
      let best = -1
      let to = 0
      let most = 0
      for (let i = 0; i < steps; i++) {
        const first = offset[i]!
        const last = offset[i + 1]! - first - 1
        const from = chosen[i]!
        const room = deadline - start[i]! - tail[i]!
        if (from === last || times[first + from + 1]! > room) continue
        const k = entryWithin(flat, i, from, last, room)
        const saving = costs[first + from]! - costs[first + k]!
        if (saving <= most) continue
        best = i
        to = k
        most = saving
      }
      if (best < 0) return
      take(best, to)
      // Only what follows starts later, only what precedes has a longer tail.
      delayStarts(flat, time, start, best + 1)
      longestTails(flat, time, tail, best)
    }
  }
  const total = (): number => {
    let sum = 0
    for (let i = 0; i < steps; i++) sum += costs[offset[i]! + chosen[i]!]!
    return sum
  }
  const finish = (deadline: number): number => {
    // Windows that are off their schedule by rounding are no plan: then everything begins at its fastest.
    if (earliestStarts(flat, time, start) > deadline) {
      for (let i = 0; i < steps; i++) take(i, 0)
      earliestStarts(flat, time, start)
    }
    if (steps > SWEEPS_ABOVE) chosen.set(reclaimBySweeps(flat.scaled, chosen, deadline))
    else reclaim(deadline)
    return total()
  }
  const round = (i: number, window: number): void =>
    take(i, entryWithin(flat, i, 0, offset[i + 1]! - offset[i]! - 1, window))
  return {
    chosen,
    fromWindows: (windows, deadline) => {
      for (let i = 0; i < steps; i++) round(i, windows[i]! + EPS)
      return finish(deadline)
    },
    fromRelaxation: (dual, deadline) => {
      for (let i = 0; i < steps; i++) round(i, dual.windowMs(i) + EPS)
      return finish(deadline)
    },
    fromSelection: (selection, deadline) => {
      for (let i = 0; i < steps; i++) take(i, selection[i]!)
      return finish(deadline)
    },
  }
}
