import type { Graph } from "../../workflow/graph.ts"

/** The steps that have no configuration yet, and what is known of the others. */
export interface OpenSteps {
  readonly graph: Graph
  /** 1 for a step without a configuration. With a step all that follow it are open. */
  readonly open: Uint8Array
  /** Time at the fastest configuration, ms. */
  readonly fastestMs: Float64Array
  /** Time at the most cost-effective configuration, ms: the weights of StepConf eq. (14). */
  readonly weightMs: Float64Array
  /** When the parents that are not open end, or now: no start before it. */
  readonly releaseMs: Float64Array
  readonly deadlineMs: number
}

/** Planned start and latest finish of every open step; NaN for the others. */
export interface Windows {
  readonly startMs: Float64Array
  readonly endMs: Float64Array
}

/**
 * Sub-SLOs of the open steps, StepConf section 4.3 and Algorithm 1, with what the paper leaves open repaired:
 *
 * W1. Only the time that is left after the fastest times is shared out in proportion to the weights, so that no
 *     step gets less than its fastest time on the path that is split.
 * W2. Branches anywhere are covered: the path of largest weight is split first; every other path gets what its ends
 *     leave, and is cut where an inner release or due is violated most.
 * W3. The result is a schedule in which every step has its fastest time, whenever there is one: the windows of W1
 *     and W2 are moved towards the schedule of fastest times, stretched to the deadline, as far as it takes.
 * W4. No window is cut shorter than the earliest start of the step's children.
 *
 * The deadline must leave room for the longest path of fastest times; O(V (V + E)).
 */
export function subSlos(steps: OpenSteps): Windows {
  return widen(steps, blend(steps, pathWindows(steps), stretched(steps)))
}

/**
 * W1 and W2 alone. With `fastestMs` all 0 whole windows are shared out in proportion to the weights, as in the paper;
 * then a step may get less than its fastest time.
 */
export function pathWindows(steps: OpenSteps): Windows {
  const n = steps.graph.names.length
  const windows = { startMs: new Float64Array(n).fill(NaN), endMs: new Float64Array(n).fill(NaN) }
  const unmarked = Uint8Array.from(steps.open)
  for (let path = heaviestPath(steps, unmarked); path.length > 0; path = heaviestPath(steps, unmarked)) {
    const from = releaseOf(steps, windows, path[0]!)
    const to = Math.max(from, dueOf(steps, windows, path.at(-1)!))
    spread(steps, windows, { path, from, to })
    for (const i of path) unmarked[i] = 0
  }
  return windows
}

/** The path of unmarked steps with the largest sum of weights; empty when none is left. */
function heaviestPath({ graph, weightMs }: OpenSteps, unmarked: Uint8Array): number[] {
  const n = graph.names.length
  const best = new Float64Array(n)
  const next = new Int32Array(n).fill(-1)
  let head = -1
  for (let i = n - 1; i >= 0; i--) {
    if (!unmarked[i]) continue
    for (const child of graph.children[i]!)
      if (unmarked[child] && (next[i] === -1 || best[child]! > best[next[i]!]!)) next[i] = child
    best[i] = weightMs[i]! + (next[i] === -1 ? 0 : best[next[i]!]!)
    if (head === -1 || best[i]! >= best[head]!) head = i
  }
  const path: number[] = []
  for (let i = head; i !== -1; i = next[i]!) path.push(i)
  return path
}

/** Earliest start of a step as far as windows are set (NaN is not set yet). */
function releaseOf({ graph, open, releaseMs }: OpenSteps, windows: Windows, i: number): number {
  let release = releaseMs[i]!
  for (const parent of graph.parents[i]!)
    if (open[parent] && windows.endMs[parent]! > release) release = windows.endMs[parent]!
  return release
}

/** Latest finish of a step as far as windows are set. */
function dueOf({ graph, deadlineMs }: OpenSteps, windows: Windows, i: number): number {
  let due = deadlineMs
  for (const child of graph.children[i]!) if (windows.startMs[child]! < due) due = windows.startMs[child]!
  return due
}

interface Stretch {
  readonly path: readonly number[]
  readonly from: number
  readonly to: number
}

/** Shares [from, to] out over the path (W1), cutting it at the most violated release or due inside (W2). */
function spread(steps: OpenSteps, windows: Windows, { path, from, to }: Stretch): void {
  const bounds = boundaries(steps, { path, from, to })
  let worst = 1e-9 * Math.max(1, to - from)
  let cut: { at: number; ms: number } | null = null
  for (let k = 1; k < path.length; k++) {
    const late = releaseOf(steps, windows, path[k]!) - bounds[k]!
    const early = bounds[k]! - dueOf(steps, windows, path[k - 1]!)
    if (Math.max(late, early) <= worst) continue
    worst = Math.max(late, early)
    cut = { at: k, ms: Math.min(to, Math.max(from, late > early ? bounds[k]! + late : bounds[k]! - early)) }
  }
  if (cut === null) {
    for (const [k, i] of path.entries()) {
      windows.startMs[i] = bounds[k]!
      windows.endMs[i] = bounds[k + 1]!
    }
    return
  }
  spread(steps, windows, { path: path.slice(0, cut.at), from, to: cut.ms })
  spread(steps, windows, { path: path.slice(cut.at), from: cut.ms, to })
}

function boundaries({ fastestMs, weightMs }: OpenSteps, { path, from, to }: Stretch): Float64Array {
  const sum = (values: Float64Array): number => path.reduce((total, i) => total + values[i]!, 0)
  const fastest = sum(fastestMs)
  const weight = sum(weightMs)
  const spare = to - from - fastest
  const bounds = new Float64Array(path.length + 1)
  bounds[0] = from
  for (const [k, i] of path.entries()) {
    const share =
      spare >= 0
        ? fastestMs[i]! + spare * (weight > 0 ? weightMs[i]! / weight : 1 / path.length)
        : (to - from) * (fastestMs[i]! / fastest)
    bounds[k + 1] = bounds[k]! + share
  }
  bounds[path.length] = to
  return bounds
}

/** The schedule of fastest times, stretched from its first instant to the deadline: always valid. */
export function stretched({ graph, open, fastestMs, releaseMs, deadlineMs }: OpenSteps): Windows {
  const n = graph.names.length
  const startMs = new Float64Array(n).fill(NaN)
  const endMs = new Float64Array(n).fill(NaN)
  let first = Infinity
  let last = -Infinity
  for (let i = 0; i < n; i++) {
    if (!open[i]) continue
    startMs[i] = graph.parents[i]!.reduce((at, p) => (open[p] ? Math.max(at, endMs[p]!) : at), releaseMs[i]!)
    endMs[i] = startMs[i]! + fastestMs[i]!
    first = Math.min(first, startMs[i]!)
    last = Math.max(last, endMs[i]!)
  }
  const factor = last > first ? Math.max(1, (deadlineMs - first) / (last - first)) : 1
  const move = (at: number): number => first + (at - first) * factor
  return { startMs: startMs.map(move), endMs: endMs.map(move) }
}

/** The point nearest to `wanted` on the line from `valid` at which every step has its fastest time in order (W3). */
export function blend(steps: OpenSteps, wanted: Windows, valid: Windows): Windows {
  let share = 1
  const rounding = 1e-9 * Math.max(1, steps.deadlineMs)
  /** Each constraint is a difference that must not be negative; it is linear along the line. */
  const keep = (here: number, there: number): void => {
    if (there < -rounding) share = Math.min(share, Math.max(0, here) / (Math.max(0, here) - there))
  }
  for (const [i, release] of steps.releaseMs.entries()) {
    if (!steps.open[i]) continue
    const fastest = steps.fastestMs[i]!
    keep(valid.endMs[i]! - valid.startMs[i]! - fastest, wanted.endMs[i]! - wanted.startMs[i]! - fastest)
    keep(valid.startMs[i]! - release, wanted.startMs[i]! - release)
    keep(steps.deadlineMs - valid.endMs[i]!, steps.deadlineMs - wanted.endMs[i]!)
    for (const parent of steps.graph.parents[i]!)
      if (steps.open[parent]) keep(valid.startMs[i]! - valid.endMs[parent]!, wanted.startMs[i]! - wanted.endMs[parent]!)
  }
  const mix = (a: Float64Array, b: Float64Array): Float64Array =>
    a.map((value, i) => (share === 1 ? b[i]! : value + share * (b[i]! - value)))
  return { startMs: mix(valid.startMs, wanted.startMs), endMs: mix(valid.endMs, wanted.endMs) }
}

/** Gives idle time between a step and its children to the step (W4). */
function widen(steps: OpenSteps, windows: Windows): Windows {
  return {
    startMs: windows.startMs,
    endMs: windows.endMs.map((end, i) => (steps.open[i] ? Math.max(end, dueOf(steps, windows, i)) : end)),
  }
}
