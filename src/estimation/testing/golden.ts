import { seededRandom } from "../../base/random.ts"
import { quantile } from "../../statistics/quantile-table.ts"
import { DEFAULT_CONFIG_SPACE } from "../../workflow/config.ts"
import type { CompiledSpace } from "../estimator.ts"
import { createEstimator, type ProfileEstimator } from "../profile-estimator.ts"
import { optionsFor } from "./one-step.ts"
import { SPARSE_CAMPAIGN, SYNTHETIC, syntheticProfile } from "./synthetic-profile.ts"

/** Two functions: few samples of one process alone, and enough for a residual over memory, processes and tasks. */
function estimators(): readonly ProfileEstimator[] {
  const dense = {
    memoriesMB: [256, 512, 1024, 1792, 3008],
    tasks: [2, 6, 12],
    processes: [1, 2],
    repetitions: 3,
    seed: 1,
  }
  const waiting = { ...SYNTHETIC, name: "wait", compute: { ...SYNTHETIC.compute, phiMs: 400, contention: 0.2 } }
  return [
    createEstimator(optionsFor([syntheticProfile(SYNTHETIC, SPARSE_CAMPAIGN)])),
    createEstimator(optionsFor([syntheticProfile(waiting, dense)], "multi")),
  ]
}

const LEVELS = [0.01, 0.05, 0.5, 0.9, 0.95, 0.99, 0.999] as const

/** Numbers of many estimates, in a fixed order: what a faster estimator must still say. */
export function goldenEstimates(): readonly number[] {
  const random = seededRandom(11)
  const upTo = (most: number): number => 1 + Math.floor(most * random.next())
  return estimators().flatMap((estimator) =>
    Array.from({ length: 60 }, (_, i) => {
      const instances = upTo(64)
      const estimate = estimator.estimate({
        step: estimator.steps[0]!,
        config: { memoryMB: 64 + 64 * upTo(158), instances, processes: upTo(6) },
        tasks: upTo(150),
        warmInstances: upTo(instances + 1) - 1,
        ...(i % 5 === 0 ? { inputBytes: 1e6 * upTo(30) } : {}),
      })
      const { latencyMs, parts, billedMs, costUsd, support, blocked } = estimate
      return [
        ...LEVELS.map((p) => quantile(latencyMs, p)),
        ...Object.values(parts).flatMap((part) => [quantile(part, 0.5), quantile(part, 0.95)]),
        billedMs.mean,
        billedMs.p95,
        costUsd.mean,
        costUsd.sd,
        ["measured", "interpolated", "extrapolated", "transferred"].indexOf(support),
        blocked === undefined ? 0 : blocked.length,
      ]
    }).flat(),
  )
}

/** Sums and samples of the arrays of compiled spaces. */
export function goldenSpaces(): readonly number[] {
  return estimators().flatMap((estimator) =>
    [
      { tasks: 1, percentile: 0.95 },
      { tasks: 37, percentile: 0.99 },
      { tasks: 150, percentile: 0.5 },
    ].flatMap((at) =>
      arraysOf(estimator.compile({ step: estimator.steps[0]!, space: DEFAULT_CONFIG_SPACE, ...at })).flatMap(summaryOf),
    ),
  )
}

function arraysOf(space: CompiledSpace): readonly ArrayLike<number>[] {
  const parts = [space, space.median, space.mean].flatMap((level) => [
    level.mappingDelayMs,
    level.downloadMs,
    level.computeMs,
    level.uploadMs,
  ])
  return [...parts, space.initMs, space.coldExtraMs ?? []]
}

/** Numbers that are none, the weighted sum of the others, and four of them. */
function summaryOf(values: ArrayLike<number>): readonly number[] {
  const all = Array.from(values)
  const known = all.filter((value) => !Number.isNaN(value))
  const sum = known.reduce((total, value, i) => total + value * (1 + (i % 7)), 0)
  const picks = [0, 0.31, 0.67, 1].map((share) => known[Math.floor(share * (known.length - 1))] ?? 0)
  return [all.length - known.length, sum, ...picks]
}
