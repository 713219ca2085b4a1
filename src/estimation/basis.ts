import { clopperPearson, type ShareInterval } from "../statistics/binomial.ts"
import { median } from "../statistics/order-statistics.ts"
import type { ComputeNote } from "./compute-curve.ts"
import type { DriftAlarm } from "./drift.ts"
import { runsOf, type SampleSource, type StepSample } from "./sample.ts"
import { configurationOf, type Selection } from "./sample-selection.ts"
import { isWithin, stepForecasts } from "./step-forecasts.ts"
import type { StepModel } from "./step-model.ts"

/** What the estimates of a step rest on, for a person who wants to know how far to trust them. */
export interface Basis {
  readonly modelVersion: string
  /**
   * Samples that the fit uses: those of instances (their failures included), the invocations that they stand for, of
   * which means count several, and those of whole steps.
   */
  readonly samples: { readonly instances: number; readonly invocations: number; readonly steps: number }
  /** Null where there is no sample. */
  readonly oldestAtMs: number | null
  readonly newestAtMs: number | null
  readonly sources: Readonly<Partial<Record<SampleSource, number>>>
  readonly error: BasisError
  readonly drift: BasisDrift
  /** Parts that rest on a prior or on other functions, not on enough samples of their own. */
  readonly borrowed: readonly BorrowedPart[]
  readonly notes: readonly ComputeNote[]
  /** True where compute times come from the operations of a local run, which the samples at most correct. */
  readonly transferred: boolean
  /** True when only contended or unenforced samples were there. */
  readonly doubtful: boolean
}

export type BorrowedPart = "mappingDelay" | "init" | "download" | "upload" | "noise"

export interface BasisError {
  /** Median absolute error of compute at memory sizes left out of the fit, in %; null of fewer than two sizes, or none. */
  readonly heldOutPct: number | null
  /** Spread from run to run and error of the curve's form that predictions contain, sd in %. */
  readonly noisePct: number
  readonly formPct: number
  /** Runs inside their predicted P95; null where no run was recorded. */
  readonly coverage95: Coverage | null
}

export interface Coverage {
  readonly runs: number
  readonly covered: number
  readonly interval: ShareInterval
  /** True where what was predicted before each run is judged; false where the present fit is, which may have seen them. */
  readonly outOfSample: boolean
}

export interface BasisDrift {
  /** Changes of the compute times found so far. */
  readonly epoch: number
  readonly alarm: DriftAlarm | null
  readonly changedAtMs: number | null
  /** How much longer compute takes since the newest change; 1 where there was none. */
  readonly ratio: number
  /** True when a second alarm followed soon: measure the function anew. */
  readonly wantsProfiling: boolean
}

/** Whole-step runs checked at most: the newest. */
const CHECKED_RUNS = 200

export interface BasisContext {
  readonly modelVersion: string
  readonly selection: Selection
  readonly model: StepModel
  /** P95 of a step sample's configuration as it was, ms. */
  readonly p95Ms: (step: StepSample) => number
}

/** Looks at the samples and at the newest 200 runs: a few ms, so only when it is asked for. */
export function basisOf({ modelVersion, selection, model, p95Ms }: BasisContext): Basis {
  const instances = [...selection.ok, ...selection.outOfMemory, ...selection.timedOut]
  const all = [...instances, ...selection.steps]
  const sources: Partial<Record<SampleSource, number>> = {}
  for (const { source } of all) sources[source] = (sources[source] ?? 0) + 1
  return {
    modelVersion,
    samples: {
      instances: instances.length,
      invocations: instances.reduce((sum, sample) => sum + runsOf(sample), 0),
      steps: selection.steps.length,
    },
    oldestAtMs: all.length === 0 ? null : all.reduce((least, { atMs }) => Math.min(least, atMs), Infinity),
    newestAtMs: all.length === 0 ? null : all.reduce((most, { atMs }) => Math.max(most, atMs), -Infinity),
    sources,
    error: errorOf(selection, model, p95Ms),
    drift: driftOf(selection),
    borrowed: borrowedParts(selection, model),
    notes: model.functionModel.curve.notes,
    transferred: model.transferred,
    doubtful: selection.doubtful,
  }
}

function errorOf(selection: Selection, model: StepModel, p95Ms: BasisContext["p95Ms"]): BasisError {
  // Sizes left out of what a model made up would only tell of that model.
  const heldOut = model.transferred ? [] : model.functionModel.curve.heldOut
  const errors = heldOut.flatMap(({ logErrors }) => logErrors)
  return {
    heldOutPct: errors.length > 0 ? 100 * median(errors.map((error) => Math.abs(Math.expm1(error)))) : null,
    noisePct: 100 * ((model.noise.logMs[5]! - model.noise.logMs[0]!) / 3.29),
    formPct: 100 * model.form.sd,
    coverage95: coverageOf(selection, p95Ms),
  }
}

/** Of the newest runs that were predicted before they ran; where there is none, of the newest runs. */
function coverageOf({ steps }: Selection, p95Ms: BasisContext["p95Ms"]): Coverage | null {
  const forecasts = stepForecasts(steps).slice(-CHECKED_RUNS)
  const outOfSample = forecasts.length > 0
  const within = outOfSample
    ? forecasts.map((forecast) => isWithin(forecast, 0.95))
    : steps
        .filter(({ source }) => source === "run")
        .slice(-CHECKED_RUNS)
        .map((step) => step.wallMs <= p95Ms(step))
  if (within.length === 0) return null
  const covered = within.filter(Boolean).length
  return { runs: within.length, covered, interval: clopperPearson(covered, within.length, 0.95), outOfSample }
}

function driftOf({ drift }: Selection): BasisDrift {
  const last = drift?.state.last
  return {
    epoch: drift?.state.epoch ?? 0,
    alarm: last?.alarm ?? null,
    changedAtMs: drift?.changedAtMs ?? null,
    ratio: drift?.ratio ?? 1,
    wantsProfiling: last?.wantsProfiling ?? false,
  }
}

function borrowedParts(selection: Selection, model: StepModel): readonly BorrowedPart[] {
  const repeated = new Map<string, number>()
  for (const sample of selection.ok) {
    if (sample.aggregate !== undefined || sample.contended) continue
    const key = configurationOf(sample)
    repeated.set(key, (repeated.get(key) ?? 0) + 1)
  }
  const is: Readonly<Record<BorrowedPart, boolean>> = {
    mappingDelay: model.mappingDelay.transferred,
    init: model.init.samples === 0,
    download: model.download.transferred,
    upload: model.upload.transferred,
    noise: ![...repeated.values()].some((count) => count > 1),
  }
  const parts: readonly BorrowedPart[] = ["mappingDelay", "init", "download", "upload", "noise"]
  return parts.filter((part) => is[part])
}
