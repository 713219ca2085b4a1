import { evaluate, type SampledProgram } from "./sampled-program.ts"
import type { StagePoint } from "./stage-model.ts"

/** The choices of a stage, both ascending. */
export interface StageGrid {
  readonly d: readonly number[]
  readonly k: readonly number[]
}

/** Indices into the grids of all stages: d and k in turn. */
export type GridPoint = readonly number[]

const DEPTH = 4
/** Candidates that a level of the search goes on from; the publication does not say how many. */
const BEAM = 3

/** The next values of the grid above a continuous plan, or the last ones. */
export function roundedUp(plan: readonly StagePoint[], grids: readonly StageGrid[]): GridPoint {
  const above = (values: readonly number[], value: number): number => {
    const at = values.findIndex((candidate) => candidate >= value * (1 - 1e-9))
    return at < 0 ? values.length - 1 : at
  }
  return plan.flatMap(({ d, k }, i) => [above(grids[i]!.d, d), above(grids[i]!.k, k)])
}

export function planOn(grids: readonly StageGrid[], point: GridPoint): StagePoint[] {
  return grids.map((grid, i) => ({ d: grid.d[point[2 * i]!]!, k: grid.k[point[2 * i + 1]!]! }))
}

/**
 * Breadth-first search in moves of one grid step to depth 4 for points that keep the bound and have a lower objective
 * (Jolteon, section 4.3). A start that misses the bound is given back as it is.
 */
export function refine(
  program: SampledProgram,
  grids: readonly StageGrid[],
  start: GridPoint,
): { readonly point: GridPoint; readonly feasible: boolean } {
  const outcome = (point: GridPoint): Scored => {
    const { objective, constraint } = evaluate(program, planOn(grids, point))
    return { point, objective, feasible: constraint <= program.bound * (1 + 1e-9) }
  }
  let best = outcome(start)
  if (!best.feasible) return { point: start, feasible: false }
  let level = [best]
  const seen = new Set([start.join(",")])
  for (let depth = 0; depth < DEPTH && level.length > 0; depth++) {
    const found: Scored[] = []
    for (const { point } of level)
      for (const next of neighbours(point, grids)) {
        if (seen.has(next.join(","))) continue
        seen.add(next.join(","))
        const scored = outcome(next)
        if (scored.feasible && scored.objective < best.objective) found.push(scored)
      }
    level = found.sort((a, b) => a.objective - b.objective).slice(0, BEAM)
    if (level.length > 0) best = level[0]!
  }
  return { point: best.point, feasible: true }
}

interface Scored {
  readonly point: GridPoint
  readonly objective: number
  readonly feasible: boolean
}

function neighbours(point: GridPoint, grids: readonly StageGrid[]): GridPoint[] {
  return [...point.keys()].flatMap((axis) => {
    const grid = grids[axis >> 1]!
    const size = (axis % 2 === 0 ? grid.d : grid.k).length
    return [-1, 1].flatMap((move) => {
      const value = point[axis]! + move
      return value < 0 || value >= size ? [] : [point.map((old, other) => (other === axis ? value : old))]
    })
  })
}
