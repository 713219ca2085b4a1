import type { OnlineMargin } from "../margins.ts"
import { type CurveCache, curveCache, onlinePlan, type StepState } from "./online-plan.ts"
import type { Scenarios } from "./scenarios.ts"
import type { SelectionSolver } from "./selection-solver.ts"
import type { UncertainProblem } from "./uncertain-problem.ts"

/** Runs of a policy, by scenario. */
export interface OnlineRuns {
  readonly latencyMs: Float64Array
  /** Expected costs of what was chosen. */
  readonly costUsd: Float64Array
}

export interface OnlineOptions {
  readonly sloMs: number
  readonly margin: OnlineMargin
}

/**
 * The whole policy in every scenario: whenever steps become ready, the rest of the run is planned again and they start
 * with what the plan says. Every step runs once. One plan for each event of each scenario.
 */
export function onlineRuns(
  solver: SelectionSolver,
  problem: UncertainProblem,
  { scenarios, ...options }: OnlineOptions & { readonly scenarios: Scenarios },
): OnlineRuns {
  const curves = curveCache(problem)
  const latencyMs = new Float64Array(scenarios.count)
  const costUsd = new Float64Array(scenarios.count)
  for (let s = 0; s < scenarios.count; s++) {
    const run = oneRun(solver, { problem, curves, options, durations: (i, k) => scenarios.durations(i, k)[s]! })
    latencyMs[s] = run.endMs
    costUsd[s] = run.costUsd
  }
  return { latencyMs, costUsd }
}

interface RunSetting {
  readonly problem: UncertainProblem
  readonly curves: CurveCache
  readonly options: OnlineOptions
  readonly durations: (step: number, candidate: number) => number
}

function oneRun(solver: SelectionSolver, setting: RunSetting): { readonly endMs: number; readonly costUsd: number } {
  const { problem, curves, options, durations } = setting
  const { parents } = problem.graph
  const n = parents.length
  const chosen = new Int32Array(n).fill(-1)
  const startMs = new Float64Array(n)
  const endMs = new Float64Array(n).fill(Infinity)
  let nowMs = 0
  for (let decided = 0; decided < n;) {
    const ready = parents.flatMap((list, i) =>
      chosen[i]! < 0 && list.every((parent) => endMs[parent]! <= nowMs) ? [i] : [],
    )
    if (ready.length > 0) {
      const states = parents.map((_, i) => stateOf(i, { chosen, startMs, endMs, nowMs }))
      const plan = onlinePlan(solver, { problem, curves, states, nowMs, ...options })
      for (const i of ready) {
        chosen[i] = plan[i]!
        startMs[i] = nowMs
        endMs[i] = nowMs + durations(i, plan[i]!)
      }
      decided += ready.length
    }
    nowMs = endMs.reduce((next, end) => (end > nowMs && end < next ? end : next), Infinity)
  }
  const costUsd = chosen.reduce((sum, k, i) => sum + problem.steps[i]!.meanUsd[k]!, 0)
  return { endMs: endMs.reduce((last, end) => Math.max(last, end), 0), costUsd }
}

interface Progress {
  readonly chosen: Int32Array
  readonly startMs: Float64Array
  readonly endMs: Float64Array
  readonly nowMs: number
}

function stateOf(i: number, { chosen, startMs, endMs, nowMs }: Progress): StepState {
  if (chosen[i]! < 0) return { kind: "open" }
  if (endMs[i]! <= nowMs) return { kind: "finished", tookMs: endMs[i]! - startMs[i]! }
  return { kind: "running", candidate: chosen[i]!, elapsedMs: nowMs - startMs[i]! }
}
