import type { DualSimplex } from "../dual/network-simplex.ts"
import type { FlowCertificate, SearchLimits } from "../selection-problem.ts"
import { choose, EPS, tighten } from "./branching.ts"
import { earliestStarts, type FlatProblem } from "./flat-problem.ts"
import { type NodeQueue, nodeQueue, type SearchNode } from "./node-queue.ts"
import { type Primal, primal } from "./primal.ts"

/** Only the first nodes are dived into: incumbents come from rounding anyway, and with few nodes the best bound pays more. */
const MAX_DIVE = 3

/**
 * Nodes below the root whose bound is this near to the best cost drop entries by reduced costs: with more room few
 * fall, and every changed range costs a hull when the search jumps.
 */
const NEAR = 1e-3

/** How a search may end early, in units of the flat problem. */
export interface TreeLimits extends SearchLimits {
  /** A selection that costs at most this is good enough. */
  readonly enoughCost?: number
  /** A bound above this is good enough. */
  readonly enoughBound?: number
  /** Selections within the deadline that are known already. */
  readonly known?: readonly Int32Array[]
}

/** What a search found, in units of the flat problem. */
export interface TreeResult {
  readonly selection: Int32Array
  readonly cost: number
  /** No selection within the deadline costs less; at most `cost`. */
  readonly bound: number
  /** Of the root's relaxation over the whole curves. */
  readonly certificate: FlowCertificate
  readonly nodes: number
}

/** A flat problem with its relaxation, whose basis stays warm from search to search. */
export interface TreeSearch {
  /** Null when no selection keeps the deadline. */
  run(deadline: number, limits: TreeLimits): TreeResult | null
}

interface Best {
  cost: number
  readonly selection: Int32Array
}

/**
 * Best-bound branch and bound with diving. A node is a range of entries for each step; its hulls are rebuilt on the
 * ranges, so that entries inside the hull of the whole curve become corners. It branches on the step that loses most
 * by rounding its window down to an entry k: at most entry k, or at least k + 1.
 */
export function treeSearch(flat: FlatProblem, dual: DualSimplex): TreeSearch {
  const heuristic = primal(flat)
  const current = wholeRanges(flat, 0)
  const scratch = { time: new Float64Array(flat.steps), start: new Float64Array(flat.steps) }
  const context: Context = {
    flat,
    dual,
    heuristic,
    current,
    ...scratch,
    branch: { step: -1, entry: 0, tightened: false },
  }
  return { run: (deadline, limits) => run(context, deadline, limits) }
}

interface Context {
  readonly flat: FlatProblem
  readonly dual: DualSimplex
  readonly heuristic: Primal
  /** The ranges that the relaxation has now. */
  readonly current: SearchNode
  readonly time: Float64Array
  readonly start: Float64Array
  /** What `choose` found. */
  readonly branch: { step: number; entry: number; tightened: boolean }
}

function wholeRanges({ steps, offset }: FlatProblem, bound: number): SearchNode {
  const lo: number[] = []
  const hi: number[] = []
  for (let i = 0; i < steps; i++) {
    lo.push(0)
    hi.push(offset[i + 1]! - offset[i]! - 1)
  }
  return { bound, depth: 0, lo, hi }
}

function run(context: Context, deadline: number, limits: TreeLimits): TreeResult | null {
  const { dual, flat } = context
  const root = wholeRanges(flat, -Infinity)
  const best: Best = { cost: Infinity, selection: new Int32Array(flat.steps) }
  if (fastestEnd(context, root) > deadline) return null
  offer(best, context, context.heuristic.fromSelection(root.lo, deadline))
  for (const known of limits.known ?? []) offer(best, context, context.heuristic.fromSelection(known, deadline))
  applyRanges(context, root)
  const solved = dual.solve(deadline, limits.shouldStop)
  if (solved === null) return null
  offer(best, context, context.heuristic.fromWindows(solved.windowsMs, deadline))
  const rootBound = Math.min(best.cost, solved.boundUsd)
  const tree = { bound: rootBound, nodes: 0 }
  if (limits.maxNodes > 0) {
    tighten(context, root, best.cost)
    Object.assign(tree, grow(context, { deadline, limits, best, root: { ...root, bound: rootBound } }))
  }
  return {
    selection: best.selection,
    cost: best.cost,
    bound: Math.min(best.cost, tree.bound),
    certificate: solved.certificate,
    nodes: tree.nodes,
  }
}

interface Growth {
  readonly deadline: number
  readonly limits: TreeLimits
  readonly best: Best
  readonly root: SearchNode
}

/**
 * The search below the root. The bound that it reports is the least of all nodes that were closed by the gap or are
 * still open: a node that is dropped for a gap has proven no more than its own bound.
 */
function grow(context: Context, growth: Growth): { bound: number; nodes: number } {
  const { deadline, limits, best, root } = growth
  const open = nodeQueue()
  let closed = Infinity
  let nodes = 0
  let node: SearchNode | undefined = root
  const bound = (): number => Math.min(closed, open.least(), node?.bound ?? Infinity)
  while (node !== undefined) {
    if (node.bound * (1 + limits.gap) >= best.cost - EPS) {
      closed = Math.min(closed, node.bound)
      node = open.pop()
      continue
    }
    if (nodes >= limits.maxNodes || limits.shouldStop?.() === true) break
    if (best.cost <= (limits.enoughCost ?? -Infinity) || bound() > (limits.enoughBound ?? Infinity)) break
    nodes++
    const found: SearchNode = evaluate(context, node, growth)
    node = found
    if (found.bound * (1 + limits.gap) >= best.cost - EPS) continue
    if (choose(context, found, context.branch)) node = split(context, found, deadline, open)
    else if (!context.branch.tightened) {
      closed = Math.min(closed, found.bound)
      node = open.pop()
    }
  }
  return { bound: bound(), nodes }
}

/** Solves the relaxation of a node, tries its rounding, and drops entries that cannot be better than the best. */
function evaluate(context: Context, node: SearchNode, { deadline, limits, best }: Growth): SearchNode {
  const { dual, heuristic } = context
  applyRanges(context, node)
  const outcome = dual.optimize(deadline, limits.shouldStop)
  if (outcome === "infeasible") return { ...node, bound: Infinity }
  const bound = Math.max(node.bound, dual.boundUsd())
  context.branch.tightened = false
  if (outcome === "optimal" && bound < best.cost - EPS) {
    offer(best, context, heuristic.fromRelaxation(dual, deadline))
    if (best.cost - bound < NEAR * best.cost) context.branch.tightened = tighten(context, node, best.cost)
  }
  return { ...node, bound }
}

/** Pushes one or both children; returns the node to go on with. */
function split(context: Context, node: SearchNode, deadline: number, open: NodeQueue): SearchNode | undefined {
  const { step, entry } = context.branch
  const depth = node.depth + 1
  const left: SearchNode = { bound: node.bound, depth, lo: node.lo, hi: node.hi.slice() }
  left.hi[step] = entry
  const right: SearchNode = { bound: node.bound, depth, lo: node.lo.slice(), hi: node.hi }
  right.lo[step] = entry + 1
  if (fastestEnd(context, right) <= deadline) open.push(right)
  if (depth < MAX_DIVE) return left
  open.push(left)
  return open.pop()
}

function offer(best: Best, { heuristic }: Context, cost: number): void {
  if (cost >= best.cost) return
  best.cost = cost
  best.selection.set(heuristic.chosen)
}

function applyRanges({ current, dual, flat }: Context, { lo, hi }: SearchNode): void {
  for (let i = 0; i < flat.steps; i++) {
    if (current.lo[i] === lo[i] && current.hi[i] === hi[i]) continue
    current.lo[i] = lo[i]!
    current.hi[i] = hi[i]!
    dual.setRange(i, lo[i]!, hi[i]!)
  }
}

/** End of all steps at the fastest entries of their ranges. */
function fastestEnd({ flat, time, start }: Context, { lo }: SearchNode): number {
  for (let i = 0; i < flat.steps; i++) time[i] = flat.times[flat.offset[i]! + lo[i]!]!
  return earliestStarts(flat, time, start)
}
