import { seededRandom } from "../../src/base/random.ts"
import { fitLinearQuantiles } from "../../src/estimation/linear-quantiles.ts"
import { squaresAndProducts } from "../../src/estimation/stepconf-delay-model.ts"
import { PROBABILITIES } from "../../src/statistics/distribution.ts"
import { median } from "../../src/statistics/order-statistics.ts"
import { quantileRegressions, type RegressionData } from "../../src/statistics/quantile-regression.ts"
import { loadQuantileLp } from "../../src/statistics/testing/quantile-lp.ts"
import { fitPhysical } from "./delay-models.ts"
import type { DelaySet } from "./delay-sets.ts"
import { syntheticStore } from "./delay-store.ts"

interface LpRow {
  readonly table: "loss against the linear program"
  readonly problem: Problem
  readonly rows: number
  readonly columns: number
  readonly gap: number
  readonly converged: boolean
}

type Problem = "smooth" | "ties" | "duplicated" | "collinear"

/**
 * Largest difference over the seven levels, relative to the least loss, or to 0.001 sum |Y| where that is more: six
 * columns meet ten rows of which five repeat exactly.
 */
export async function lpGaps(): Promise<LpRow[]> {
  const lp = await loadQuantileLp()
  const problems: readonly Problem[] = ["smooth", "ties", "duplicated", "collinear"]
  return problems.flatMap((problem) =>
    [10, 100, 1_000, 10_000].map((rows) => {
      const data = skewedRows(rows, rows > 1_000 ? 3 : 6, problem)
      const size = data.targets.reduce((sum, target) => sum + Math.abs(target), 0)
      const fits = quantileRegressions(data, PROBABILITIES)
      const gaps = fits.map((fit, i) => {
        const best = lp(data, PROBABILITIES[i]!)
        return Math.abs(fit.loss - best) / Math.max(best, 1e-3 * size)
      })
      const converged = fits.every((fit) => fit.converged)
      const columns = data.rows[0]!.length
      return { table: "loss against the linear program", problem, rows, columns, gap: Math.max(...gaps), converged }
    }),
  )
}

/** Columns of eq. (2) for two predictors, or their plain values, with skewed noise. */
function skewedRows(count: number, width: 3 | 6, problem: Problem = "smooth"): RegressionData {
  const random = seededRandom(count)
  const distinct = problem === "duplicated" ? Math.ceil(count / 2) : count
  const points = Array.from({ length: distinct }, () => {
    const a = problem === "ties" ? Math.floor(random.next() * 4) : random.next() * 10
    const b = problem === "ties" ? Math.floor(random.next() * 3) : random.next() * 100
    const target = 3 + 2 * a + 0.1 * b - Math.log(1 - random.next()) * (1 + a)
    const predictors = [a, problem === "collinear" ? 2 * a + 1 : b]
    return {
      row: squaresAndProducts(predictors).slice(0, width),
      target: problem === "ties" ? Math.round(target) : target,
    }
  })
  const all = Array.from({ length: count }, (_, i) => points[i % distinct]!)
  return { rows: all.map(({ row }) => row), targets: all.map(({ target }) => target) }
}

interface RefitRow {
  readonly table: "refit on 200 rows"
  readonly what: string
  readonly medianMs: number
}

/** Warmed up: an autopilot refits all day. */
export function refitTimes(): RefitRow[] {
  const { rows, targets } = skewedRows(200, 3)
  const store = syntheticStore().rows.slice(0, 200) as DelaySet["rows"]
  const time = (what: string, run: () => void): RefitRow => {
    const times = Array.from({ length: 300 }, () => {
      const started = performance.now()
      run()
      return performance.now() - started
    })
    return { table: "refit on 200 rows", what, medianMs: Number(median(times.slice(100)).toFixed(3)) }
  }
  return [
    time("P90 alone, three columns", () => quantileRegressions({ rows, targets }, [0.9])),
    time("seven levels, three columns", () => quantileRegressions({ rows, targets }, PROBABILITIES)),
    time("seven levels of eq. (2), six columns", () => quantileRegressions(skewedRows(200, 6), PROBABILITIES)),
    time("transfer model with its search for the saturation, five columns", () => fitPhysical(store)),
    time("model, seven levels", () => fitLinearQuantiles({ rows, targets }, { prior: [10], priorLogSd: 0.25 })),
  ]
}
