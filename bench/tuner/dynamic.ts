import { DEFAULT_SETTINGS } from "../../src/tuner/adjustment/settings.ts"
import type { Bench } from "../bench.ts"
import { mean } from "../../src/statistics/order-statistics.ts"
import { HIGH, LOW, MIDDLE, type Regime } from "./clips.ts"
import { offlinePlan } from "./offline.ts"
import { playWorld, type WindowOfRuns, type WorldOutcome } from "./tuned-world.ts"
import { VIDEO_PIPELINES, type VideoPipeline } from "./video-pipelines.ts"

/** Budget over the cheapest plan's cost on 1080p clips: the tightest of the paper. */
const OVER = 0.3

const HEADROOM = DEFAULT_SETTINGS.headroom

const RUNS_PER_WINDOW = 25

/** The resolution falls twice, and comes back. */
const STRETCHES: readonly (readonly [regime: Regime, windows: number])[] = [
  [HIGH, 12],
  [MIDDLE, 40],
  [LOW, 40],
  [HIGH, 20],
]

const REGIMES: readonly Regime[] = STRETCHES.flatMap(([regime, windows]) =>
  Array.from({ length: windows }, () => regime),
)

/** Windows in which the content is another than the one that was planned for, the adaptation to it included. */
const CHANGED = { from: 12, to: 92 } as const

interface Pair {
  readonly pipeline: string
  readonly seed: number
  readonly budgetUsd: number
  readonly without: WorldOutcome
  readonly tuned: WorldOutcome
}

/**
 * Functions that call each other under changing content, with the tuner and without: the same seeds, clips, arrivals and
 * offline plan. Latency is of whole runs, cold starts that changes cause included.
 */
export const bench: Bench = async ({ full }) => {
  const seeds = Array.from({ length: full ? 20 : 5 }, (_, i) => i + 1)
  const pairs: Pair[] = []
  for (const seed of seeds)
    for (const pipeline of VIDEO_PIPELINES) {
      process.stderr.write(`  ${pipeline.name}, seed ${seed} of ${seeds.length}\n`)
      pairs.push(await pairOf(pipeline, seed))
    }
  const bySeed = seeds.map((seed) => mean(pairs.filter((pair) => pair.seed === seed).map(gainPct)))
  const interval = meanInterval(bySeed)
  const spreads = pairs.map(({ without, tuned }) => [spreadOf(without), spreadOf(tuned)] as const)
  const worst = Math.max(...pairs.map((pair) => highestMean(pair, 10)))
  return {
    summary: {
      latencyGainPct: interval.mean,
      latencyGainPctLow: interval.low,
      latencyGainPctHigh: interval.high,
      latencyGainPctWorstPipeline: Math.min(...pipelineGains(pairs)),
      latencySdMsWithout: mean(spreads.map(([without]) => without)),
      latencySdMsTuned: mean(spreads.map(([, tuned]) => tuned)),
      costOverBudgetMax10Windows: worst,
      costOverBudgetMaxWindow: Math.max(...pairs.map((pair) => highestMean(pair, 1))),
      costOverBudgetMaxWindowWithout: Math.max(
        ...pairs.map((pair) => highestMean({ ...pair, tuned: pair.without }, 1)),
      ),
      changesPerWorld: mean(pairs.map(({ tuned }) => tuned.versions)),
    },
    reasons: {},
    rows: pairs.map((pair) => ({
      section: "dynamic",
      pipeline: pair.pipeline,
      seed: pair.seed,
      budgetUsd: pair.budgetUsd,
      gainPct: gainPct(pair),
      wholeGainPct: 100 * (1 - latencyOf(pair.tuned.windows) / latencyOf(pair.without.windows)),
      cost10: highestMean(pair, 10),
      costWindow: highestMean(pair, 1),
      versions: pair.tuned.audit.flatMap((entry) => (entry.kind === "published" ? [`${entry.how}: ${entry.why}`] : [])),
    })),
  }
}

async function pairOf(pipeline: VideoPipeline, seed: number): Promise<Pair> {
  const plan = await offlinePlan(pipeline, { regime: HIGH, seed, over: OVER, headroom: HEADROOM })
  const { configs, profiles, budgetUsd } = plan
  const world = { pipeline, seed, runsPerWindow: RUNS_PER_WINDOW, regimes: REGIMES, published: configs }
  const goal = { kind: "latency", budgetUsd, percentile: 0.95 } as const
  return {
    pipeline: pipeline.name,
    seed,
    budgetUsd,
    without: await playWorld(world),
    tuned: await playWorld({ ...world, tuner: { goal, profiles } }),
  }
}

function changedOf(outcome: WorldOutcome): readonly WindowOfRuns[] {
  return outcome.windows.slice(CHANGED.from, CHANGED.to)
}

function latencyOf(windows: readonly WindowOfRuns[]): number {
  return mean(windows.map(({ meanLatencyMs }) => meanLatencyMs))
}

function gainPct({ tuned, without }: Pair): number {
  return 100 * (1 - latencyOf(changedOf(tuned)) / latencyOf(changedOf(without)))
}

function pipelineGains(pairs: readonly Pair[]): readonly number[] {
  return VIDEO_PIPELINES.map(({ name }) => mean(pairs.filter(({ pipeline }) => pipeline === name).map(gainPct)))
}

/** Standard deviation of the latency of runs, ms, once adapted: the second half of each changed stretch. */
function spreadOf({ windows }: WorldOutcome): number {
  const halves = [windows.slice(32, 52), windows.slice(72, 92)]
  return mean(
    halves.map((half) => {
      const latencies = half.flatMap(({ runs }) => runs.map(({ latencyMs }) => latencyMs))
      const centre = mean(latencies)
      return Math.sqrt(mean(latencies.map((ms) => (ms - centre) ** 2)))
    }),
  )
}

/** Mean cost beside the budget of the dearest `count` windows in a row. */
function highestMean({ tuned: { windows }, budgetUsd }: Pair, count: number): number {
  let highest = 0
  for (let from = 0; from + count <= windows.length; from++)
    highest = Math.max(
      highest,
      mean(windows.slice(from, from + count).map(({ meanCostUsd }) => meanCostUsd)) / budgetUsd,
    )
  return highest
}

/** Mean with its 95 % interval by Student's t. */
function meanInterval(values: readonly number[]): {
  readonly mean: number
  readonly low: number
  readonly high: number
} {
  const centre = mean(values)
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / Math.max(1, values.length - 1))
  const half = (T_95[values.length - 1] ?? 2.1) * (sd / Math.sqrt(values.length))
  return { mean: centre, low: centre - half, high: centre + half }
}

/** Two-sided 95 % quantiles of Student's t by degrees of freedom, from 0 on. */
const T_95 = [Infinity, 12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23] as const
