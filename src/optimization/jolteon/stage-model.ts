import type { Random } from "../../base/random.ts"
import { choleskyFactor } from "../../statistics/cholesky.ts"
import { solveSymmetric } from "../../statistics/linear-solve.ts"
import { normalQuantile } from "../../statistics/normal.ts"
import { dot } from "../../statistics/dot.ts"

/** d instances of k vCPUs each. */
export interface StagePoint {
  readonly d: number
  readonly k: number
}

/** What one profiled run of a stage took, in any unit of time. */
export interface StageObservation extends StagePoint {
  readonly cold: number
  readonly read: number
  readonly compute: number
  readonly write: number
}

/** A phase as a function of x = d or x = k d: estimates of its parameters and the factor of their covariance. */
export interface PhaseModel {
  readonly regressor: "d" | "kd"
  readonly kind: "transfer" | "compute"
  readonly theta: Float64Array
  /** Lower Cholesky factor of the least-squares covariance. */
  readonly factor: Float64Array
  /** Sd of the residuals: what runs scatter beyond the parameters; a share of the time where they are relative. */
  readonly residualSd: number
  readonly residuals: Residuals
}

/** What least squares makes small: differences in time, as published, or their shares of the observed time. */
export type Residuals = "absolute" | "relative"

export interface StageModel {
  readonly phases: readonly PhaseModel[]
  /** Observed start delays. */
  readonly cold: readonly number[]
}

/** Read and write a/x + b; compute a/x + b ln(x)/x + c/x^2 + e (Jolteon, NSDI 2024, section 4.1). */
function columns(kind: PhaseModel["kind"], x: number): number[] {
  return kind === "transfer" ? [1 / x, 1] : [1 / x, Math.log(x) / x, 1 / (x * x), 1]
}

/** Least squares of the three phases, each on the regressor that leaves less. */
export function fitStage(observations: readonly StageObservation[], residuals: Residuals = "absolute"): StageModel {
  const phase = (kind: PhaseModel["kind"], of: (at: StageObservation) => number): PhaseModel => {
    const [byD, byKd] = (["d", "kd"] as const).map((regressor) =>
      fitPhase(observations, { kind, regressor, of, residuals }),
    )
    return byD!.residualSd < byKd!.residualSd ? byD! : byKd!
  }
  return {
    phases: [
      phase("transfer", (at) => at.read),
      phase("compute", (at) => at.compute),
      phase("transfer", (at) => at.write),
    ],
    cold: observations.map((at) => at.cold),
  }
}

/** Shorter times count as this long in relative residuals. */
const LEAST_MS = 1e-9
/** Ridge on the normal equations, relative: designs with few counts of instances do not tell four columns apart. */
const RIDGE = 1e-9

function fitPhase(
  observations: readonly StageObservation[],
  {
    kind,
    regressor,
    of,
    residuals: scale,
  }: {
    readonly kind: PhaseModel["kind"]
    readonly regressor: PhaseModel["regressor"]
    readonly of: (at: StageObservation) => number
    readonly residuals: Residuals
  },
): PhaseModel {
  const weights = observations.map((at) => (scale === "absolute" ? 1 : 1 / Math.max(of(at), LEAST_MS)))
  const rows = observations.map((at, n) => columns(kind, regressorOf(regressor, at)).map((x) => x * weights[n]!))
  const size = rows[0]!.length
  const gram = new Float64Array(size * size)
  const right = new Float64Array(size)
  for (const [n, row] of rows.entries())
    for (let i = 0; i < size; i++) {
      right[i]! += row[i]! * weights[n]! * of(observations[n]!)
      for (let j = 0; j < size; j++) gram[i * size + j]! += row[i]! * row[j]!
    }
  const theta = solveSymmetric(gram, right, RIDGE) ?? new Float64Array(size)
  const missed = rows.map((row, n) => weights[n]! * of(observations[n]!) - dot(row, theta))
  const degrees = Math.max(1, rows.length - size)
  const variance = missed.reduce((sum, r) => sum + r * r, 0) / degrees
  const factor = covarianceFactor(gram, size, variance)
  return { regressor, kind, theta, factor, residualSd: Math.sqrt(variance), residuals: scale }
}

/** Cholesky factor of variance * (X'X)^-1; zeros where it is singular. */
function covarianceFactor(gram: Float64Array, size: number, variance: number): Float64Array {
  const covariance = new Float64Array(size * size)
  for (let j = 0; j < size; j++) {
    const unit = new Float64Array(size)
    unit[j] = 1
    const column = solveSymmetric(gram, unit, RIDGE)
    if (column === null) return covariance
    for (let i = 0; i < size; i++) covariance[i * size + j] = variance * column[i]!
  }
  return choleskyFactor(covariance, size, RIDGE) ?? new Float64Array(size * size)
}

function regressorOf(regressor: PhaseModel["regressor"], { d, k }: StagePoint): number {
  return regressor === "d" ? d : k * d
}

/** One scenario of a stage: parameters drawn, a start delay, and the noise of its phases: a factor and a term. */
export interface StageScenario {
  readonly thetas: readonly Float64Array[]
  readonly cold: number
  readonly noise: readonly { readonly factor: number; readonly ms: number }[]
}

export function drawScenario(
  model: StageModel,
  random: Random,
  noise: "parameters" | "parameters and residuals",
): StageScenario {
  const normal = (): number => normalQuantile(0.5 / 2 ** 52 + random.next())
  const thetas = model.phases.map(({ theta, factor }) => {
    const z = Float64Array.from(theta, normal)
    return theta.map((value, i) => {
      let sum = value
      for (let j = 0; j <= i; j++) sum += factor[i * theta.length + j]! * z[j]!
      return sum
    })
  })
  const cold = model.cold[Math.floor(random.next() * model.cold.length)]!
  const deviations = model.phases.map(({ residualSd }) => (noise === "parameters" ? 0 : residualSd * normal()))
  return {
    thetas,
    cold,
    noise: model.phases.map(({ residuals }, i) =>
      residuals === "relative" ? { factor: 1 + deviations[i]!, ms: 0 } : { factor: 1, ms: deviations[i]! },
    ),
  }
}

/** By phase what its parameters are multiplied with at a point: the same in all scenarios. */
export type PhaseColumns = readonly (readonly number[])[]

export function columnsAt(model: StageModel, at: StagePoint): PhaseColumns {
  return model.phases.map(({ kind, regressor }) => columns(kind, regressorOf(regressor, at)))
}

/** Time of the three phases of a stage in a scenario, start delay left out; no phase takes less than nothing. */
export function phasesTime(phases: PhaseColumns, { thetas, noise }: StageScenario): number {
  let time = 0
  for (let i = 0; i < phases.length; i++)
    time += Math.max(0, dot(phases[i]!, thetas[i]!) * noise[i]!.factor + noise[i]!.ms)
  return time
}
