import { boostedValue, type BoostedTrees, fitBoostedTrees } from "../../statistics/boosted-trees.ts"
import { foldsByFunction } from "./training-set.ts"

/** Rows of one function: what is known of it at each size, and ln(T / law) there. */
export interface ResidualFunction {
  readonly id: string
  readonly rows: readonly (readonly number[])[]
  readonly errors: readonly number[]
}

/** What the trees are worth, and the trees if they are worth it. */
export interface ResidualModel {
  /** Null where the law alone is better at functions it has not seen. */
  readonly trees: BoostedTrees | null
  /** Mean absolute log error at unseen functions, without and with the trees. */
  readonly lawError: number
  readonly treesError: number
}

export interface ResidualFit extends ResidualModel {
  /** ln(T / (law * trees)) of every function where the trees had not seen it (or without trees), by id. */
  readonly unseenErrors: ReadonlyMap<string, readonly number[]>
}

const FOLDS = 5
/** Trees must lower the error by this share to be worth their noise. */
const GAIN = 0.03
/** Fewer functions than this cannot teach them anything. */
const LEAST_FUNCTIONS = 20
/** Errors of training cells are held to this, so that wild cells do not make leaves. */
const MOST_ERROR = 0.5

/** Boosted trees on ln(T / law), kept only if they win in cross-validation by function. */
export function fitResidual(functions: readonly ResidualFunction[], seed: number): ResidualFit {
  const lawError = meanAbsolute(functions.flatMap((one) => one.errors))
  const alone = { trees: null, lawError, treesError: lawError }
  const own = new Map(functions.map((one) => [one.id, one.errors]))
  if (functions.length < LEAST_FUNCTIONS) return { ...alone, unseenErrors: own }
  const unseenErrors = new Map<string, readonly number[]>()
  for (const { train, test } of foldsByFunction(functions, { folds: FOLDS, seed })) {
    const trees = treesOf(train)
    for (const one of test)
      unseenErrors.set(
        one.id,
        one.errors.map((error, i) => error - boostedValue(trees, one.rows[i]!)),
      )
  }
  const treesError = meanAbsolute([...unseenErrors.values()].flat())
  if (treesError > (1 - GAIN) * lawError) return { ...alone, treesError, unseenErrors: own }
  return { trees: treesOf(functions), lawError, treesError, unseenErrors }
}

function treesOf(functions: readonly ResidualFunction[]): BoostedTrees {
  return fitBoostedTrees(
    functions.flatMap((one) => one.rows),
    functions.flatMap((one) => one.errors.map((error) => Math.max(-MOST_ERROR, Math.min(MOST_ERROR, error)))),
  )
}

function meanAbsolute(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + Math.abs(value), 0) / Math.max(1, values.length)
}
