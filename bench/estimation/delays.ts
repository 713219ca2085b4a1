// Delays from 100 samples: how often the P90 covers what was not fitted, for the models in use and StepConf eq. (2);
// the regression against a linear program; what a refit takes.
import { type Random, seededRandom } from "../../src/base/random.ts"
import { PROBABILITIES } from "../../src/statistics/distribution.ts"
import { mean } from "../../src/statistics/order-statistics.ts"
import type { Bench } from "../bench.ts"
import { fitEq2, fitPhysical, type Predict, type Row } from "./delay-models.ts"
import { lpGaps, refitTimes } from "./delay-regression.ts"
import { type DelaySet, realDelaySets } from "./delay-sets.ts"
import { startRows } from "./delay-starts.ts"
import { syntheticStore } from "./delay-store.ts"

const SAMPLES = 100
const RESAMPLES = 200
const P90 = PROBABILITIES.indexOf(0.9)

export const bench: Bench = async () => {
  const sets = realDelaySets().map((set) => scoreSet(set))
  const store = scoreSet(syntheticStore())
  const lp = await lpGaps()
  const refits = refitTimes()
  const meanOf = (key: keyof SetScore): number => round(mean(sets.map((set) => set[key] as number)))
  return {
    summary: {
      p90CoveragePct: meanOf("p90CoveragePct"),
      p90CoverageEq2Pct: meanOf("p90CoverageEq2Pct"),
      p90WorstSetPct: sets
        .map((set) => set.p90CoveragePct)
        .reduce((a, b) => (Math.abs(b - 90) > Math.abs(a - 90) ? b : a)),
      crossingPct: meanOf("crossingPct"),
      crossingEq2Pct: meanOf("crossingEq2Pct"),
      p90LossOfEq2: round(Math.exp(mean(sets.map((set) => Math.log(set.p90LossOfEq2)))), 3),
      lpGap: Math.max(...lp.map((row) => row.gap)),
      refit200Ms: refits.find((row) => row.what === "model, seven levels")!.medianMs,
    },
    reasons: {},
    rows: [...sets, store, ...lp, ...refits, ...startRows()],
  }
}

interface SetScore {
  readonly table: "delays from 100 samples"
  readonly set: string
  readonly rows: number
  readonly fitted: number
  /** Share of unseen rows at or below the quantile, at each of the seven probabilities. */
  readonly coveragePct: readonly number[]
  readonly p90CoveragePct: number
  readonly p90CoverageEq2Pct: number
  /** Standard error over the resamples: the noise floor. */
  readonly p90StandardErrorPct: number
  readonly crossingPct: number
  readonly crossingEq2Pct: number
  readonly p90LossOfEq2: number
}

/** Sets of fewer than 200 rows are halved instead. */
function scoreSet(set: DelaySet): SetScore {
  const random = seededRandom(set.rows.length)
  const fitted = Math.min(SAMPLES, Math.floor(set.rows.length / 2))
  const ours: Score[] = []
  const eq2: Score[] = []
  for (let resample = 0; resample < RESAMPLES; resample++) {
    const shuffled = shuffle(set.rows as readonly Row[], random) as DelaySet["rows"]
    const train = shuffled.slice(0, fitted) as DelaySet["rows"]
    const rest = shuffled.slice(fitted)
    ours.push(score(fitPhysical(train), rest))
    eq2.push(score(fitEq2(train), rest))
  }
  const covered = PROBABILITIES.map((_, i) => round(100 * mean(ours.map((one) => one.covered[i]!))))
  const p90 = ours.map((one) => 100 * one.covered[P90]!)
  return {
    table: "delays from 100 samples",
    set: set.name,
    rows: set.rows.length,
    fitted,
    coveragePct: covered,
    p90CoveragePct: round(mean(p90)),
    p90CoverageEq2Pct: round(100 * mean(eq2.map((one) => one.covered[P90]!))),
    p90StandardErrorPct: round(Math.sqrt(mean(p90.map((value) => (value - mean(p90)) ** 2)) / RESAMPLES)),
    crossingPct: round(100 * mean(ours.map((one) => one.crossing))),
    crossingEq2Pct: round(100 * mean(eq2.map((one) => one.crossing))),
    p90LossOfEq2: round(mean(ours.map((one) => one.p90Loss)) / mean(eq2.map((one) => one.p90Loss)), 3),
  }
}

interface Score {
  readonly covered: readonly number[]
  /** Share of rows at which some quantile lies above that of a higher probability. */
  readonly crossing: number
  readonly p90Loss: number
}

function score(predict: Predict, rows: readonly Row[]): Score {
  const covered = PROBABILITIES.map(() => 0)
  let crossing = 0
  let loss = 0
  for (const row of rows) {
    const quantiles = predict(row)
    for (const [i, value] of quantiles.entries()) if (row.ms <= value) covered[i]!++
    // Rounding is no crossing.
    if (quantiles.some((value, i) => i > 0 && value < quantiles[i - 1]! - 1e-9 * Math.abs(value))) crossing++
    const over = row.ms - quantiles[P90]!
    loss += over >= 0 ? 0.9 * over : -0.1 * over
  }
  return {
    covered: covered.map((count) => count / rows.length),
    crossing: crossing / rows.length,
    p90Loss: loss / rows.length,
  }
}

function shuffle<T>(values: readonly T[], random: Random): T[] {
  const shuffled = [...values]
  for (let i = shuffled.length - 1; i > 0; i--) {
    const other = Math.floor(random.next() * (i + 1))
    const kept = shuffled[i]!
    shuffled[i] = shuffled[other]!
    shuffled[other] = kept
  }
  return shuffled
}

function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits))
}
