// npm run bench -- planning --only stepconf
// How far StepConf's heuristic and the planners of its evaluation are above the proven optimum, without noise (RQ 5).
import { type BaselinePlanner, meets } from "../../src/optimization/baselines/baseline-planner.ts"
import {
  algorithmOnePlanner,
  stepConfInterPlanner,
} from "../../src/optimization/baselines/stepconf/stepconf-planners.ts"
import { searchCost } from "../../src/optimization/branch-and-bound/search-cost.ts"
import type { Bench, BenchOptions } from "../bench.ts"
import { costEffectiveness } from "./cost-effectiveness.ts"
import { drawLaw, EVEN_LOAD, MEDIUM_AXES } from "./generator.ts"
import { chanceOf, type Family, instanceOf, SLO_FACTORS, sloOf, STEPCONF_FAMILIES } from "./instances.ts"
import { ownKnobs } from "./own-knobs.ts"
import { problemOf } from "./spaces.ts"
import { weightings } from "./weightings.ts"

/** Instances of each workflow. */
const INSTANCES = { quick: 25, full: 60 }

/** The optimum is proven to a ten-thousandth, far below any gap measured here. */
const EXACT = { gap: 1e-4, maxNodes: 100_000 }

interface Measured {
  readonly create: () => BaselinePlanner
  /** Of its figures in the summary. */
  readonly key: string
}

/** Everything is chosen, or all but the processes; planners with fewer knobs are in own-knobs.ts. */
const PLANNERS: Readonly<Record<string, Measured>> = {
  published: { key: "stepConfPublished", create: () => algorithmOnePlanner({ preset: "published" }) },
  repaired: { key: "stepConfRepaired", create: () => algorithmOnePlanner({ preset: "repaired" }) },
  inter: { key: "stepConfInter", create: () => stepConfInterPlanner({ preset: "published" }) },
}

/** StepConf, Fig. 21: average cost above Oracle, in the order in which the text names the workflows; SLOs not given. */
const PAPER_GAP_PCT: Readonly<Record<string, number>> = { ml: 4.1, vp: 3.5, dag16: 2.6 }

/** Expected of windows recomputed before every step: mean gap in % at each multiple of the fastest time. */
const EXPECTED_GAP_PCT: Readonly<Record<string, readonly number[]>> = {
  ml: [4.3, 5.3, 2.2, 2.1, 1.3, 2.7],
  vp: [12.1, 7.2, 4.6, 2.1, 2.5, 4.0],
  dag16: [4.4, 6.7, 3.0, 2.1, 2.2, 3.7],
}

interface Outcome {
  readonly planner: string
  readonly workflow: string
  readonly factor: number
  readonly met: boolean
  readonly gapPct: number
}

export const bench: Bench = async (options) => {
  const outcomes = STEPCONF_FAMILIES.flatMap((family) => outcomesOf(family, options))
  const ofPlanner = (name: string): Outcome[] => outcomes.filter(({ planner }) => planner === name)
  const summary: Record<string, number> = {}
  for (const [name, { key }] of Object.entries(PLANNERS)) {
    summary[`${key}GapPct`] = meanGap(ofPlanner(name))
    summary[`${key}MetPct`] = metPct(ofPlanner(name))
  }
  const claim = costEffectiveness(options.full ? 200 : 60)
  const own = ownKnobs(options)
  return await Promise.resolve({
    summary: { ...summary, stepConfSloMetPct: metPct(ofPlanner("published")), ...own.summary, ...claim.summary },
    reasons: {},
    rows: [...cells(outcomes), ...paper(outcomes), ...own.rows, ...weightings(options), ...claim.rows],
  })
}

/** Every planner on every instance of a workflow at every SLO. */
function outcomesOf(family: Family, { full }: BenchOptions): Outcome[] {
  const planners = Object.entries(PLANNERS).map(([name, { create }]) => ({ name, planner: create() }))
  const count = full ? INSTANCES.full : INSTANCES.quick
  const outcomes: Outcome[] = []
  for (let seed = 1; seed <= count; seed++) {
    const instance = instanceOf(family, seed)
    const chance = chanceOf(family, seed)
    const graph = family.graph(chance)
    const laws = graph.names.map(() => drawLaw(chance, EVEN_LOAD))
    const anyGoal = { kind: "cost", sloMs: 1, percentile: 0.5 } as const
    const whole = problemOf(graph, laws, { axes: MEDIUM_AXES, goal: anyGoal })
    for (const factor of SLO_FACTORS) {
      const sloMs = sloOf(instance, factor)
      const optimum = searchCost(instance, sloMs, EXACT)
      if (optimum === null) throw new Error("a deadline above the fastest time can be kept")
      const goal = { ...anyGoal, sloMs }
      for (const { name, planner } of planners) {
        const priced = planner.attempt({ ...whole, goal })
        const gapPct = 100 * (priced.costUsd / optimum.costUsd - 1)
        outcomes.push({ planner: name, workflow: family.name, factor, met: meets(goal, priced), gapPct })
      }
    }
  }
  return outcomes
}

/** Over the outcomes in time: a plan that misses the SLO may cost less than the optimum. */
function meanGap(outcomes: readonly Outcome[]): number {
  const inTime = outcomes.filter(({ met }) => met)
  return round(inTime.reduce((sum, { gapPct }) => sum + gapPct, 0) / Math.max(1, inTime.length))
}

function maxGap(outcomes: readonly Outcome[]): number {
  return round(outcomes.reduce((most, { met, gapPct }) => (met ? Math.max(most, gapPct) : most), 0))
}

function metPct(outcomes: readonly Outcome[]): number {
  return round((100 * outcomes.filter(({ met }) => met).length) / Math.max(1, outcomes.length))
}

function cells(outcomes: readonly Outcome[]): unknown[] {
  return Object.keys(PLANNERS).flatMap((planner) =>
    STEPCONF_FAMILIES.flatMap(({ name: workflow }) =>
      SLO_FACTORS.map((factor, column) => {
        const of = outcomes.filter((o) => o.planner === planner && o.workflow === workflow && o.factor === factor)
        const expected = planner === "published" ? { expectedMeanPct: EXPECTED_GAP_PCT[workflow]![column] } : {}
        return {
          table: "gap to the optimum",
          planner,
          workflow,
          sloOverFastest: factor,
          meanPct: metPct(of) > 0 ? meanGap(of) : null,
          maxPct: metPct(of) > 0 ? maxGap(of) : null,
          metPct: metPct(of),
          instances: of.length,
          ...expected,
        }
      }),
    ),
  )
}

function paper(outcomes: readonly Outcome[]): unknown[] {
  return STEPCONF_FAMILIES.map(({ name: workflow }) => {
    const gap = (planner: string): number =>
      meanGap(outcomes.filter((o) => o.planner === planner && o.workflow === workflow))
    return {
      table: "StepConf fig. 21",
      workflow,
      paperPct: PAPER_GAP_PCT[workflow],
      publishedPct: gap("published"),
      repairedPct: gap("repaired"),
    }
  })
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
