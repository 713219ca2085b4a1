/**
 * Whether what functions are given to do has changed: how long they take at their sizes, beside their curves.
 *
 * D1. Per step the mean of ln(time / curve) in the newest window against that of the windows the present plan rests on.
 *     Changed where they differ by more than 8 % and by more than Z standard errors, which count the spread of
 *     invocations and 3 % between windows (a platform's own moods; few instances serve one window). Z = 4.5: with ten steps a false alarm comes once in
 *     14,000 windows.
 * D2. Per step the share of runs that have it, by the same Z (two binomials) and more than a tenth.
 * D3. A step that was never seen before, at once.
 */
import { varianceOf } from "./moments.ts"
import type { StepSums } from "./step-sums.ts"

export type Change =
  | { readonly kind: "content"; readonly step: string; readonly factor: number }
  | { readonly kind: "structure"; readonly step: string; readonly probability: number; readonly before: number }
  | { readonly kind: "new-step"; readonly step: string }
  /** Its curve was wrong from the old size to the new one (curve-correction.ts). */
  | { readonly kind: "curve"; readonly step: string; readonly factor: number }

const Z = 4.5
const LEAST_LOG = Math.log(1.08)
/** Sd of ln between windows of the same content. */
export const BETWEEN_WINDOWS = 0.03
const LEAST_PROBABILITY = 0.1

/** Changes of the newest window against the reference, by step. Steps with too little to tell are silent. */
export function changesOf(
  newest: ReadonlyMap<string, StepSums>,
  reference: ReadonlyMap<string, StepSums>,
): readonly Change[] {
  const names = new Set([...newest.keys(), ...reference.keys()])
  const runs = Math.max(0, ...[...newest.values()].map((sums) => sums.runs))
  return [...names].flatMap((step): readonly Change[] => {
    const before = reference.get(step)
    const now = newest.get(step)
    if (before === undefined) return [{ kind: "new-step", step }]
    return [
      ...structureChange(step, { now, before, runs }),
      ...(now === undefined ? [] : contentChange(step, now, before)),
    ]
  })
}

function structureChange(
  step: string,
  { now, before, runs }: { readonly now: StepSums | undefined; readonly before: StepSums; readonly runs: number },
): readonly Change[] {
  if (runs === 0 || before.runs === 0) return []
  const [p, q] = [(now?.runsWithIt ?? 0) / runs, before.runsWithIt / before.runs]
  const pooled = ((now?.runsWithIt ?? 0) + before.runsWithIt) / (runs + before.runs)
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / runs + 1 / before.runs))
  if (Math.abs(p - q) <= Math.max(LEAST_PROBABILITY, Z * error)) return []
  return [{ kind: "structure", step, probability: p, before: q }]
}

function contentChange(step: string, now: StepSums, before: StepSums): readonly Change[] {
  const [a, b] = [now.logRatio, before.logRatio]
  if (a.count < 2 || b.count < 2) return []
  const log = a.mean - b.mean
  const error = Math.sqrt(varianceOf(a) / a.count + varianceOf(b) / b.count + BETWEEN_WINDOWS ** 2)
  if (Math.abs(log) <= Math.max(LEAST_LOG, Z * error)) return []
  return [{ kind: "content", step, factor: Math.exp(log) }]
}
