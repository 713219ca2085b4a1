import type { Random } from "../../base/random.ts"
import { schedule } from "../../workflow/critical-path.ts"
import type { Graph } from "../../workflow/graph.ts"
import { type Sample, type Search, sidesOf, type Target } from "../search.ts"
import { type Allowances, latinHypercube, scaledToFit } from "./allowances.ts"
import { stepSearch, type StepSearch } from "./step-search.ts"
import type { StepOptions } from "./search-space.ts"

export interface CharmseekerOptions {
  readonly random: Random
  /** Evaluations it may use: a fifth of them is one outer loop. */
  readonly evaluations: number
  /**
   * As published, the drawn shares of what is left may together exceed it; `repaired`, they are scaled to fit.
   * Default repaired.
   */
  readonly preset?: "published" | "repaired"
}

/** Evaluations before the first look at whether the floors fit. */
const FIRST_ROUNDS = 6
/** Share of all evaluations that one outer loop takes. */
const OUTER_SHARE = 0.2

/**
 * Charmseeker (Zhang et al., "Charmseeker: Automated Pipeline Configuration for Serverless Video Processing", 2022).
 * Stage 1: every step looks for its least cost by Bayesian search, until the second-smallest costs seen fit the budget;
 * they are the floors. Stage 2: what is left is dealt out by a Latin hypercube, anew in each outer loop, and every step
 * looks for its least latency within its allowance by constrained expected improvement. One evaluation serves all
 * steps. For a deadline the sides change places and allowances of time add up along paths.
 */
export function charmseeker(
  { graph, steps }: { readonly graph: Graph; readonly steps: readonly StepOptions[] },
  target: Target,
  options: CharmseekerOptions,
): Search {
  const { random, evaluations, preset = "repaired" } = options
  const searches = steps.map((step) => stepSearch(step, random))
  const total = totalOf(graph, target)
  const perLoop = Math.max(1, Math.round(evaluations * OUTER_SHARE))
  const shares = latinHypercube({ rows: Math.ceil(1 / OUTER_SHARE), columns: steps.length, random })
  const loops: Allowances[] = []
  let told = 0
  let floors: Float64Array | null = null
  let inLoop = 0
  return {
    name: "charmseeker",
    ask: () => {
      if (floors === null) return [Int32Array.from(searches, (search) => search.cheapestNext())]
      if (loops.length === 0 || inLoop >= perLoop) {
        const share = shares[loops.length % shares.length]!
        loops.push(allowancesOf({ floors, share, bound: target.bound, total, preset }))
        inLoop = 0
      }
      const allowed = loops.at(-1)!
      return [Int32Array.from(searches, (search, i) => search.fastestNext(allowed[i]!))]
    },
    tell: (samples) => {
      for (const sample of samples) tellSteps(searches, target, sample)
      told += samples.length
      inLoop += samples.length
      if (floors !== null || told < FIRST_ROUNDS) return
      const second = Float64Array.from(searches, (search) => search.secondSmallest())
      if (total(second) <= target.bound || told >= evaluations) floors = second
    },
    best: () => bestCombination(searches, { loops, target, graph }),
  }
}

/** The constraint of a workflow from those of its steps: costs add up, times along the longest path. */
function totalOf(graph: Graph, target: Target): (perStep: ArrayLike<number>) => number {
  if (target.objective === "cost") return (perStep) => schedule(graph, perStep).length
  return (perStep) => Array.from(perStep).reduce((sum, value) => sum + value, 0)
}

function allowancesOf(at: {
  readonly floors: Float64Array
  readonly share: readonly number[]
  readonly bound: number
  readonly total: (perStep: ArrayLike<number>) => number
  readonly preset: "published" | "repaired"
}): Allowances {
  const left = Math.max(0, at.bound - at.total(at.floors))
  if (at.preset === "published") return at.floors.map((floor, i) => floor + at.share[i]! * left)
  return scaledToFit(at.floors, { extra: at.share.map((u) => u * left), bound: at.bound, total: at.total })
}

function tellSteps(searches: readonly StepSearch[], target: Target, sample: Sample): void {
  for (const [i, search] of searches.entries()) {
    const sides = sidesOf(target, { latencyMs: sample.stepLatencyMs[i]!, costUsd: sample.stepCostUsd[i]! })
    search.tell(sample.selection[i]!, sides)
  }
}

/** Per outer loop the best that each step has seen within its allowance; of these the best that keeps the bound. */
function bestCombination(
  searches: readonly StepSearch[],
  at: { readonly loops: readonly Allowances[]; readonly target: Target; readonly graph: Graph },
): Int32Array | null {
  const constraint = totalOf(at.graph, at.target)
  const objective = totalOf(at.graph, { ...at.target, objective: at.target.objective === "cost" ? "latency" : "cost" })
  const cheapest = searches.map((search) => search.bestWithin(-Infinity))
  let best: Int32Array | null = null
  let least = Infinity
  for (const allowed of [...at.loops, null]) {
    const chosen = allowed === null ? cheapest : searches.map((search, i) => search.bestWithin(allowed[i]!))
    if (chosen.some((sides) => sides === null)) return null
    const sides = chosen.map((side) => side!)
    if (constraint(sides.map((side) => side.constraint)) > at.target.bound * (1 + 1e-9)) continue
    const value = objective(sides.map((side) => side.objective))
    if (value >= least) continue
    least = value
    best = Int32Array.from(sides, (side) => side.option)
  }
  return best
}
