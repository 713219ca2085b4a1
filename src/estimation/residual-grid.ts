import type { Cell } from "./cells.ts"
import { memoriesOf } from "./cells.ts"
import { type ComputeParameters, vcpus } from "./compute-model.ts"
import { residualInputs, type ComputeResidual } from "./compute-residual.ts"

/** A residual on a grid in (ln u, 1.5 ln q, ln n), linear between its nodes and constant outside. */
export interface ResidualGrid {
  readonly axes: readonly [Float64Array, Float64Array, Float64Array]
  /** At axes[0][i], axes[1][j], axes[2][k]: values[(j * axes[2].length + k) * axes[0].length + i]. */
  readonly values: Float64Array
}

/** Nodes along memory, processes and tasks. */
const NODES = [16, 6, 8] as const

export interface GridRange {
  readonly leastMemoryMB: number
  readonly mostMemoryMB: number
}

/** Evaluates the process once per node; the nodes hold the measured values, and more where these are far apart. */
export function residualGrid(
  residual: ComputeResidual,
  parameters: ComputeParameters,
  data: { readonly cells: readonly Cell[]; readonly range: GridRange },
): ResidualGrid {
  const inputs = data.cells.map((cell) => residualInputs(parameters, cell))
  const ends = [data.range.leastMemoryMB, data.range.mostMemoryMB, ...memoriesOf(data.cells)]
  const axes = [
    nodesOf(
      ends.map((memoryMB) => Math.log(vcpus(parameters, memoryMB))),
      NODES[0],
    ),
    nodesOf(
      inputs.map((input) => input[1]!),
      NODES[1],
    ),
    nodesOf(
      inputs.map((input) => input[2]!),
      NODES[2],
    ),
  ] as const
  const values = new Float64Array(axes[0].length * axes[1].length * axes[2].length)
  let at = 0
  for (const q of axes[1])
    for (const n of axes[2]) for (const u of axes[0]) values[at++] = residual.process.mean([u, q, n])
  return { axes, values }
}

/** The residual along the memory nodes at given processes and tasks. O(nodes) */
export function residualAlongMemory(grid: ResidualGrid, processes: number, tasks: number): Float64Array {
  const [memory, alongQ, alongN] = grid.axes
  const q = placeOn(alongQ, 1.5 * Math.log(Math.max(1, processes)))
  const n = placeOn(alongN, Math.log(Math.max(1, tasks)))
  const count = memory.length
  const row = (j: number, k: number): number => (j * alongN.length + k) * count
  const [a, b, c, d] = [row(q.low, n.low), row(q.low, n.high), row(q.high, n.low), row(q.high, n.high)]
  const { values } = grid
  return Float64Array.from(memory, (_, i) => {
    const low = values[a + i]! + n.share * (values[b + i]! - values[a + i]!)
    const high = values[c + i]! + n.share * (values[d + i]! - values[c + i]!)
    return low + q.share * (high - low)
  })
}

export interface Place {
  readonly low: number
  readonly high: number
  /** Share of the way from low to high. */
  readonly share: number
}

/** Where a value lies on an ascending axis; outside, at its end. O(log nodes) */
export function placeOn(axis: Float64Array, value: number): Place {
  const last = axis.length - 1
  if (!(value > axis[0]!)) return { low: 0, high: 0, share: 0 }
  if (value >= axis[last]!) return { low: last, high: last, share: 0 }
  let low = 0
  let high = last
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (axis[middle]! <= value) low = middle
    else high = middle
  }
  return { low, high, share: (value - axis[low]!) / (axis[high]! - axis[low]!) }
}

/** At most `count` ascending nodes: the values, thinned evenly or with the widest gaps halved. */
function nodesOf(values: readonly number[], count: number): Float64Array {
  const nodes = [...new Set(values)].sort((a, b) => a - b)
  if (nodes.length > count) {
    return Float64Array.from({ length: count }, (_, i) => nodes[Math.round((i * (nodes.length - 1)) / (count - 1))]!)
  }
  while (nodes.length > 1 && nodes.length < count) {
    let widest = 1
    for (let i = 2; i < nodes.length; i++) {
      if (nodes[i]! - nodes[i - 1]! > nodes[widest]! - nodes[widest - 1]!) widest = i
    }
    nodes.splice(widest, 0, (nodes[widest]! + nodes[widest - 1]!) / 2)
  }
  return Float64Array.from(nodes)
}
