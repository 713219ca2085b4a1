import type { CompiledParts, CompiledSpace } from "../../estimation/estimator.ts"
import type { SpaceDraws } from "../../estimation/space-draws.ts"
import { TrimtabError } from "../../base/errors.ts"
import { frontierCache } from "../frontier-cache.ts"
import type { Problem } from "../planner.ts"
import { type StepChoices, stepChoices } from "../step-choices.ts"

/** A workflow as it is estimated, and as it would be in each draw of what is not known. */
export interface DrawnWorkflow {
  readonly present: StepChoices
  /** [draw] */
  readonly draws: readonly StepChoices[]
  /** By step index: what the draws are made of. */
  readonly steps: readonly SpaceDraws[]
}

/**
 * The frontiers of every step in every draw. `draws` holds the steps' draws on the very axes of `problem.spaces`
 * (thinned-space.ts), all as many.
 * @throws TrimtabError `goal-unreachable` when a step has no configuration that can run, `invalid-data` for factors that
 *   are no numbers or draws that are missing.
 */
export function drawnWorkflow(problem: Problem, draws: ReadonlyMap<string, SpaceDraws>): DrawnWorkflow {
  const cache = frontierCache()
  const present = stepChoices(problem, cache)
  const steps = present.graph.names.map((name) => checked(name, draws.get(name)))
  const count = steps[0]?.logFactors.length ?? 0
  if (count === 0 || steps.some(({ logFactors }) => logFactors.length !== count))
    throw new TrimtabError("invalid-data", "every step needs as many draws of its times as the others, and at least one")
  const drawn = Array.from({ length: count }, (_, b) => {
    const spaces = new Map(present.graph.names.map((name, i) => [name, drawnSpace(steps[i]!, b)]))
    return stepChoices({ ...problem, spaces }, cache)
  })
  return { present, draws: drawn, steps }
}

/** The space of a step in one draw: its times of computing multiplied, everything else as it is. */
export function drawnSpace({ known, logFactors }: SpaceDraws, draw: number): CompiledSpace {
  const factors = logFactors[draw]!.map(Math.exp)
  const times = (from: Float64Array): Float64Array => from.map((ms, at) => ms * factors[at]!)
  const parts = (from: CompiledParts): CompiledParts => ({ ...from, computeMs: times(from.computeMs) })
  return { ...known, computeMs: times(known.computeMs), median: parts(known.median), mean: parts(known.mean) }
}

function checked(step: string, draws: SpaceDraws | undefined): SpaceDraws {
  const isComplete = draws?.logFactors.every(
    (factors) => factors.length === draws.known.computeMs.length && factors.every(Number.isFinite),
  )
  if (draws !== undefined && isComplete === true) return draws
  throw new TrimtabError("invalid-data", `step ${step}: its draws are not all numbers for its whole space`, {
    where: step,
    fix: "measure the step again, or remove what was recorded wrongly from its profile",
  })
}
