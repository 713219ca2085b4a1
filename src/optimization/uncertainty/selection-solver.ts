import type { SelectionProblem } from "../selection-problem.ts"

/** A goal without chance: least cost with the longest path within the SLO, or the shortest path within the budget. */
export type SelectionGoal =
  | { readonly kind: "cost"; readonly sloMs: number }
  | { readonly kind: "latency"; readonly budgetUsd: number }

/** Any planner of problems without chance: an entry of each step's curve, or null when none keeps the goal. */
export type SelectionSolver = (problem: SelectionProblem, goal: SelectionGoal) => Int32Array | null
