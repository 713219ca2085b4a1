import type { Random } from "../../base/random.ts"
import type { Search, Target } from "../search.ts"
import { candidates, encode, keyOf, randomSelection } from "./candidates.ts"
import { constrainedImprovement } from "./expected-improvement.ts"
import { leastFeasible, type Observed, observations } from "./observations.ts"
import type { StepOptions } from "./search-space.ts"
import { conditioned, type Surrogate, surrogateFitter, type SurrogateFitter } from "./surrogate.ts"

export interface BayesianOptions {
  readonly random: Random
  /** Measured before anything is modelled. */
  readonly starts?: readonly Int32Array[]
  /** Evaluations before the first model, the starts among them; random ones fill up. Default 8. */
  readonly initial?: number
  /** Evaluations per fit, filled greedily with the posterior mean as fantasy. Default 1. */
  readonly batch?: number
  /** Leaves out candidates before they are scored. */
  readonly narrow?: (selections: readonly Int32Array[]) => readonly Int32Array[]
  readonly fitters?: Fitters
  /**
   * Whose best feasible value is to be improved on: the posterior means (default), which average noise out, or what was
   * measured, where there is none.
   */
  readonly incumbent?: "posterior" | "measured"
}

/** One fitter for each of the two models, to carry kernel parameters over from one search to the next. */
export interface Fitters {
  readonly objective: SurrogateFitter
  readonly constraint: SurrogateFitter
}

interface Models {
  readonly objective: Surrogate
  readonly constraint: Surrogate
}

/**
 * Bayesian optimisation under a constraint: separate Gaussian processes of the logarithms of objective and constraint,
 * constrained expected improvement over 400 candidates; the incumbent is the best feasible posterior mean.
 * About 2 ms an evaluation with 40 observations.
 */
export function bayesianSearch(steps: readonly StepOptions[], target: Target, options: BayesianOptions): Search {
  const { random, starts = [], initial = 8, batch = 1 } = options
  const fitters = options.fitters ?? {
    objective: surrogateFitter({ random }),
    constraint: surrogateFitter({ random }),
  }
  const seen = observations(steps, target)
  const known = new Set<string>()
  const remember = (selections: readonly Int32Array[]): readonly Int32Array[] => {
    for (const selection of selections) known.add(keyOf(selection))
    return selections
  }
  return {
    name: "bayesian",
    ask: (left) => {
      const missing = Math.min(left, initial - seen.all.length)
      if (missing > 0) return remember(opening(steps, { random, starts: starts.slice(seen.all.length), missing }))
      const models = fitModels(fitters, seen.all)
      const at = { models, observed: seen.all, bound: seen.bound() }
      return remember(nextBatch(steps, { ...at, known, options, size: Math.min(left, batch) }))
    },
    tell: (samples) => seen.tell(samples),
    best: () => leastFeasible(seen.all, { bound: seen.bound() })?.selection ?? null,
  }
}

function opening(
  steps: readonly StepOptions[],
  { random, starts, missing }: { random: Random; starts: readonly Int32Array[]; missing: number },
): Int32Array[] {
  const first = starts.slice(0, missing)
  return [...first, ...Array.from({ length: missing - first.length }, () => randomSelection(steps, random))]
}

function fitModels(fitters: Fitters, observed: readonly Observed[]): Models {
  const inputs = observed.map((at) => at.inputs)
  return {
    objective: fitters.objective.fit({ inputs, targets: observed.map((at) => at.objective) }),
    constraint: fitters.constraint.fit({ inputs, targets: observed.map((at) => at.constraint) }),
  }
}

interface BatchRequest {
  readonly models: Models
  readonly observed: readonly Observed[]
  readonly known: ReadonlySet<string>
  readonly bound: number
  readonly options: BayesianOptions
  readonly size: number
}

/** Greedy with a believer: what was chosen counts as observed at its posterior mean. */
function nextBatch(steps: readonly StepOptions[], request: BatchRequest): Int32Array[] {
  const { random, narrow, incumbent: by = "posterior" } = request.options
  let { models } = request
  const posterior = (at: Observed): Observed => ({
    ...at,
    objective: models.objective.mean(at.inputs),
    constraint: models.constraint.mean(at.inputs),
  })
  const value = by === "posterior" ? posterior : (at: Observed): Observed => at
  const believed = [...request.observed]
  let incumbent = leastFeasible(believed, { bound: request.bound, value })
  const drawn = candidates(steps, { random, known: request.known, incumbent: incumbent?.selection ?? null })
  const open = new Set(narrow === undefined ? drawn : narrow(drawn))
  const chosen: Int32Array[] = []
  while (open.size > 0) {
    const at = { models, steps, bound: request.bound, incumbent: incumbent?.objective ?? null }
    const next = mostPromising([...open], at)
    chosen.push(next)
    if (chosen.length === request.size) break
    open.delete(next)
    believed.push(posterior({ selection: next, inputs: encode(steps, next), objective: 0, constraint: 0 }))
    models = conditionModels(models, believed)
    incumbent = leastFeasible(believed, { bound: request.bound, value })
  }
  return chosen
}

function conditionModels(models: Models, observed: readonly Observed[]): Models {
  const inputs = observed.map((at) => at.inputs)
  return {
    objective: conditioned(models.objective, { inputs, targets: observed.map((at) => at.objective) }),
    constraint: conditioned(models.constraint, { inputs, targets: observed.map((at) => at.constraint) }),
  }
}

function mostPromising(
  open: readonly Int32Array[],
  at: { models: Models; steps: readonly StepOptions[]; bound: number; incumbent: number | null },
): Int32Array {
  let best = open[0]!
  let highest = -Infinity
  for (const selection of open) {
    const inputs = encode(at.steps, selection)
    const score = constrainedImprovement(
      { objective: at.models.objective.predict(inputs), constraint: at.models.constraint.predict(inputs) },
      at,
    )
    if (score <= highest) continue
    highest = score
    best = selection
  }
  return best
}
