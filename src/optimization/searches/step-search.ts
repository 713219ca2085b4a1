import type { Random } from "../../base/random.ts"
import { constrainedImprovement, expectedImprovement } from "./expected-improvement.ts"
import type { StepOptions } from "./search-space.ts"
import { type Surrogate, surrogateFitter } from "./surrogate.ts"

/** What one option of a step has shown. */
export interface StepSides {
  readonly option: number
  readonly objective: number
  readonly constraint: number
}

/** Bayesian search in the options of one step. */
export interface StepSearch {
  /** The option to try next for the least constraint, by expected improvement. */
  cheapestNext(): number
  /** The option to try next for the least objective within an allowance of the constraint. */
  fastestNext(allowance: number): number
  tell(option: number, sides: { readonly objective: number; readonly constraint: number }): void
  /** Of the constraints seen at different options; the smallest when there is one. */
  secondSmallest(): number
  /** The least objective seen within the allowance, else the least constraint; null before anything was told. */
  bestWithin(allowance: number): StepSides | null
}

/** Options drawn at random before the first model. */
const INITIAL = 3
/** Options that are scored; of a larger space as many at random. */
const GRID = 512
/** One or two inputs: a short fit of the kernel is enough. */
const FIT = { steps: 20, starts: 1 }

/** Models are of logarithms of ratios to the first observation; an option measured again counts with its last figures. */
export function stepSearch(step: StepOptions, random: Random): StepSearch {
  const seen = new Map<number, StepSides>()
  const fitters = { objective: surrogateFitter({ random, ...FIT }), constraint: surrogateFitter({ random, ...FIT }) }
  let first: { readonly objective: number; readonly constraint: number } | null = null
  const surrogate = (side: "objective" | "constraint"): Surrogate => {
    const all = [...seen.values()]
    return fitters[side].fit({
      inputs: all.map(({ option }) => step.inputs[option]!),
      targets: all.map((sides) => Math.log(sides[side] / first![side])),
    })
  }
  const smallest = (): StepSides[] => [...seen.values()].sort((a, b) => a.constraint - b.constraint)
  const bestWithin = (allowance: number): StepSides | null => {
    const within = [...seen.values()].filter((sides) => sides.constraint <= allowance)
    if (within.length === 0) return smallest()[0] ?? null
    return within.reduce((best, sides) => (sides.objective < best.objective ? sides : best))
  }
  return {
    bestWithin,
    cheapestNext: () => {
      if (seen.size < INITIAL) return unseen(step, seen, random)
      const model = surrogate("constraint")
      const incumbent = Math.log(smallest()[0]!.constraint / first!.constraint)
      return mostPromising({ step, seen, random }, (inputs) => expectedImprovement(model.predict(inputs), incumbent))
    },
    fastestNext: (allowance) => {
      const models = { objective: surrogate("objective"), constraint: surrogate("constraint") }
      const best = bestWithin(allowance)!
      const incumbent = best.constraint <= allowance ? Math.log(best.objective / first!.objective) : null
      const bound = Math.log(allowance / first!.constraint)
      return mostPromising({ step, seen, random }, (inputs) =>
        constrainedImprovement(
          { objective: models.objective.predict(inputs), constraint: models.constraint.predict(inputs) },
          { incumbent, bound },
        ),
      )
    },
    tell: (option, sides) => {
      first ??= sides
      seen.set(option, { option, ...sides })
    },
    secondSmallest: () => {
      const sorted = smallest()
      return (sorted[1] ?? sorted[0]!).constraint
    },
  }
}

interface Open {
  readonly step: StepOptions
  readonly seen: ReadonlyMap<number, StepSides>
  readonly random: Random
}

/** A random option that was not tried, or any when all were. */
function unseen({ configs }: StepOptions, seen: ReadonlyMap<number, StepSides>, random: Random): number {
  const open = configs.flatMap((_, option) => (seen.has(option) ? [] : [option]))
  if (open.length === 0) return Math.floor(random.next() * configs.length)
  return open[Math.floor(random.next() * open.length)]!
}

function mostPromising({ step, seen, random }: Open, score: (inputs: readonly number[]) => number): number {
  const count = step.configs.length
  const grid =
    count <= GRID ? [...step.configs.keys()] : Array.from({ length: GRID }, () => Math.floor(random.next() * count))
  let best: number | null = null
  let highest = -Infinity
  for (const option of grid) {
    if (seen.has(option)) continue
    const value = score(step.inputs[option]!)
    if (value <= highest) continue
    highest = value
    best = option
  }
  return best ?? unseen(step, seen, random)
}
