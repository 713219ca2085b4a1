// The planners of StepConf's evaluation that hold instances or processes at one value. They cannot be as fast as all
// knobs together, so their deadlines are multiples of the fastest time of their own knobs.
import { type BaselinePlanner, meets } from "../../src/optimization/baselines/baseline-planner.ts"
import { cosePlanner } from "../../src/optimization/baselines/cose/cose-planner.ts"
import { orionPlanner } from "../../src/optimization/baselines/orion/orion-planner.ts"
import {
  stepConfInterPlanner,
  stepConfIntraPlanner,
} from "../../src/optimization/baselines/stepconf/stepconf-planners.ts"
import { vanillaPlanner } from "../../src/optimization/baselines/vanilla.ts"
import { searchCost } from "../../src/optimization/branch-and-bound/search-cost.ts"
import type { BenchOptions, BenchResult } from "../bench.ts"
import { type Axes, drawLaw, EVEN_LOAD, MEDIUM_AXES } from "./generator.ts"
import { chanceOf, type Family, instanceOf, SLO_FACTORS, sloOf, STEPCONF_FAMILIES } from "./instances.ts"
import { problemOf } from "./spaces.ts"

const INSTANCES = { quick: 5, full: 25 }

const EXACT = { gap: 1e-4, maxNodes: 100_000 }

const PUBLISHED = { preset: "published" } as const

interface Measured {
  readonly planner: string
  readonly fixedInstances: number | null
  readonly axes: Axes
  readonly create: () => BaselinePlanner
}

/** The papers do not say at what they fix the instances: Vanilla shows how much it matters. */
const PLANNERS: readonly Measured[] = [
  {
    planner: "stepConfInter",
    fixedInstances: null,
    axes: { ...MEDIUM_AXES, processes: [1] },
    create: () => stepConfInterPlanner(PUBLISHED),
  },
  { planner: "stepConfIntra", fixedInstances: 1, axes: at(1), create: () => stepConfIntraPlanner(PUBLISHED) },
  ...[1, 4, 8].map((fixedInstances): Measured => ({
    planner: "vanilla",
    fixedInstances,
    axes: { ...at(fixedInstances), processes: [1] },
    create: () => vanillaPlanner({ fixedInstances }),
  })),
  { planner: "orion", fixedInstances: 1, axes: { ...at(1), processes: [1, 2, 4] }, create: orionPlanner },
  { planner: "cose", fixedInstances: 1, axes: { ...at(1), processes: [1] }, create: cosePlanner },
]

interface Outcome {
  readonly met: boolean
  /** End after the deadline, as a share of it; 0 where it is kept. */
  readonly latePct: number
  /** Above the optimum of the planner's own knobs. */
  readonly ownGapPct: number
  /** Cost over that of the optimum of all knobs. */
  readonly overOptimum: number
}

export function ownKnobs({ full }: BenchOptions): Pick<BenchResult, "summary" | "rows"> {
  const rows: Record<string, unknown>[] = []
  const summary: Record<string, number> = {}
  for (const measured of PLANNERS) {
    const all: Outcome[] = []
    for (const family of STEPCONF_FAMILIES) {
      const byFactor = outcomesOf(measured, family, full ? INSTANCES.full : INSTANCES.quick)
      for (const [column, outcomes] of byFactor.entries()) rows.push(rowOf(measured, { family, column, outcomes }))
      all.push(...byFactor.flat())
    }
    const { planner, fixedInstances } = measured
    if (fixedInstances !== null && fixedInstances > 1) continue
    const inTime = all.filter(({ met }) => met)
    if (inTime.length === 0) throw new Error(`${planner} kept no deadline at all`)
    summary[`${planner}OwnGapPct`] = mean(inTime.map(({ ownGapPct }) => ownGapPct))
    summary[`${planner}OverOptimum`] = mean(inTime.map(({ overOptimum }) => overOptimum))
    summary[`${planner}LatePct`] = mean(all.map(({ latePct }) => latePct))
    summary[`${planner}OwnSloMetPct`] = mean(all.map(({ met }) => (met ? 100 : 0)))
  }
  return { summary, rows }
}

/** By multiple of the fastest time. */
function outcomesOf({ axes, create }: Measured, family: Family, count: number): Outcome[][] {
  const planner = create()
  const byFactor = SLO_FACTORS.map((): Outcome[] => [])
  for (let seed = 1; seed <= count; seed++) {
    const [own, whole] = [instanceOf(family, seed, { axes }), instanceOf(family, seed)]
    const chance = chanceOf(family, seed)
    const graph = family.graph(chance)
    const laws = graph.names.map(() => drawLaw(chance, EVEN_LOAD))
    const anyGoal = { kind: "cost", sloMs: 1, percentile: 0.5 } as const
    const problem = problemOf(graph, laws, { axes, goal: anyGoal })
    for (const [column, factor] of SLO_FACTORS.entries()) {
      const sloMs = sloOf(own, factor)
      const [ownBest, best] = [searchCost(own, sloMs, EXACT), searchCost(whole, sloMs, EXACT)]
      if (ownBest === null || best === null) throw new Error("a deadline above the fastest time can be kept")
      const goal = { ...anyGoal, sloMs }
      const priced = planner.attempt({ ...problem, goal })
      byFactor[column]!.push({
        met: meets(goal, priced),
        latePct: 100 * Math.max(0, priced.latencyMs / sloMs - 1),
        ownGapPct: 100 * (priced.costUsd / ownBest.costUsd - 1),
        overOptimum: priced.costUsd / best.costUsd,
      })
    }
  }
  return byFactor
}

function rowOf(
  { planner, fixedInstances }: Measured,
  of: { readonly family: Family; readonly column: number; readonly outcomes: readonly Outcome[] },
): Record<string, unknown> {
  const inTime = of.outcomes.filter(({ met }) => met)
  return {
    table: "planners with fewer knobs",
    planner,
    fixedInstances,
    workflow: of.family.name,
    sloOverOwnFastest: SLO_FACTORS[of.column],
    meanPct: inTime.length > 0 ? mean(inTime.map(({ ownGapPct }) => ownGapPct)) : null,
    maxPct: inTime.length > 0 ? mean([Math.max(...inTime.map(({ ownGapPct }) => ownGapPct))]) : null,
    overOptimum: inTime.length > 0 ? mean(inTime.map(({ overOptimum }) => overOptimum)) : null,
    latePct: mean(of.outcomes.map(({ latePct }) => latePct)),
    metPct: mean(of.outcomes.map(({ met }) => (met ? 100 : 0))),
    instances: of.outcomes.length,
  }
}

function at(instances: number): Axes {
  return { ...MEDIUM_AXES, instances: [instances] }
}

function mean(values: readonly number[]): number {
  return Math.round((100 * values.reduce((sum, value) => sum + value, 0)) / Math.max(1, values.length)) / 100
}
