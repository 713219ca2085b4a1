import { schedule } from "../../workflow/critical-path.ts"
import { cautionFor, onlineKappas, type OnlineMargin } from "../margins.ts"
import type { CostCurve, SelectionProblem } from "../selection-problem.ts"
import { normalCdf, normalDensity } from "../../statistics/normal.ts"
import type { SelectionSolver } from "./selection-solver.ts"
import { curveOf } from "./surrogate.ts"
import type { UncertainProblem } from "./uncertain-problem.ts"

/** A step of a run at some moment, by step index. */
export type StepState =
  | { readonly kind: "open" }
  | { readonly kind: "running"; readonly candidate: number; readonly elapsedMs: number }
  | { readonly kind: "finished"; readonly tookMs: number }

/** Pareto sets of steps with their margins, kept between decisions. */
export interface CurveCache {
  get(step: number, kappa: number): ReturnType<typeof curveOf>
}

/** A cache of curves by step and margin; margins of a run take a handful of values. */
export function curveCache({ steps }: UncertainProblem): CurveCache {
  const known = steps.map(() => new Map<number, ReturnType<typeof curveOf>>())
  return {
    get: (step, kappa) => {
      let curve = known[step]!.get(kappa)
      if (curve === undefined) {
        curve = curveOf(steps[step]!, { kappaMs: kappa, kappaUsd: 0 })
        known[step]!.set(kappa, curve)
      }
      return curve
    },
  }
}

export interface OnlineRequest {
  readonly problem: UncertainProblem
  readonly curves: CurveCache
  /** By step index. */
  readonly states: readonly StepState[]
  readonly nowMs: number
  readonly sloMs: number
  readonly margin: OnlineMargin
}

/**
 * The candidates of the open steps for the rest of a run, entry -1 for the others: the cheapest plan of
 * t = mean + kappa / h^shrink sd within the SLO, with less margin where that asks for too much. A late run is planned for
 * the earliest mean end there is, so that only its critical path hurries. One or two solves.
 */
export function onlinePlan(solver: SelectionSolver, request: OnlineRequest): Int32Array {
  const { states, nowMs, sloMs } = request
  const at = (caution: number): Surrounding => surroundingOf(request, caution)
  const endOf = ({ problem }: Surrounding): number =>
    schedule(
      problem.graph,
      problem.curves.map(({ latencyMs }) => latencyMs[0]!),
    ).length
  const caution = cautionFor((share) => endOf(at(share)) - nowMs, sloMs - nowMs)
  const surrounding = at(caution ?? 0)
  const deadlineMs = caution === null ? endOf(surrounding) : sloMs
  const entries = solver(surrounding.problem, { kind: "cost", sloMs: deadlineMs })
  // A solver that finds nothing although the fastest entries fit has given up: they are what is left.
  return Int32Array.from(states, (state, i) =>
    state.kind === "open" ? surrounding.candidates[i]![entries?.[i] ?? 0]! : -1,
  )
}

interface Surrounding {
  readonly problem: SelectionProblem
  readonly candidates: readonly Int32Array[]
}

/** Times since the run's start: what is decided is one entry, so waits and delays are inside. */
function surroundingOf({ problem, curves, states, margin }: OnlineRequest, caution: number): Surrounding {
  const open = Uint8Array.from(states, ({ kind }) => (kind === "open" ? 1 : 0))
  const kappas = onlineKappas(problem.graph, open, { ...margin, kappa: margin.kappa * caution })
  const found = states.map((state, i) => {
    if (state.kind === "open") return curves.get(i, kappas[i]!)
    return { curve: oneEntry(expectedMs(problem, i, state)), candidates: new Int32Array(1) }
  })
  return {
    problem: { graph: problem.graph, curves: found.map(({ curve }) => curve) },
    candidates: found.map(({ candidates }) => candidates),
  }
}

function oneEntry(ms: number): CostCurve {
  return { latencyMs: Float64Array.of(ms), costUsd: new Float64Array(1) }
}

function expectedMs({ steps }: UncertainProblem, i: number, state: Exclude<StepState, { kind: "open" }>): number {
  if (state.kind === "finished") return state.tookMs
  const [mean, sd] = [steps[i]!.meanMs[state.candidate]!, steps[i]!.sdMs[state.candidate]!]
  return meanBeyond(mean, sd, state.elapsedMs)
}

/** Mean of a normal time that is known to exceed `elapsedMs`; never below it. */
export function meanBeyond(mean: number, sd: number, elapsedMs: number): number {
  const z = sd > 0 ? (elapsedMs - mean) / sd : Infinity
  const beyond = normalCdf(-z)
  // So far out only a tail is left, of which a normal law knows nothing.
  if (beyond < 1e-9) return Math.max(mean, elapsedMs)
  return Math.max(elapsedMs, mean + (sd * normalDensity(z)) / beyond)
}
