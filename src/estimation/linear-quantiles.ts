import { PROBABILITIES } from "../statistics/distribution.ts"
import { normalQuantile } from "../statistics/normal.ts"
import { quantileRegression } from "../statistics/quantile-regression.ts"

export interface LinearQuantilesOptions {
  /** Median at all columns zero when there are no rows at all. */
  readonly priorMs: number
  /** Spread (sd of ln t) that is expected, worth three samples. */
  readonly priorLogSd: number
  /** Rows from which the spread of levels without data of their own is learned; all where absent. */
  readonly tellsSpread?: (row: readonly number[]) => boolean
}

/** Quantiles of a time that is linear in a few physical columns, the first of which is the constant 1. */
export interface LinearQuantiles {
  /** The seven quantiles, ascending and not negative, in ms. */
  predict(columns: readonly number[]): number[]
  medianMs(columns: readonly number[]): number
  /** True when some level has a slope in that column. */
  usesColumn(column: number): boolean
  /** Rows behind the fit. */
  readonly rows: number
}

/** A column joins the fit when there are this many rows for each column in it. */
const ROWS_PER_COLUMN = 5
/** A level is fitted by itself when so many rows are expected beyond it. */
const ROWS_BEYOND = 5
const LATEST_ROWS = 200
/** Times of a few tenths of a millisecond have no spread worth learning. */
const LEAST_MS = 0.5

interface LevelFit {
  readonly p: number
  readonly coefficients: readonly number[]
}

/**
 * Quantile regression at the seven levels as far as the data carry, on the columns that vary and are fed by enough
 * rows; a slope that comes out negative is dropped, since more bytes, objects or instances never make anything faster.
 * Levels without data of their own spread lognormally around the nearest one. Uses the latest 200 rows.
 */
export function fitLinearQuantiles(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  options: LinearQuantilesOptions,
): LinearQuantiles {
  if (rows.length === 0) return fromSpread({ p: 0.5, coefficients: [options.priorMs] }, [], options, 0)
  const latest = rows.slice(-LATEST_ROWS)
  const latestTargets = targets.slice(-LATEST_ROWS)
  const columns = usableColumns(latest)
  const centre = fitLevel(latest, latestTargets, { columns, p: 0.5 })
  const positive = columns.filter((column) => column === 0 || centre.coefficients[column] !== 0)
  const levels = PROBABILITIES.filter((p) => p !== 0.5 && latest.length * Math.min(p, 1 - p) >= ROWS_BEYOND).map((p) =>
    fitLevel(latest, latestTargets, { columns: positive, p }),
  )
  const logSd = spreadOf(latest, latestTargets, { centre, options })
  return fromSpread(centre, levels, { ...options, priorLogSd: logSd }, rows.length)
}

function usableColumns(rows: readonly (readonly number[])[]): number[] {
  const used = [0]
  for (let column = 1; column < rows[0]!.length; column++) {
    const varies = rows.some((row) => Math.abs(row[column]! - rows[0]![column]!) > 1e-9)
    if (varies && rows.length >= ROWS_PER_COLUMN * (used.length + 1)) used.push(column)
  }
  return used
}

function fitLevel(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  at: { readonly columns: readonly number[]; readonly p: number },
): LevelFit {
  const width = rows[0]!.length
  let columns = [...at.columns]
  for (;;) {
    const fit = quantileRegression({ rows: rows.map((row) => columns.map((column) => row[column]!)), targets }, at.p)
    let worst = -1
    for (let k = 1; k < columns.length; k++) {
      const slope = fit.coefficients[k]!
      if (slope < 0 && (worst < 0 || slope < fit.coefficients[worst]!)) worst = k
    }
    if (worst < 0) {
      const coefficients = Array.from({ length: width }, (_, column) => fit.coefficients[columns.indexOf(column)] ?? 0)
      return { p: at.p, coefficients }
    }
    columns = columns.filter((_, k) => k !== worst)
  }
}

/** Sd of ln(target / median), shrunk to the prior. */
function spreadOf(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  fit: { readonly centre: LevelFit; readonly options: LinearQuantilesOptions },
): number {
  const { tellsSpread = () => true, priorLogSd } = fit.options
  let squares = 0
  let count = 0
  for (const [i, row] of rows.entries()) {
    if (!tellsSpread(row)) continue
    count++
    const predicted = Math.max(LEAST_MS, dot(fit.centre.coefficients, row))
    const ratio = Math.log(Math.max(LEAST_MS, targets[i]!) / predicted)
    squares += Math.min(Math.abs(ratio), 2) ** 2
  }
  return Math.sqrt((3 * priorLogSd ** 2 + squares) / (3 + Math.max(0, count - 1)))
}

function fromSpread(
  centre: LevelFit,
  levels: readonly LevelFit[],
  options: LinearQuantilesOptions,
  rows: number,
): LinearQuantiles {
  const known = [...levels, centre].sort((a, b) => a.p - b.p)
  const planes = PROBABILITIES.map((p) => {
    const nearest = known.reduce((best, level) => (Math.abs(level.p - p) < Math.abs(best.p - p) ? level : best))
    const factor = Math.exp((normalQuantile(p) - normalQuantile(nearest.p)) * options.priorLogSd)
    return nearest.coefficients.map((coefficient) => coefficient * factor)
  })
  return {
    rows,
    usesColumn: (column) => planes.some((plane) => (plane[column] ?? 0) !== 0),
    medianMs: (columns) => Math.max(0, dot(centre.coefficients, columns)),
    predict: (columns) => {
      const quantiles = planes.map((plane) => Math.max(0, dot(plane, columns)))
      for (let i = 1; i < quantiles.length; i++) {
        // Quantile curves cross on few rows: insertion sort keeps them in order.
        for (let k = i; k > 0 && quantiles[k - 1]! > quantiles[k]!; k--) {
          const above = quantiles[k - 1]!
          quantiles[k - 1] = quantiles[k]!
          quantiles[k] = above
        }
      }
      return quantiles
    },
  }
}

function dot(coefficients: readonly number[], columns: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < coefficients.length; i++) sum += coefficients[i]! * (columns[i] ?? 0)
  return sum
}
