import { boostedValue, type BoostedTrees, fitBoostedTrees } from "../../statistics/boosted-trees.ts"
import { type EffectRegression, type EffectRow, effectValue, fitEffectRegression } from "./effect-regression.ts"
import { foldsByFunction } from "./training-set.ts"

/** What is known of a function at one size. */
export interface ResidualRow extends EffectRow {
  /** For the trees: the point and the function. */
  readonly features: readonly number[]
}

/** One function: what is known of it at each size, and ln(T / law) there. */
export interface ResidualFunction {
  readonly id: string
  readonly rows: readonly ResidualRow[]
  readonly errors: readonly number[]
}

/** What is left beside the law: each part only where it was better at functions it had not seen. */
export interface ResidualModel {
  readonly effects: EffectRegression | null
  readonly trees: BoostedTrees | null
  /** Mean absolute log error at unseen functions: of the law alone, with effects, with trees, with both. */
  readonly unseen: Readonly<Record<ResidualKind, number>>
}

export type ResidualKind = "law" | "effects" | "trees" | "both"

export interface ResidualFit extends ResidualModel {
  /** ln(T / (law * residual)) of every function where the residual had not seen it, by id. */
  readonly unseenErrors: ReadonlyMap<string, readonly number[]>
}

/** Nothing beside the law. */
export const NO_RESIDUAL: ResidualModel = {
  effects: null,
  trees: null,
  unseen: { law: 0, effects: 0, trees: 0, both: 0 },
}

const FOLDS = 5
/** A refinement must lower the error by this share to be worth its noise. */
const GAIN = 0.03
/** Fewer functions than this cannot teach it anything. */
const LEAST_FUNCTIONS = 20
/** Errors of training cells are held to this, so that wild cells do not bend it. */
const MOST_ERROR = 0.5
/** Strengths of the ridge that are tried, in cells. */
const RIDGES = [3, 10, 30, 100, 300] as const

/**
 * Effects that go with what local runs tell, and boosted trees on what those leave of ln(T / law): by cross-validation
 * over functions the best of none, either and both. The simpler one stays where the gain is below 3 %.
 */
export function fitResidual(functions: readonly ResidualFunction[], seed: number): ResidualFit {
  const law = meanAbsolute(functions.flatMap((one) => one.errors))
  const own = new Map(functions.map((one) => [one.id, one.errors]))
  if (functions.length < LEAST_FUNCTIONS)
    return { ...NO_RESIDUAL, unseen: { law, effects: law, trees: law, both: law }, unseenErrors: own }
  const ridge = bestRidge(functions, seed)
  const tried = (["effects", "trees", "both"] as const).map((kind) => {
    const errors = unseenErrorsOf(functions, seed, (train) => fitParts(train, kind, ridge))
    return { kind, errors, error: meanAbsolute([...errors.values()].flat()) }
  })
  const unseen = { law, ...Object.fromEntries(tried.map(({ kind, error }) => [kind, error])) } as ResidualFit["unseen"]
  let best: { kind: ResidualKind; errors: ResidualFit["unseenErrors"]; error: number } = {
    kind: "law",
    errors: own,
    error: law,
  }
  for (const each of tried) if (each.error < (1 - GAIN) * best.error) best = each
  return { ...fitParts(functions, best.kind, ridge), unseen, unseenErrors: best.errors }
}

/** ln(T / law) that the residual expects. */
export function residualAt({ effects, trees }: Parts, row: ResidualRow): number {
  return (effects === null ? 0 : effectValue(effects, row)) + (trees === null ? 0 : boostedValue(trees, row.features))
}

type Parts = Pick<ResidualModel, "effects" | "trees">

function fitParts(functions: readonly ResidualFunction[], kind: ResidualKind, ridge: number): Parts {
  const rows = functions.flatMap((one) => one.rows)
  const errors = functions.flatMap((one) => one.errors.map(held))
  const effects = kind === "effects" || kind === "both" ? regressionOf(rows, errors, ridge) : null
  if (kind !== "trees" && kind !== "both") return { effects, trees: null }
  const left = errors.map((error, i) => error - (effects === null ? 0 : effectValue(effects, rows[i]!)))
  return {
    effects,
    trees: fitBoostedTrees(
      rows.map((row) => row.features),
      left,
    ),
  }
}

function regressionOf(rows: readonly ResidualRow[], errors: readonly number[], ridge: number): EffectRegression {
  return fitEffectRegression(
    rows.map((row, i) => ({ row, error: errors[i]! })),
    ridge,
  )
}

function bestRidge(functions: readonly ResidualFunction[], seed: number): number {
  const losses = RIDGES.map((ridge) => {
    const errors = unseenErrorsOf(functions, seed, (train) => fitParts(train, "effects", ridge))
    return meanAbsolute([...errors.values()].flat())
  })
  return RIDGES[losses.indexOf(Math.min(...losses))]!
}

function unseenErrorsOf(
  functions: readonly ResidualFunction[],
  seed: number,
  fit: (train: readonly ResidualFunction[]) => Parts,
): ReadonlyMap<string, readonly number[]> {
  const errors = new Map<string, readonly number[]>()
  for (const { train, test } of foldsByFunction(functions, { folds: FOLDS, seed })) {
    const parts = fit(train)
    for (const one of test)
      errors.set(
        one.id,
        one.errors.map((error, i) => error - residualAt(parts, one.rows[i]!)),
      )
  }
  return errors
}

function held(error: number): number {
  return Math.max(-MOST_ERROR, Math.min(MOST_ERROR, error))
}

function meanAbsolute(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + Math.abs(value), 0) / Math.max(1, values.length)
}
