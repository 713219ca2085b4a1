// One profiling of the public chain: recorded runs drawn by chance, and how good the plan really is after each.
import { seededRandom } from "../../../src/base/random.ts"
import type { ProfileEstimator } from "../../../src/estimation/profile-estimator.ts"
import type { InstanceSample } from "../../../src/estimation/sample.ts"
import type { CompiledSpace } from "../../../src/estimation/estimator.ts"
import type { SpaceDraws } from "../../../src/estimation/space-draws.ts"
import type { Plan } from "../../../src/workflow/workflow.ts"
import { DEFAULT_RULE, DRAWS, type NextMeasurement, nextMeasurement } from "../../../src/profiling/next-measurement.ts"
import {
  drawsOf,
  estimatorOf,
  GOAL,
  MEMORY_MB,
  NAMES,
  problemOf,
  recordedMs,
  sampleOf,
  spaceOf,
  startMsOf,
  SLO_MS,
  truthOf,
} from "./public-chain.ts"
import { REFERENCE_MB, type WayName, wayOf } from "./ways-to-measure.ts"

/** The state after some measurements. */
export interface Point {
  readonly measured: number
  readonly plan: Plan
  /** Cost of the plan above the best true one, %; negative would be a plan that misses the deadline. */
  readonly aboveBestPct: number
  readonly keepsDeadline: boolean
  /** As the method sees it: 95 % quantile of the regret, %. */
  readonly regret95Pct: number
  readonly stop: string | null
}

export interface TrialOptions {
  readonly way: WayName
  readonly seed: number
  readonly most: number
  readonly bestUsd: number
  /** Share of the regret to stop at; that of the default rule where absent. */
  readonly share?: number
  /** Ends the trial before `most`. */
  readonly until: (point: Point) => boolean
}

/** True for a plan that keeps the deadline and costs at most 2 % more than the best one. */
export function isNear({ aboveBestPct, keepsDeadline }: Point): boolean {
  return keepsDeadline && aboveBestPct <= 2
}

/** The truth is looked at only to judge: nothing of it reaches what chooses and plans. */
export function trial(options: TrialOptions): readonly Point[] {
  const { way, seed, most, bestUsd, until } = options
  const runs = seededRandom(seed)
  const choose = wayOf(way, seededRandom(1000 + seed))
  const bench = functionsMeasured(options.share ?? DEFAULT_RULE.share)
  const points: Point[] = []
  for (const f of NAMES.keys()) bench.measure(f, REFERENCE_MB, runs.next())
  for (;;) {
    const next = bench.next()
    const point = judged(next, bench.measured(), bestUsd)
    points.push(point)
    if (point.measured >= most || until(point)) return points
    const { f, memoryMB } = choose(next, point.measured)
    bench.measure(f, memoryMB, runs.next())
  }
}

function judged(next: NextMeasurement, measured: number, bestUsd: number): Point {
  const truth = truthOf(next.plan)
  return {
    measured,
    plan: next.plan,
    aboveBestPct: 100 * (truth.costUsd / bestUsd - 1),
    keepsDeadline: truth.latencyMs <= SLO_MS,
    regret95Pct: 100 * next.regret.share95,
    stop: next.kind === "stop" ? next.reason : null,
  }
}

interface Measured {
  readonly measure: (f: number, memoryMB: number, pick: number) => void
  readonly measured: () => number
  readonly next: () => NextMeasurement
}

/** The profiles of all functions with what follows from them; only the function just measured is fitted again. */
function functionsMeasured(share: number): Measured {
  const samples: InstanceSample[][] = NAMES.map(() => [])
  const estimators: ProfileEstimator[] = []
  const spaces: CompiledSpace[] = []
  const draws: SpaceDraws[] = []
  let count = 0
  return {
    measured: () => count,
    measure: (f, memoryMB, pick) => {
      samples[f]!.push(sampleOf(memoryMB, recordedMs(f, MEMORY_MB.indexOf(memoryMB), pick), count++))
      estimators[f] = estimatorOf(f, samples[f]!)
      spaces[f] = spaceOf(f, estimators[f])
      draws[f] = drawsOf(f, estimators[f], { count: DRAWS, seed: 1 })
    },
    next: () => {
      const startsMs = estimators.map((estimator, f) => startMsOf(f, estimator))
      return nextMeasurement({
        problem: problemOf(spaces),
        draws: new Map(NAMES.map((name, f) => [name, draws[f]!])),
        goals: [GOAL],
        rule: { ...DEFAULT_RULE, share },
        candidates: {
          startMs: ({ step }) => startsMs[NAMES.indexOf(step)]!,
          isMeasured: ({ step, memoryMB }) =>
            samples[NAMES.indexOf(step)]!.some((sample) => sample.memoryMB === memoryMB),
        },
      })
    },
  }
}
