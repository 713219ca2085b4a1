import { criticalDistance, effectiveCount, oneSampleDistance } from "../../../src/statistics/kolmogorov-smirnov.ts"
import { matchNormalPareto } from "../../../src/statistics/normal-pareto-fit.ts"
import { mean, median, sampleQuantile } from "../../../src/statistics/order-statistics.ts"
import { blendOf, LAWS, momentsOf } from "./laws.ts"
import { KINDS, type Kind, type SampleSet, splitsOf } from "./sets.ts"

const SPLITS = 3

interface Score {
  readonly kind: Kind
  readonly law: string
  readonly ks: number
  readonly rejected: boolean
  readonly p95Error: number
  readonly p99Error: number
  readonly p95Loss: number
  readonly p99Loss: number
}

export interface FitRow {
  readonly table: "distribution fits"
  readonly kind: Kind | "all" | "without bursts"
  readonly law: string
  /** Fits: sets times splits, less those that this law has no fit for. */
  readonly fits: number
  readonly unfitted: number
  readonly ks: number
  readonly rejectedPct: number
  readonly p95ErrorPct: { readonly mean: number; readonly median: number }
  readonly p99ErrorPct: { readonly mean: number; readonly median: number }
  /**
   * Mean pinball loss in % of the median: unlike the errors it does not take the highest of 50 test samples for P99, and
   * is least for the true quantile.
   */
  readonly p95LossPct: number
  readonly p99LossPct: number
}

export interface FitResult {
  readonly rows: readonly FitRow[]
  /** Share of half sets that no Pareto law has the mean and P95 of. */
  readonly blendUnsolvable: number
  /** Share of half sets that no normal body with Pareto tail has the three moments of. */
  readonly momentsImpossible: number
}

/** Every law fitted on one half of every set and tested on the other. */
export function fitAll(sets: readonly SampleSet[]): FitResult {
  const splits = sets.flatMap((set) => splitsOf(set, SPLITS).map((split) => ({ kind: set.kind, ...split })))
  const scores: Score[] = []
  for (const { kind, train, test } of splits) {
    // The chance of both halves: what two sets of samples of one law differ by.
    const critical = criticalDistance(effectiveCount(train.length, test.length), 0.05)
    for (const [law, fit] of Object.entries(LAWS)) {
      const fitted = fit(train)
      if (fitted === null) continue
      const ks = oneSampleDistance(test, (ms) => fitted.cdf(ms))
      const errorAt = (p: number): number => Math.abs(fitted.quantile(p) / sampleQuantile(test, p) - 1)
      const middle = median(test)
      const lossAt = (p: number): number => pinball(test, fitted.quantile(p), p) / middle
      scores.push({
        kind,
        law,
        ks,
        rejected: ks > critical,
        p95Error: errorAt(0.95),
        p99Error: errorAt(0.99),
        p95Loss: lossAt(0.95),
        p99Loss: lossAt(0.99),
      })
    }
  }
  const groups: readonly (readonly [FitRow["kind"], readonly Kind[]])[] = [
    ["all", KINDS],
    ["without bursts", KINDS.filter((kind) => kind !== "starts")],
    ...KINDS.map((kind) => [kind, [kind]] as const),
  ]
  const share = (is: (train: readonly number[]) => boolean): number =>
    splits.filter(({ train }) => is(train)).length / splits.length
  return {
    rows: groups.flatMap(([kind, kinds]) => {
      const count = splits.filter((split) => kinds.includes(split.kind)).length
      return Object.keys(LAWS).map((law) =>
        rowOf(kind, law, { count, scores: scores.filter((score) => score.law === law && kinds.includes(score.kind)) }),
      )
    }),
    blendUnsolvable: share((train) => !blendOf(train).solvable),
    momentsImpossible: share((train) => matchNormalPareto(momentsOf(train)).kind !== "fitted"),
  }
}

function rowOf(
  kind: FitRow["kind"],
  law: string,
  { count, scores }: { readonly count: number; readonly scores: readonly Score[] },
): FitRow {
  const percent = (values: readonly number[]): { readonly mean: number; readonly median: number } => ({
    mean: round(100 * mean(values), 2),
    median: round(100 * median(values), 2),
  })
  return {
    table: "distribution fits",
    kind,
    law,
    fits: scores.length,
    unfitted: count - scores.length,
    ks: round(mean(scores.map((score) => score.ks)), 4),
    rejectedPct: round((100 * scores.filter((score) => score.rejected).length) / scores.length, 1),
    p95ErrorPct: percent(scores.map((score) => score.p95Error)),
    p99ErrorPct: percent(scores.map((score) => score.p99Error)),
    p95LossPct: round(100 * mean(scores.map((score) => score.p95Loss)), 4),
    p99LossPct: round(100 * mean(scores.map((score) => score.p99Loss)), 4),
  }
}

function pinball(samples: readonly number[], at: number, p: number): number {
  return mean(samples.map((value) => (value > at ? p * (value - at) : (1 - p) * (at - value))))
}

export function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits
}
