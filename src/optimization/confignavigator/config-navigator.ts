import { type Random, seededRandom } from "../../base/random.ts"
import { schedule } from "../../workflow/critical-path.ts"
import type { Graph } from "../../workflow/graph.ts"
import type { EstimatedOptions } from "../searches/search-space.ts"
import { type Contracted, contract } from "./contracted.ts"
import {
  type EquivalentStep,
  latencyOfSamples,
  longestPaths,
  type Scenarios,
  scenariosOf,
  stepSamples,
} from "./equivalent-step.ts"
import { cheapestOwn, type GroupSearch, groupSearch } from "./group-search.ts"
import { networkPredictions, type NetworkPredictions } from "./narrowing-network.ts"
import { type ParallelGroup, parallelGroups } from "./parallel-groups.ts"

/** What is searched in: a workflow whose steps have estimated options. */
export interface NavigatedSpace {
  readonly graph: Graph
  readonly steps: readonly EstimatedOptions[]
  /** Level of the latencies of the steps: the percentile, and by step how far they lie towards it from the median. */
  readonly percentile: number
  readonly margins: ArrayLike<number>
}

export interface NavigatorOptions {
  readonly seed: number
  /** Rounds of cost allocation; default 20. */
  readonly rounds?: number
  /** Evaluations of a Bayesian search inside a group and round; default 60. */
  readonly evaluations?: number
  /** Monte-Carlo samples of an equivalent step; default 1,000. */
  readonly samples?: number
  readonly shouldStop?: () => boolean
}

export interface Navigated {
  /** Option of each step, by step index. */
  readonly selection: Int32Array
  /** Longest path of the steps' latencies, ms. */
  readonly latencyMs: number
  readonly costUsd: number
  /** By round: the latency of the best so far. */
  readonly convergence: Float64Array
}

/** A group with what its searches keep from round to round. */
interface Level {
  readonly group: ParallelGroup
  readonly contracted: Contracted
  readonly own: readonly EstimatedOptions[]
  readonly children: readonly Level[]
  readonly search: GroupSearch
  /** Cost of all its steps at their cheapest. */
  readonly leastUsd: number
  readonly margin: number
}

/**
 * ConfigNavigator's offline search (section 3.2.2) for least latency within a budget: rounds of recursive cost
 * allocation over the parallel groups, each searched inside its limit, replaced by an equivalent step, and so on up.
 * Every group is given its least cost plus a uniform share of what is left, and what it did not spend goes to the rest
 * (from zero most draws would be infeasible). Null when even the cheapest selection is over the budget.
 *
 * 20 rounds: 20 ms where groups are exhaustive, about 2 s where two of them are Bayesian.
 */
export function configNavigator(space: NavigatedSpace, budgetUsd: number, options: NavigatorOptions): Navigated | null {
  const { rounds = 20, samples = 1000 } = options
  const random = seededRandom(options.seed)
  const { root, scenarios } = levelsOf(space, { ...options, random, samples })
  if (root.leastUsd > budgetUsd * (1 + 1e-9)) return null
  const selection = new Int32Array(space.steps.length)
  let best: Omit<Navigated, "convergence"> | null = null
  const convergence: number[] = []
  for (let round = 0; round < rounds; round++) {
    if (best !== null && options.shouldStop?.() === true) break
    searchLevel(root, { space, scenarios, random, selection, limitUsd: budgetUsd })
    const found = priced(space, selection)
    if (best === null || found.latencyMs < best.latencyMs) best = found
    convergence.push(best.latencyMs)
  }
  return best === null ? null : { ...best, convergence: Float64Array.from(convergence) }
}

function levelsOf(
  space: NavigatedSpace,
  options: NavigatorOptions & { readonly random: Random; readonly samples: number },
): { readonly root: Level; readonly scenarios: Scenarios } {
  const { random, samples, evaluations = 60 } = options
  let network: NetworkPredictions | null = null
  const predictionsOf = (steps: readonly number[]): NetworkPredictions => {
    network ??= networkPredictions(space.steps, random)
    const { latencyMs, costUsd } = network
    return { latencyMs: steps.map((i) => latencyMs[i]!), costUsd: steps.map((i) => costUsd[i]!) }
  }
  const level = (group: ParallelGroup): Level => {
    const own = group.own.map((i) => space.steps[i]!)
    const all = group.steps.map((i) => space.steps[i]!)
    return {
      group,
      contracted: contract(space.graph, group),
      own,
      children: group.children.map(level),
      search: groupSearch({ random, evaluations, predictions: () => predictionsOf(group.own) }),
      leastUsd: leastCost(all),
      margin: group.steps.reduce((sum, i) => sum + space.margins[i]!, 0) / group.steps.length,
    }
  }
  return { root: level(parallelGroups(space.graph)), scenarios: scenariosOf(space.steps.length, samples, random) }
}

function leastCost(steps: readonly EstimatedOptions[]): number {
  const cheapest = cheapestOwn({ own: steps })
  return steps.reduce((sum, { costUsd }, i) => sum + costUsd[cheapest[i]!]!, 0)
}

interface Round {
  readonly space: NavigatedSpace
  readonly scenarios: Scenarios
  readonly random: Random
  /** Written by every group for its own steps. */
  readonly selection: Int32Array
  readonly limitUsd: number
}

/** Children first, each with a drawn limit; then the own steps with what is left. */
function searchLevel(level: Level, round: Round): EquivalentStep {
  let spareUsd = round.limitUsd - level.leastUsd
  const children = level.children.map((child) => {
    const limitUsd = child.leastUsd + round.random.next() * spareUsd
    const equivalent = searchLevel(child, { ...round, limitUsd })
    spareUsd -= equivalent.costUsd - child.leastUsd
    return equivalent
  })
  const { own, contracted, group } = level
  const childLatencyMs = children.map((child) => child.latencyMs)
  const choice = level.search({ own, contracted, childLatencyMs, limitUsd: leastCost(own) + spareUsd })
  for (const [k, step] of group.own.entries()) round.selection[step] = choice.selection[k]!
  const costUsd = children.reduce((sum, child) => sum + child.costUsd, choice.costUsd)
  return equivalentOf(level, round, { children, costUsd })
}

function equivalentOf(
  level: Level,
  { space, scenarios, selection }: Round,
  { children, costUsd }: { readonly children: readonly EquivalentStep[]; readonly costUsd: number },
): EquivalentStep {
  const own = level.group.own.map((step) => stepSamples(space.steps[step]!, selection[step]!, scenarios.z[step]!))
  const samplesMs = longestPaths(level.contracted, [...own, ...children.map((child) => child.samplesMs)])
  const latencyMs = latencyOfSamples(samplesMs, { percentile: space.percentile, margin: level.margin })
  return { costUsd, latencyMs, samplesMs }
}

function priced({ graph, steps }: NavigatedSpace, selection: Int32Array): Omit<Navigated, "convergence"> {
  const durations = steps.map((step, i) => step.latencyMs[selection[i]!]!)
  const costUsd = steps.reduce((sum, step, i) => sum + step.costUsd[selection[i]!]!, 0)
  return { selection: Int32Array.from(selection), latencyMs: schedule(graph, durations).length, costUsd }
}
