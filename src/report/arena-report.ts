import type { Spread } from "../statistics/spread.ts"
import type { Goal } from "../workflow/goal.ts"

/** Strategies that played the same runs, as plain data, the best first. */
export interface ArenaReport {
  readonly schemaVersion: 1
  readonly workflow: string
  readonly goal: Goal
  readonly platform: string
  readonly parametersDate: string
  readonly load: string
  readonly seed: number
  readonly runs: number
  /** The strategy that costs are told against. */
  readonly first: string | null
  readonly strategies: readonly ArenaStrategy[]
}

export interface ArenaStrategy {
  readonly name: string
  readonly kind: "online" | "static" | "search"
  /** Why it did not play; then its figures mean nothing. */
  readonly out: string | null
  readonly attainment: { readonly share: number; readonly low: number; readonly high: number; readonly wanted: number }
  readonly latencyMs: Spread
  readonly costUsd: Spread
  readonly costOverFirst: { readonly mean: number; readonly low: number; readonly high: number } | null
  readonly coldShare: number
  readonly queueMs: number
  readonly prewarmUsd: number
  readonly infeasible: number
}
