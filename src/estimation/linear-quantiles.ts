import { PROBABILITIES } from "../statistics/distribution.ts"
import { median } from "../statistics/order-statistics.ts"
import { quantileRegressions } from "../statistics/quantile-regression.ts"
import { fittedLevel, ratioSpread } from "./ratio-spread.ts"

export interface LinearQuantilesOptions {
  /** Median plane expected before anything was seen, ms: a coefficient for each column, missing ones 0. */
  readonly prior: readonly number[]
  /** Spread (sd of ln t) that is expected, worth three samples. */
  readonly priorLogSd: number
  /** Rows from which the spread of levels without data of their own is learned; all where absent. */
  readonly tellsSpread?: (row: readonly number[]) => boolean
}

/** Quantiles of a time that is linear in a few physical columns, the first of which is the constant 1. */
export interface LinearQuantiles {
  /** The seven quantiles, ascending and not negative, in ms. */
  predict(columns: readonly number[]): number[]
  /** `predict` at columns `base + x * slope`, for many x. */
  predictAlong(base: readonly number[], slope: readonly number[]): PredictedLine
  medianMs(columns: readonly number[]): number
  /** True when some level has a slope in that column. */
  usesColumn(column: number): boolean
  /** Rows behind the fit. */
  readonly rows: number
  /** True when there were too few rows and the prior's plane stands in for a fit. */
  readonly transferred: boolean
}

/** Quantiles along a line through the columns. */
export interface PredictedLine {
  /** False where x changes nothing. */
  readonly varies: boolean
  /** Each answer is the same array, overwritten. */
  at(x: number): number[]
}

/** Rows of columns and the times measured there. */
export interface LinearRows {
  readonly rows: readonly (readonly number[])[]
  readonly targets: readonly number[]
}

/** A column joins the fit when there are this many rows for each column in it. */
const ROWS_PER_COLUMN = 5
/** A level is fitted by itself when so many rows are expected beyond it. */
const ROWS_BEYOND = 5
/** Times of a few tenths of a millisecond have no spread worth learning. */
const LEAST_MS = 0.5

interface LevelFit {
  readonly p: number
  readonly coefficients: readonly number[]
}

/**
 * Quantile regression at the seven levels as far as the data carry, on the columns that vary and are fed by enough
 * rows; a slope that comes out negative is dropped, since more bytes, objects or instances never make anything faster.
 * Levels are corrected for what the fit itself uses up (`fittedLevel`); levels without enough rows of their own
 * are multiples of the nearest one (ratio-spread.ts). With fewer than five rows a column, a prior that has slopes is scaled to the
 * rows instead. 200 rows take under 2 ms.
 */
export function fitLinearQuantiles({ rows, targets }: LinearRows, options: LinearQuantilesOptions): LinearQuantiles {
  const columns = usableColumns(rows)
  if (columns.length === 0 || (hasSlopes(options.prior) && rows.length < ROWS_PER_COLUMN * options.prior.length)) {
    return fromPrior({ rows, targets }, options)
  }
  const centre = fitLevel({ rows, targets }, columns, 0.5)
  const positive = columns.filter((column) => column === 0 || centre.coefficients[column] !== 0)
  const carried = PROBABILITIES.filter((p) => p !== 0.5 && rows.length * Math.min(p, 1 - p) >= ROWS_BEYOND - 1e-9)
  const levels = [...fitLevels({ rows, targets }, positive, carried), centre]
  return fromLevels({ rows, targets }, levels, { ...options, transferred: rows.length < ROWS_PER_COLUMN })
}

/** The median plane alone: what a search over knees or saturation sizes compares, several times as fast. */
export function fitMedianPlane(data: LinearRows): readonly number[] {
  return fitLevel(data, usableColumns(data.rows), 0.5).coefficients
}

/** Sum of |target - prediction| of a plane. */
export function absoluteLoss({ rows, targets }: LinearRows, coefficients: readonly number[]): number {
  return rows.reduce((sum, row, i) => sum + Math.abs(targets[i]! - Math.max(0, dot(coefficients, row))), 0)
}

function hasSlopes(prior: readonly number[]): boolean {
  return prior.some((coefficient, column) => column > 0 && coefficient !== 0)
}

function usableColumns(rows: readonly (readonly number[])[]): number[] {
  const [first] = rows
  if (first === undefined) return []
  const used = [0]
  for (let column = 1; column < first.length; column++) {
    const varies = rows.some((row) => Math.abs(row[column]! - first[column]!) > 1e-9)
    if (varies && rows.length >= ROWS_PER_COLUMN * (used.length + 1)) used.push(column)
  }
  return used
}

/** Levels that lose the same column go on together: they share the work and start from each other. */
function fitLevels(data: LinearRows, columns: readonly number[], levels: readonly number[]): LevelFit[] {
  const fitted = levels.map((p) => fittedLevel(p, data.rows.length, columns.length))
  const fits = quantileRegressions(selectColumns(data, columns), fitted)
  const width = data.rows[0]!.length
  const done: LevelFit[] = []
  const again = new Map<number, number[]>()
  for (const [i, p] of levels.entries()) {
    const worst = worstColumn(columns, fits[i]!.coefficients)
    if (worst === null) done.push({ p, coefficients: spread(fits[i]!.coefficients, columns, width) })
    else again.set(worst, [...(again.get(worst) ?? []), p])
  }
  for (const [worst, rest] of again) {
    done.push(
      ...fitLevels(
        data,
        columns.filter((column) => column !== worst),
        rest,
      ),
    )
  }
  return done
}

function fitLevel(data: LinearRows, columns: readonly number[], p: number): LevelFit {
  return fitLevels(data, columns, [p])[0]!
}

function selectColumns({ rows, targets }: LinearRows, columns: readonly number[]): LinearRows {
  return { rows: rows.map((row) => columns.map((column) => row[column]!)), targets }
}

/** The column of the most negative slope, null when no slope is negative. */
function worstColumn(columns: readonly number[], coefficients: readonly number[]): number | null {
  let worst = -1
  for (let k = 1; k < columns.length; k++) {
    const slope = coefficients[k]!
    if (slope < 0 && (worst < 0 || slope < coefficients[worst]!)) worst = k
  }
  return worst < 0 ? null : columns[worst]!
}

/** Coefficients by column of the whole row. */
function spread(coefficients: readonly number[], columns: readonly number[], width: number): readonly number[] {
  return Array.from({ length: width }, (_, column) => coefficients[columns.indexOf(column)] ?? 0)
}

/** The prior's plane, scaled by the median ratio of what was seen to what it says, as if one row had agreed with it. */
function fromPrior(data: LinearRows, options: LinearQuantilesOptions): LinearQuantiles {
  const ratios = data.rows.map((row, i) => data.targets[i]! / Math.max(LEAST_MS, dot(options.prior, row)))
  const factor = Math.max(0.01, ratios.length === 0 ? 1 : median([...ratios, 1]))
  const centre = { p: 0.5, coefficients: options.prior.map((coefficient) => coefficient * factor) }
  return fromLevels(data, [centre], { ...options, transferred: true })
}

/** Multiples of one fitted level at the levels that are not fitted. */
function multiplesOf(data: LinearRows, level: LevelFit, options: LinearQuantilesOptions): (p: number) => number {
  const telling = data.rows.flatMap((row, i) => (options.tellsSpread?.(row) === false ? [] : [i]))
  const logs = telling.map((i) => {
    const predicted = Math.max(LEAST_MS, dot(level.coefficients, data.rows[i]!))
    return Math.log(Math.max(LEAST_MS, data.targets[i]!) / predicted)
  })
  return ratioSpread(logs, { level: level.p, priorLogSd: options.priorLogSd })
}

function fromLevels(
  data: LinearRows,
  known: readonly LevelFit[],
  options: LinearQuantilesOptions & { readonly transferred: boolean },
): LinearQuantiles {
  const planes = PROBABILITIES.map((p) => {
    const nearest = known.reduce((best, level) => (Math.abs(level.p - p) < Math.abs(best.p - p) ? level : best))
    if (nearest.p === p) return nearest.coefficients
    const factor = multiplesOf(data, nearest, options)(p)
    return nearest.coefficients.map((coefficient) => coefficient * factor)
  })
  const centre = planes[2]!
  return {
    rows: data.rows.length,
    transferred: options.transferred,
    usesColumn: (column) => planes.some((plane) => (plane[column] ?? 0) !== 0),
    medianMs: (columns) => Math.max(0, dot(centre, columns)),
    predict: (columns) => rearranged(planes.map((plane) => Math.max(0, dot(plane, columns)))),
    predictAlong: (base, slope) => {
      const fixed = planes.map((plane) => dot(plane, base))
      const rising = planes.map((plane) => dot(plane, slope))
      const out = planes.map(() => 0)
      return {
        varies: rising.some((each) => each !== 0),
        at: (x) => {
          for (let i = 0; i < out.length; i++) out[i] = Math.max(0, fixed[i]! + x * rising[i]!)
          return rearranged(out)
        },
      }
    },
  }
}

/** Quantile curves cross on few rows; sorting is nearer to the truth at every level (Chernozhukov et al. 2010). */
function rearranged(quantiles: number[]): number[] {
  for (let i = 1; i < quantiles.length; i++) {
    for (let k = i; k > 0 && quantiles[k - 1]! > quantiles[k]!; k--) {
      const above = quantiles[k - 1]!
      quantiles[k - 1] = quantiles[k]!
      quantiles[k] = above
    }
  }
  return quantiles
}

function dot(coefficients: readonly number[], columns: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < coefficients.length; i++) sum += coefficients[i]! * (columns[i] ?? 0)
  return sum
}
