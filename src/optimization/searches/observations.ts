import { type Sample, sidesOf, type Target } from "../search.ts"
import { encode } from "./candidates.ts"
import type { StepOptions } from "./search-space.ts"

/** A measured selection as models take it. */
export interface Observed {
  readonly selection: Int32Array
  readonly inputs: readonly number[]
  /** Logarithms of the ratios to the first observation: the same in every unit. */
  readonly objective: number
  readonly constraint: number
}

export interface Observations {
  readonly all: readonly Observed[]
  tell(samples: readonly Sample[]): void
  /** The target's bound on the scale of `constraint`; 0 before the first observation. */
  bound(): number
}

/** Collects samples of whole workflows on one logarithmic scale. */
export function observations(steps: readonly StepOptions[], target: Target): Observations {
  const all: Observed[] = []
  let first: { readonly objective: number; readonly constraint: number } | null = null
  return {
    all,
    tell: (samples) => {
      for (const sample of samples) {
        const sides = sidesOf(target, sample)
        first ??= sides
        all.push({
          selection: sample.selection,
          inputs: encode(steps, sample.selection),
          objective: Math.log(sides.objective / first.objective),
          constraint: Math.log(sides.constraint / first.constraint),
        })
      }
    },
    bound: () => (first === null ? 0 : Math.log(target.bound / first.constraint)),
  }
}

/** The observation of least objective that keeps the bound, both as `value` says: as measured where absent. */
export function leastFeasible(
  observed: readonly Observed[],
  { bound, value = (at) => at }: { readonly bound: number; readonly value?: (at: Observed) => Observed },
): Observed | null {
  let best: Observed | null = null
  for (const at of observed) {
    const valued = value(at)
    if (valued.constraint > bound + 1e-9) continue
    if (best === null || valued.objective < best.objective) best = valued
  }
  return best
}
