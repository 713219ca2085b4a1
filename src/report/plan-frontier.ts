import type { Goal } from "../workflow/goal.ts"

/** A plan of the frontier; no plan within its latency costs less than the bound. */
export interface FrontierPoint {
  readonly latencyMs: number
  readonly costUsd: number
  readonly lowerBoundUsd: number | null
}

/** The frontier between latency and cost of one workflow, with a goal and the plan chosen for it. */
export interface PlanFrontier {
  readonly workflow: string
  readonly goal: Goal
  /** Latency rises, cost falls; at least one. */
  readonly points: readonly FrontierPoint[]
  readonly chosen: { readonly planner: string; readonly latencyMs: number; readonly costUsd: number }
}

/** At most `most` of the points: the ends, and evenly many between. */
export function thinned(points: readonly FrontierPoint[], most: number): readonly FrontierPoint[] {
  if (points.length <= most) return points
  return Array.from({ length: most }, (_, k) => points[Math.round((k * (points.length - 1)) / (most - 1))]!)
}

/** The greatest share by which a point is above its bound; null where nothing is proven. */
export function widestGap(points: readonly FrontierPoint[]): number | null {
  const gaps = points.flatMap(({ costUsd, lowerBoundUsd }) =>
    lowerBoundUsd !== null && lowerBoundUsd > 0 ? [costUsd / lowerBoundUsd - 1] : [],
  )
  return gaps.length === 0 ? null : Math.max(...gaps)
}
