import type { Random } from "../../base/random.ts"
import { leaveOneOut, posteriorDraws, type PosteriorDraws } from "../../statistics/gaussian-process-draws.ts"
import { randomTable } from "../../statistics/monte-carlo.ts"
import { normalQuantile } from "../../statistics/normal.ts"
import type { Search, Target } from "../search.ts"
import { candidates, encode, keyOf, randomSelection } from "./candidates.ts"
import { expectedImprovement, probabilityWithin } from "./expected-improvement.ts"
import { leastFeasible, type Observed, observations } from "./observations.ts"
import type { StepOptions } from "./search-space.ts"
import { conditioned, type Surrogate, surrogateFitter } from "./surrogate.ts"

export interface AquatopeOptions {
  readonly random: Random
  /** Random evaluations before the first model; default 10. */
  readonly initial?: number
  /** Default 3. */
  readonly batch?: number
}

/** Joint posteriors that the improvement is averaged over. */
const DRAWS = 32
/** Two-sided 95 % band. */
const OUTLIER_SCORE = 1.96
/** Candidates per batch; the greedy filling scores them anew for each member. */
const CANDIDATES = { random: 120, mutated: 80 }

interface Models {
  readonly objective: Surrogate
  readonly constraint: Surrogate
  /** What both rest on: everything but outliers. */
  readonly observed: readonly Observed[]
}

interface Side {
  readonly surrogate: Surrogate
  readonly draws: PosteriorDraws
}

/**
 * Aquatope (Zhou et al., ASPLOS 2023): batched Bayesian optimisation that knows its measurements to be noisy. Two
 * independent Gaussian processes; observations outside the band that all others predict for them are dropped; noisy
 * expected improvement over the best feasible posterior value of each of 32 joint draws; batches filled greedily.
 * The improvement of a candidate given a draw is integrated in closed form instead of drawn. About 60 ms a batch with
 * 40 observations.
 */
export function aquatope(steps: readonly StepOptions[], target: Target, options: AquatopeOptions): Search {
  const { random, initial = 10, batch = 3 } = options
  const [objective, constraint] = [surrogateFitter({ random }), surrogateFitter({ random })]
  const seen = observations(steps, target)
  const known = new Set<string>()
  let latest: Models | null = null
  const model = (): Models => {
    latest ??= withoutOutliers(seen.all, {
      objective: objective.fit(dataOf(seen.all, "objective")),
      constraint: constraint.fit(dataOf(seen.all, "constraint")),
    })
    return latest
  }
  const remember = (selections: Int32Array[]): Int32Array[] => {
    for (const selection of selections) known.add(keyOf(selection))
    return selections
  }
  const posterior = (at: Observed): Observed => ({
    ...at,
    objective: model().objective.mean(at.inputs),
    constraint: model().constraint.mean(at.inputs),
  })
  return {
    name: "aquatope",
    ask: (left) => {
      const missing = Math.min(left, initial - seen.all.length)
      if (missing > 0) return remember(Array.from({ length: missing }, () => randomSelection(steps, random)))
      const incumbent = leastFeasible(seen.all, { bound: seen.bound(), value: posterior })?.selection ?? null
      const open = candidates(steps, { random, known, incumbent, counts: CANDIDATES })
      return remember(
        fillBatch(steps, { open, models: model(), random, bound: seen.bound(), size: Math.min(left, batch) }),
      )
    },
    tell: (samples) => {
      seen.tell(samples)
      latest = null
    },
    best: () => (seen.all.length === 0 ? null : deployed(model().observed, { bound: seen.bound(), posterior })),
  }
}

/** Of what is no outlier and kept the bound when measured the least by posterior mean. */
function deployed(
  observed: readonly Observed[],
  { bound, posterior }: { readonly bound: number; readonly posterior: (at: Observed) => Observed },
): Int32Array | null {
  const kept = observed.filter((at) => at.constraint <= bound + 1e-9)
  return (
    leastFeasible(kept, { bound, value: (at) => ({ ...at, objective: posterior(at).objective }) })?.selection ?? null
  )
}

type SideName = "objective" | "constraint"
type Data = { readonly inputs: readonly (readonly number[])[]; readonly targets: readonly number[] }

function dataOf(observed: readonly Observed[], side: SideName): Data {
  return { inputs: observed.map((at) => at.inputs), targets: observed.map((at) => at[side]) }
}

/** Drops what lies outside the band of its leave-one-out prediction in either model. */
function withoutOutliers(observed: readonly Observed[], fitted: Omit<Models, "observed">): Models {
  const outside = (["objective", "constraint"] as const).map((side) => {
    const { inputs, targets } = dataOf(observed, side)
    const centred = targets.map((target) => target - fitted[side].centre)
    const predicted = leaveOneOut({ inputs, targets: centred }, fitted[side].parameters)
    return predicted.map(({ mean, variance }, i) => Math.abs(centred[i]! - mean) > OUTLIER_SCORE * Math.sqrt(variance))
  })
  const kept = observed.filter((_, i) => !outside[0]![i]! && !outside[1]![i]!)
  if (kept.length < 2) return { ...fitted, observed }
  return {
    objective: conditioned(fitted.objective, dataOf(kept, "objective")),
    constraint: conditioned(fitted.constraint, dataOf(kept, "constraint")),
    observed: kept,
  }
}

interface BatchRequest {
  readonly open: readonly Int32Array[]
  readonly models: Models
  readonly random: Random
  readonly bound: number
  readonly size: number
}

function fillBatch(steps: readonly StepOptions[], request: BatchRequest): Int32Array[] {
  const { models, random, bound } = request
  const open = new Map(request.open.map((selection) => [selection, encode(steps, selection)]))
  const observed = [...models.observed]
  const chosen: Int32Array[] = []
  while (chosen.length < request.size && open.size > 0) {
    const next = mostImproving(open, {
      objective: drawnSide(models.objective, dataOf(observed, "objective"), random),
      constraint: drawnSide(models.constraint, dataOf(observed, "constraint"), random),
      bound,
    })
    const inputs = open.get(next)!
    chosen.push(next)
    open.delete(next)
    observed.push({
      selection: next,
      inputs,
      objective: models.objective.mean(inputs),
      constraint: models.constraint.mean(inputs),
    })
  }
  return chosen
}

function drawnSide(surrogate: Surrogate, data: Data, random: Random): Side {
  const table = randomTable({ seed: Math.floor(random.next() * 2 ** 31), scenarios: DRAWS })
  const columns = Array.from({ length: 2 * data.targets.length }, (_, i) => table.uniforms(i))
  const normals = Array.from({ length: DRAWS }, (_, s) => columns.map((column) => normalQuantile(column[s]!)))
  const targets = data.targets.map((target) => target - surrogate.centre)
  return { surrogate, draws: posteriorDraws({ inputs: data.inputs, targets }, surrogate.parameters, normals) }
}

/** Noisy expected improvement times feasibility, averaged over the draws; feasibility alone where a draw has nothing. */
function mostImproving(
  open: ReadonlyMap<Int32Array, readonly number[]>,
  { objective, constraint, bound }: { readonly objective: Side; readonly constraint: Side; readonly bound: number },
): Int32Array {
  const limit = bound - constraint.surrogate.centre
  const incumbents = objective.draws.values.map((values, s) => {
    let least = Infinity
    for (const [i, value] of values.entries())
      if (constraint.draws.values[s]![i]! <= limit) least = Math.min(least, value)
    return least
  })
  let best: Int32Array | null = null
  let highest = -Infinity
  for (const [selection, inputs] of open) {
    const [gain, within] = [objective.draws.predict(inputs), constraint.draws.predict(inputs)]
    let score = 0
    for (const [s, incumbent] of incumbents.entries()) {
      const holds = probabilityWithin({ mean: within.means[s]!, variance: within.variance }, limit)
      const belief = { mean: gain.means[s]!, variance: gain.variance }
      score += incumbent === Infinity ? holds : holds * expectedImprovement(belief, incumbent)
    }
    if (score <= highest) continue
    highest = score
    best = selection
  }
  return best ?? open.keys().next().value!
}
