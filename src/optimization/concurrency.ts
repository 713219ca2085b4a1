import type { Graph } from "../workflow/graph.ts"

/** Beyond this many steps widths are not worked out, as the matching is cubic: then all may run at once. */
const MAX_STEPS = 300

/**
 * For each step, the most steps that can run at the same time as it, itself included: one plus the width of the
 * steps that neither precede nor follow it. By Dilworth's theorem the width is steps minus the largest matching
 * along reachability.
 */
export function widths(graph: Graph): Int32Array {
  const n = graph.names.length
  if (n > MAX_STEPS) return new Int32Array(n).fill(n)
  const follows = reachability(graph)
  return Int32Array.from({ length: n }, (_, i) => {
    const beside = graph.names.map((_, j) => j).filter((j) => j !== i && !follows[i]![j] && !follows[j]![i])
    return 1 + beside.length - matching(beside, follows)
  })
}

/** `[i][j]` is 1 when step j comes after step i. O(V E). */
function reachability(graph: Graph): Uint8Array[] {
  const n = graph.names.length
  const follows = Array.from({ length: n }, () => new Uint8Array(n))
  for (let i = n - 1; i >= 0; i--)
    for (const child of graph.children[i]!) {
      follows[i]![child] = 1
      for (let j = 0; j < n; j++) if (follows[child]![j]) follows[i]![j] = 1
    }
  return follows
}

/** Size of the largest matching of `nodes` with nodes that follow them, by augmenting paths. */
function matching(nodes: readonly number[], follows: readonly Uint8Array[]): number {
  const partner = new Map<number, number>()
  const augment = (from: number, seen: Set<number>): boolean => {
    for (const to of nodes) {
      if (!follows[from]![to] || seen.has(to)) continue
      seen.add(to)
      const other = partner.get(to)
      if (other !== undefined && !augment(other, seen)) continue
      partner.set(to, from)
      return true
    }
    return false
  }
  return nodes.filter((node) => augment(node, new Set())).length
}
