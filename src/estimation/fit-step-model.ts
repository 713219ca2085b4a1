import { type Corrections, correctionsOf, scoresNeeded } from "../statistics/conformal.ts"
import { type Distribution, PROBABILITIES } from "../statistics/distribution.ts"
import { quantile } from "../statistics/quantile-table.ts"
import { maxOf } from "../statistics/quantile-table-operations.ts"
import { type FormError, type FormErrorLibrary, formErrorOf, leftOutErrors } from "./form-error.ts"
import { shippedFormErrors } from "./form-error-library.ts"
import type { FunctionModel } from "./function-model.ts"
import { logSdOf, noiseOf, poolNoise, slowestFactor } from "./noise.ts"
import { partMemo } from "./part-memo.ts"
import { coldTransferWork, type Pools, warmResiduals } from "./pools.ts"
import type { Selection } from "./sample-selection.ts"
import { computeMedianMs, type StepModel, transferQuantiles, transferTable } from "./step-model.ts"
import { type StepFactors, stepFactors } from "./step-forecasts.ts"
import { EVEN, fitStepSpread } from "./step-spread.ts"

/** Samples after an alarm during which predictions stay wider, and by how much. */
const WIDE_FOR = 50
const WIDEN_BY = 0.02

export interface StepModelParts {
  readonly selection: Selection
  readonly functionModel: FunctionModel
  /** Where the function is known from its operations: samples as they would be. */
  readonly expected?: Selection
  readonly pools: Pools
  readonly timeoutMs: number
  /** The shipped one where absent. */
  readonly formErrors?: FormErrorLibrary
}

/** Everything that predicts the steps of one function, from its fits and from what the workflow's functions share. */
export function fitStepModel(parts: StepModelParts): StepModel {
  const { selection, functionModel, expected, pools, timeoutMs } = parts
  const own = poolNoise(warmResiduals(expected ?? selection))
  const noise = noiseOf({ shared: pools.noise, own, spread: functionModel.spread })
  const curveForm = formErrorOf(parts.formErrors ?? shippedFormErrors(), {
    leftOut: leftOutErrors(functionModel.curve.heldOut),
    noise: logSdOf(noise),
  })
  const form = expected === undefined ? curveForm : atLeast(curveForm, functionModel.formSd)
  // Sizes left out of what a model made up would only tell of that model.
  const corrections = expected === undefined ? heldOutCorrections(functionModel, noise, form) : undefined
  const even: StepModel = {
    functionModel,
    coldWorkMs: functionModel.coldWorkMs + coldTransferWork(selection, functionModel, pools),
    init: pools.inits.get(selection.functionName)!,
    noise,
    form,
    spread: EVEN,
    widenBy: isRecent(selection) ? WIDEN_BY : 0,
    ...(corrections === undefined ? {} : { corrections }),
    download: pools.download,
    upload: pools.upload,
    mappingDelay: pools.mappingDelay,
    timeoutMs,
    transferred: expected !== undefined,
    factors: new Map(),
    memo: partMemo(),
  }
  const spread = fitStepSpread(selection, {
    computeMs: (point) => computeMedianMs(even, point),
    transferMs: (memoryMB, tasks, instances) =>
      (["download", "upload"] as const)
        .map((direction) => transferTable(transferQuantiles(even, direction, { memoryMB, tasks })))
        .reduce((sum, table) => sum + quantile(maxOf(table, instances), 0.5), 0),
    noiseSd: logSdOf(noise),
    formSd: form.sd,
  })
  const online = onlineFactors(selection.functionName, pools)
  return { ...even, spread, ...(online === undefined ? {} : { online }), factors: new Map(), memo: partMemo() }
}

/** The same shape with a spread of at least `sd`. */
function atLeast(form: FormError, sd: number): FormError {
  const factor = Math.max(1, sd / form.sd)
  return { sd: form.sd * factor, logs: form.logs.map((log) => log * factor) }
}

function onlineFactors(functionName: string, { forecasts }: Pools): StepFactors | undefined {
  const others = [...forecasts].filter(([name]) => name !== functionName).flatMap(([, list]) => list)
  return stepFactors(forecasts.get(functionName) ?? [], others)
}

function isRecent({ drift }: Selection): boolean {
  return drift !== undefined && drift.changedAtMs !== null && drift.since < WIDE_FOR
}

/** The golden ratio spreads the noise of successive configurations evenly over its quantiles. */
const GOLDEN = 0.6180339887498949

/**
 * Split conformal corrections from configurations that were left out of the fit; undefined with fewer than P95 needs.
 * Only inner sizes: those at the ends were extrapolated to. The median stays: held-out fits see less than the whole one.
 * P99 takes the correction of P95 until it has 99 scores of its own.
 */
function heldOutCorrections(model: FunctionModel, noise: Distribution, form: FormError): Corrections | undefined {
  const errors = model.curve.heldOut.filter(({ inner }) => inner).flatMap(({ logErrors }) => logErrors)
  if (errors.length < scoresNeeded(0.95)) return undefined
  const predicted = slowestFactor(noise, form, { instances: 1 })
  const forecasts = errors.map((error, i) => ({
    ms: Math.exp(-error) * quantile(noise, (0.5 + i * GOLDEN) % 1),
    predicted,
  }))
  const corrections = correctionsOf(forecasts)
  return corrections.map((correction, i) => {
    if (PROBABILITIES[i] === 0.5) return 0
    return errors.length < scoresNeeded(PROBABILITIES[i]!) ? corrections[i - 1]! : correction
  })
}
