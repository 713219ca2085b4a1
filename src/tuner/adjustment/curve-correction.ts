/**
 * Curves are from profiles, and wrong somewhere. When a step changes its size and its content stays, the ratio of its times
 * to its curve must stay too; where it does not the curve was wrong, and that is learned: a factor at the old size and at
 * the new one, between them as a power of the size, outside of them constant.
 */
import { BETWEEN_WINDOWS, type Change } from "./content-change.ts"
import { type Moments, varianceOf } from "./moments.ts"
import type { SizeCurve } from "./size-curve.ts"
import type { StepSums } from "./step-sums.ts"
import type { TunerState } from "./tuner-state.ts"

/** Corrections of one curve: sizes, ascending, with the logs of their factors. */
export type Correction = readonly (readonly [memoryMB: number, log: number])[]

/** Smaller errors are those of measuring, and more than so many standard errors are none of chance. */
const LEAST_LOG = Math.log(1.03)
const Z = 3

/** Errors from which on the plan itself is doubtful. */
const MATERIAL_LOG = Math.log(1.1)

/** Invocations at the new size that tell. */
const LEAST_COUNT = 10

/** Points that are kept of a curve, the newest. */
const MOST_POINTS = 12

export function correctedCurves(
  curves: ReadonlyMap<string, SizeCurve>,
  corrections: TunerState["corrections"],
): ReadonlyMap<string, SizeCurve> {
  return new Map(
    [...curves].map(([step, curve]) => {
      const correction = corrections[step]
      if (correction === undefined || correction.length === 0) return [step, curve]
      const ms = curve.memoryMB.map((memoryMB, i) => curve.ms[i]! * Math.exp(correctionAt(correction, memoryMB)))
      return [step, { memoryMB: curve.memoryMB, ms: Float64Array.from(ms) }]
    }),
  )
}

export function correctionAt(correction: Correction, memoryMB: number): number {
  const above = correction.findIndex(([size]) => size >= memoryMB)
  if (above < 0) return correction.at(-1)?.[1] ?? 0
  const [size, log] = correction[above]!
  if (above === 0 || size === memoryMB) return log
  const [below, from] = correction[above - 1]!
  return from + (log - from) * (Math.log(memoryMB / below) / Math.log(size / below))
}

export interface LearnedCorrections {
  readonly corrections: TunerState["corrections"]
  readonly steps: readonly string[]
  /** Steps whose curve was off by a tenth and more: what was planned with it is doubtful. */
  readonly material: readonly Extract<Change, { kind: "curve" }>[]
}

/** What the first window at new sizes tells; null where it tells nothing new. */
export function learnedCorrections(
  state: TunerState,
  newest: ReadonlyMap<string, StepSums>,
): LearnedCorrections | null {
  const learned = Object.entries(state.pending).flatMap(([step, { ratio: before, fromMB }]) => {
    const now = newest.get(step)?.logRatio
    const toMB = state.configs[step]?.memoryMB
    if (now === undefined || toMB === undefined || now.count < LEAST_COUNT || before.count < LEAST_COUNT) return []
    const log = now.mean - before.mean
    const error = Math.sqrt(errorOf(now) + errorOf(before) + BETWEEN_WINDOWS ** 2)
    return Math.abs(log) <= Math.max(LEAST_LOG, Z * error) ? [] : [{ step, fromMB, toMB, log }]
  })
  if (learned.length === 0) return null
  const corrections = { ...state.corrections }
  for (const { step, fromMB, toMB, log } of learned) {
    const known = corrections[step] ?? []
    const anchored = withPoint(known, fromMB, correctionAt(known, fromMB))
    corrections[step] = withPoint(anchored, toMB, correctionAt(known, toMB) + log)
  }
  const material = learned
    .filter(({ log }) => Math.abs(log) > MATERIAL_LOG)
    .map(({ step, log }) => ({ kind: "curve" as const, step, factor: Math.exp(log) }))
  return { corrections, steps: learned.map(({ step }) => step), material }
}

function errorOf(moments: Moments): number {
  return varianceOf(moments) / moments.count
}

function withPoint(correction: Correction, memoryMB: number, log: number): Correction {
  const others = correction.filter(([size]) => size !== memoryMB).slice(-MOST_POINTS)
  return [...others, [memoryMB, log] as const].toSorted(([a], [b]) => a - b)
}
