/**
 * Gradient-boosted regression trees on squared error (Friedman 2001): each tree is fitted to what the trees before it
 * left over, and counts `rate` of itself. Splits are exact, over presorted columns; leaves are shrunk towards 0 by
 * `shrinkage` rows. Deterministic; cost trees * depth * columns * rows.
 */

export interface BoostedTreesOptions {
  readonly trees: number
  readonly depth: number
  /** Share of each tree that counts. */
  readonly rate: number
  /** Fewest rows in a leaf. */
  readonly leafRows: number
  /** Rows of value 0 that every leaf is thought to hold besides its own. */
  readonly shrinkage: number
}

export const DEFAULT_TREES: BoostedTreesOptions = { trees: 120, depth: 3, rate: 0.05, leafRows: 12, shrinkage: 4 }

/** Inner nodes send rows with `x[column] <= threshold` to the left child; leaves have column -1 and a value. */
interface Node {
  readonly column: number
  readonly threshold: number
  readonly value: number
  readonly left: number
  readonly right: number
}

export interface BoostedTrees {
  readonly base: number
  readonly rate: number
  readonly trees: readonly (readonly Node[])[]
}

/** Fits `targets[i]` to `rows[i]`; at least one row, all rows of one length, all numbers finite. */
export function fitBoostedTrees(
  rows: readonly ArrayLike<number>[],
  targets: readonly number[],
  options: BoostedTreesOptions = DEFAULT_TREES,
): BoostedTrees {
  const columns = rows[0]!.length
  const base = targets.reduce((sum, value) => sum + value, 0) / targets.length
  const order = Array.from({ length: columns }, (_, column) =>
    Int32Array.from(rows.keys()).sort((a, b) => rows[a]![column]! - rows[b]![column]! || a - b),
  )
  const left = Float64Array.from(targets, (value) => value - base)
  const trees: (readonly Node[])[] = []
  for (let t = 0; t < options.trees; t++) {
    const tree = growTree({ rows, residuals: left, order, options })
    for (const [i, row] of rows.entries()) left[i]! -= options.rate * treeValue(tree, row)
    trees.push(tree)
  }
  return { base, rate: options.rate, trees }
}

/** The prediction for one row. */
export function boostedValue(model: BoostedTrees, row: ArrayLike<number>): number {
  let sum = 0
  for (const tree of model.trees) sum += treeValue(tree, row)
  return model.base + model.rate * sum
}

function treeValue(tree: readonly Node[], row: ArrayLike<number>): number {
  let node = tree[0]!
  while (node.column >= 0) node = tree[row[node.column]! <= node.threshold ? node.left : node.right]!
  return node.value
}

interface Growing {
  readonly rows: readonly ArrayLike<number>[]
  readonly residuals: Float64Array
  /** Row numbers by ascending value, for each column. */
  readonly order: readonly Int32Array[]
  readonly options: BoostedTreesOptions
}

function growTree(data: Growing): readonly Node[] {
  const nodes: Node[] = []
  const member = new Int32Array(data.rows.length)
  const grow = (id: number, depth: number): number => {
    const at = nodes.length
    nodes.push({ column: -1, threshold: 0, value: leafValue(data, member, id), left: -1, right: -1 })
    const split = depth >= data.options.depth ? null : bestSplit(data, member, id)
    if (split === null) return at
    // Children are numbered like a heap, so that no two nodes share rows.
    for (const [i, row] of data.rows.entries()) {
      if (member[i] === id) member[i] = row[split.column]! <= split.threshold ? 2 * id + 1 : 2 * id + 2
    }
    const left = grow(2 * id + 1, depth + 1)
    const right = grow(2 * id + 2, depth + 1)
    nodes[at] = { ...nodes[at]!, ...split, left, right }
    return at
  }
  grow(0, 0)
  return nodes
}

function leafValue({ residuals, options }: Growing, member: Int32Array, id: number): number {
  const { sum, count } = totalOf(residuals, member, id)
  return sum / (count + options.shrinkage)
}

function totalOf(residuals: Float64Array, member: Int32Array, id: number): { sum: number; count: number } {
  let sum = 0
  let count = 0
  for (let i = 0; i < member.length; i++) {
    if (member[i] !== id) continue
    sum += residuals[i]!
    count++
  }
  return { sum, count }
}

/** The split with the largest gain sum_l^2/(n_l + s) + sum_r^2/(n_r + s); null when none gains. */
function bestSplit(
  data: Growing,
  member: Int32Array,
  id: number,
): { readonly column: number; readonly threshold: number } | null {
  const { rows, residuals, order, options } = data
  const { sum: total, count: all } = totalOf(residuals, member, id)
  const score = (sum: number, count: number): number => (sum * sum) / (count + options.shrinkage)
  let bestGain = score(total, all) + 1e-12
  let best: { column: number; threshold: number } | null = null
  for (const [column, sorted] of order.entries()) {
    let sum = 0
    let count = 0
    let last = Number.NaN
    for (const i of sorted) {
      if (member[i] !== id) continue
      const value = rows[i]![column]!
      if (count >= options.leafRows && value > last) {
        if (all - count < options.leafRows) break
        const gain = score(sum, count) + score(total - sum, all - count)
        if (gain > bestGain) {
          bestGain = gain
          best = { column, threshold: (value + last) / 2 }
        }
      }
      sum += residuals[i]!
      count++
      last = value
    }
  }
  return best
}
