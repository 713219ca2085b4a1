import { backSubstitute, choleskyFactor, forwardSubstitute } from "../../statistics/cholesky.ts"

/** One function at one size: what is known of it, and how its time answers there. */
export interface EffectRow {
  /** What the local run tells of the function; the same at every size. */
  readonly function: readonly number[]
  /** dlnT/dlncpu, dlnT/dlnwait, and the first of them times the lack of quota: the columns of the effects. */
  readonly columns: readonly number[]
}

/**
 * What a function's departure from the law goes with: each of its effects (function-effects.ts) is linear in what its
 * local run told, standardised over the training functions,
 *
 *   E ln(T / law) = sum over effects k of column_k * (b_k0 + b_k . f)
 *
 * so code with much memory may lose more cache while throttled, and code that hardly runs may run less warm.
 */
export interface EffectRegression {
  readonly means: readonly number[]
  readonly scales: readonly number[]
  /** By effect: the constant, then one for each thing known of the function. */
  readonly coefficients: readonly (readonly number[])[]
}

/** Rows of one function with their log errors. */
export interface EffectTarget {
  readonly row: EffectRow
  readonly error: number
}

/** Ridge regression; `ridge` counts as so many cells of error 1 for each coefficient. At least one target. */
export function fitEffectRegression(targets: readonly EffectTarget[], ridge: number): EffectRegression {
  const { means, scales } = standardOf(targets.map(({ row }) => row.function))
  const rows = targets.map(({ row }) => expanded(row, { means, scales }))
  const size = rows[0]!.length
  const matrix = new Float64Array(size * size)
  const right = new Float64Array(size)
  for (const [r, row] of rows.entries()) {
    for (let i = 0; i < size; i++) {
      right[i]! += row[i]! * targets[r]!.error
      for (let j = 0; j <= i; j++) matrix[i * size + j]! += row[i]! * row[j]!
    }
  }
  for (let i = 0; i < size; i++) matrix[i * size + i]! += ridge
  const lower = choleskyFactor(matrix, size)
  if (lower === null) throw new Error("the ridge of an effect regression must be above 0")
  const flat = backSubstitute(lower, forwardSubstitute(lower, right))
  const width = means.length + 1
  const effects = targets[0]!.row.columns.length
  return {
    means,
    scales,
    coefficients: Array.from({ length: effects }, (_, k) => Array.from(flat.subarray(k * width, (k + 1) * width))),
  }
}

/** ln(T / law) that is expected at a row. */
export function effectValue(regression: EffectRegression, row: EffectRow): number {
  const known = standardised(row.function, regression)
  let sum = 0
  for (const [k, coefficients] of regression.coefficients.entries()) {
    let effect = coefficients[0]!
    for (let i = 0; i < known.length; i++) effect += coefficients[i + 1]! * known[i]!
    sum += row.columns[k]! * effect
  }
  return sum
}

type Standard = Pick<EffectRegression, "means" | "scales">

/** Things that never vary count for nothing. */
const LEAST_SCALE = 1e-9
/** A function far beyond the training functions is taken for one at their edge, in sd. */
const FAR = 3

function standardOf(all: readonly (readonly number[])[]): Standard {
  const width = all[0]!.length
  const means = Array.from({ length: width }, (_, i) => all.reduce((sum, row) => sum + row[i]!, 0) / all.length)
  const scales = means.map((mean, i) => {
    const variance = all.reduce((sum, row) => sum + (row[i]! - mean) ** 2, 0) / all.length
    return Math.sqrt(variance) > LEAST_SCALE ? Math.sqrt(variance) : 0
  })
  return { means, scales }
}

function standardised(values: readonly number[], { means, scales }: Standard): readonly number[] {
  return values.map((value, i) => {
    const scale = scales[i]!
    return scale === 0 ? 0 : Math.min(FAR, Math.max(-FAR, (value - means[i]!) / scale))
  })
}

function expanded(row: EffectRow, standard: Standard): readonly number[] {
  const known = [1, ...standardised(row.function, standard)]
  return row.columns.flatMap((column) => known.map((value) => column * value))
}
