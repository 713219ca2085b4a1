import { quantileRegressions } from "../statistics/quantile-regression.ts"

/** Delays as StepConf estimates them: quantile regression of eq. (2), unsorted and uncorrected. */
export interface StepConfDelayModel {
  /** The quantile of each level in ms for predictors as they were fitted. */
  quantilesMs(predictors: readonly number[]): number[]
  readonly levels: readonly number[]
  /** Samples behind the fit. */
  readonly samples: number
  readonly converged: boolean
}

/** Predictors of a delay and what it took. Transfer: objects and MB; mapping delay: cold instances alone. */
export interface DelaySample {
  readonly predictors: readonly number[]
  readonly ms: number
}

/** "A total of 100 recent invocations across different workflows" (StepConf section 3.4). */
const LATEST = 100
/** The one level that the paper fits. */
const LEVEL = 0.9

/**
 * StepConf eq. (2), section 3.4: Q(Y|X) = b0 + sum b_j X_j + sum e_j X_j^2 + sum over j < k of d_jk X_j X_k, by the
 * pinball loss, on the latest 100 samples (oldest first). The baseline beside transfer-model.ts and
 * mapping-delay-model.ts. Needs at least one sample; under 2 ms.
 */
export function fitStepConfDelay(
  samples: readonly DelaySample[],
  options: { readonly levels?: readonly number[]; readonly latest?: number } = {},
): StepConfDelayModel {
  const { levels = [LEVEL], latest = LATEST } = options
  const used = samples.slice(-latest)
  const fits = quantileRegressions(
    { rows: used.map(({ predictors }) => squaresAndProducts(predictors)), targets: used.map(({ ms }) => ms) },
    levels,
  )
  return {
    levels,
    samples: used.length,
    converged: fits.every((fit) => fit.converged),
    quantilesMs: (predictors) => {
      const columns = squaresAndProducts(predictors)
      return fits.map((fit) => fit.coefficients.reduce((sum, value, j) => sum + value * columns[j]!, 0))
    },
  }
}

/** 1, all X_j, all X_j^2, all X_j X_k with j < k. */
export function squaresAndProducts(predictors: readonly number[]): number[] {
  const products = predictors.flatMap((a, j) => predictors.slice(j + 1).map((b) => a * b))
  return [1, ...predictors, ...predictors.map((value) => value * value), ...products]
}
