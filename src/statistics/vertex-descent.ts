// Quantile regression as a linear program: its optimum lies at a vertex, a plane through `width` of the rows.
//
// V1. A vertex is a basis (the rows met exactly) and a side for every other row: +1 above the plane, -1 below. Rows
//     that lie on the plane by chance have a side too, which lets the search leave degenerate vertices.
// V2. With g = the sum over the rows outside the basis of (tau or tau - 1, by side) x, the multipliers u = X_B^-T g
//     lie in [-tau, 1 - tau] at an optimum and only there: this is the certificate behind `descend`.
import { type EdgeSearch, lowestPoint } from "./edge-search.ts"
import type { Design } from "./frisch-newton.ts"
import { invert } from "./matrix-inverse.ts"

/** A vertex of the program, moved in place by `descend`. */
export interface Vertex {
  readonly design: Design
  readonly basis: Int32Array
  /** 0 for the rows of the basis. */
  readonly sides: Int8Array
  readonly residuals: Float64Array
  readonly coefficients: Float64Array
}

/** Multipliers may miss their bounds by rounding. */
const MULTIPLIER_SLACK = 1e-9
/** Residuals below this share of the largest target are zero. */
const ZERO = 1e-13
/** Rows of which less is left beside those of the basis depend on them; columns are of order one. */
const DEPENDENT = 1e-6

/**
 * The vertex through the rows nearest to the plane `near`, or null when no `width` rows are independent. The columns
 * should be of order one (orthogonal-columns.ts).
 */
export function vertexNear(design: Design, near: Float64Array): Vertex | null {
  const count = design.targets.length
  const residuals = new Float64Array(count)
  residualsAt(design, near, residuals)
  const basis = nearestIndependent(design, residuals)
  if (basis === null) return null
  const sides = Int8Array.from(residuals, (residual) => (residual < 0 ? -1 : 1))
  for (const row of basis) sides[row] = 0
  return { design, basis, sides, residuals, coefficients: Float64Array.from(near) }
}

/** What one descent computes with, allocated once. */
interface Search extends EdgeSearch {
  readonly inverse: Float64Array
  readonly force: Float64Array
  readonly zero: number
}

/**
 * Moves the vertex along edges, each time to the lowest point of the steepest one (Barrodale and Roberts 1973), until
 * none falls. From the optimum of a neighbouring tau it takes a few steps of O(rows * width). Returns whether the
 * vertex is an optimum (V2); false after `maxSteps`, or when rounding made the basis singular.
 */
export function descend(vertex: Vertex, tau: number, maxSteps: number): boolean {
  const { design, basis, sides } = vertex
  const { width } = design
  const search = searchFor(design)
  const { inverse, along } = search
  for (let step = 0; step <= maxSteps; step++) {
    if (!place(vertex, search)) return false
    const edge = steepest(vertex, search, tau)
    if (edge === null) return true
    for (let j = 0; j < width; j++) along[j] = edge.sign * inverse[j * width + edge.leaves]!
    const enters = lowestPoint(vertex, search, edge.slope)
    if (enters < 0) return false
    sides[basis[edge.leaves]!] = edge.sign > 0 ? -1 : 1
    sides[enters] = 0
    basis[edge.leaves] = enters
  }
  return false
}

function searchFor({ targets, width }: Design): Search {
  const count = targets.length
  return {
    inverse: new Float64Array(width * width),
    force: new Float64Array(width),
    along: new Float64Array(width),
    times: new Float64Array(count),
    speeds: new Float64Array(count),
    met: new Int32Array(count),
    zero: ZERO * targets.reduce((most, target) => Math.max(most, Math.abs(target)), 0),
  }
}

/** The plane through the basis, its residuals, and the sides of the rows that are clearly off it. */
function place({ design, basis, sides, residuals, coefficients }: Vertex, { inverse, zero }: Search): boolean {
  const { x, targets, width } = design
  for (let k = 0; k < width; k++) {
    for (let j = 0; j < width; j++) inverse[k * width + j] = x[basis[k]! * width + j]!
  }
  if (!invert(inverse, width)) return false
  for (let j = 0; j < width; j++) {
    let sum = 0
    for (let k = 0; k < width; k++) sum += inverse[j * width + k]! * targets[basis[k]!]!
    coefficients[j] = sum
  }
  residualsAt(design, coefficients, residuals)
  for (let i = 0; i < sides.length; i++) {
    if (sides[i] === 0) residuals[i] = 0
    else if (residuals[i]! > zero) sides[i] = 1
    else if (residuals[i]! < -zero) sides[i] = -1
  }
  return true
}

interface Edge {
  /** Index in the basis of the row that leaves. */
  readonly leaves: number
  readonly sign: 1 | -1
  /** Derivative of the loss along it, negative. */
  readonly slope: number
}

/** The edge of the steepest fall per length in the space of coefficients, null at an optimum. */
function steepest({ design, basis, sides }: Vertex, { inverse, force }: Search, tau: number): Edge | null {
  const { x, width } = design
  force.fill(0)
  for (let i = 0, at = 0; i < sides.length; i++, at += width) {
    const side = sides[i]!
    if (side === 0) continue
    const pull = side > 0 ? tau : tau - 1
    for (let j = 0; j < width; j++) force[j]! += pull * x[at + j]!
  }
  let best: Edge | null = null
  let steepness = 0
  for (let k = 0; k < basis.length; k++) {
    let multiplier = 0
    let squares = 0
    for (let j = 0; j < width; j++) {
      multiplier += force[j]! * inverse[j * width + k]!
      squares += inverse[j * width + k]! ** 2
    }
    const up = 1 - tau - multiplier
    const down = tau + multiplier
    const slope = Math.min(up, down)
    const fall = -slope / Math.sqrt(squares)
    if (slope >= -MULTIPLIER_SLACK * (1 + Math.abs(multiplier)) || fall <= steepness) continue
    steepness = fall
    best = { leaves: k, sign: up < down ? 1 : -1, slope }
  }
  return best
}

function residualsAt({ x, targets, width }: Design, coefficients: Float64Array, out: Float64Array): void {
  for (let i = 0, at = 0; i < targets.length; i++, at += width) {
    let sum = targets[i]!
    for (let j = 0; j < width; j++) sum -= x[at + j]! * coefficients[j]!
    out[i] = sum
  }
}

/** Gram-Schmidt over the rows by size of their residual; ties in their order. */
function nearestIndependent({ x, width }: Design, residuals: Float64Array): Int32Array | null {
  const distance = residuals.map(Math.abs)
  const order = Int32Array.from(distance, (_, row) => row).sort((a, b) => distance[a]! - distance[b]! || a - b)
  const basis: number[] = []
  const units: Float64Array[] = []
  for (const row of order) {
    if (basis.length === width) break
    const rest = x.slice(row * width, (row + 1) * width)
    for (const unit of units) {
      let share = 0
      for (let j = 0; j < width; j++) share += rest[j]! * unit[j]!
      for (let j = 0; j < width; j++) rest[j]! -= share * unit[j]!
    }
    const size = Math.hypot(...rest)
    if (size < DEPENDENT) continue
    basis.push(row)
    units.push(rest.map((value) => value / size))
  }
  return basis.length === width ? Int32Array.from(basis) : null
}
