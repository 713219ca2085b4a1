import type { CompiledParts, CompiledSpace } from "../../estimation/estimator.ts"
import type { SpaceDraws } from "../../estimation/space-draws.ts"
import { TrimtabError } from "../../base/errors.ts"
import type { PlatformLimits } from "../../workflow/limits.ts"
import { type FrontierCache, frontierCache } from "../frontier-cache.ts"
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
  const cache = frontiersFor(problem.limits)
  const present = stepChoices(problem, cache)
  const steps = present.graph.names.map((name) => checked(name, draws.get(name)))
  const count = steps[0]?.logFactors.length ?? 0
  if (count === 0 || steps.some(({ logFactors }) => logFactors.length !== count))
    throw new TrimtabError(
      "invalid-data",
      "every step needs as many draws of its times as the others, and at least one",
    )
  const drawn = Array.from({ length: count }, (_, b) => {
    const own = new Map(present.graph.names.map((name, i) => [name, drawnSpaces(steps[i]!)[b]!]))
    return stepChoices({ ...problem, spaces: own }, cache)
  })
  return { present, draws: drawn, steps }
}

/** Frontiers and spaces are kept as long as what they come from: most functions were not measured again. */
const frontiers = new WeakMap<PlatformLimits, FrontierCache>()
const spaces = new WeakMap<SpaceDraws, readonly CompiledSpace[]>()

function frontiersFor(limits: PlatformLimits): FrontierCache {
  const cache = frontiers.get(limits) ?? frontierCache()
  frontiers.set(limits, cache)
  return cache
}

function drawnSpaces(draws: SpaceDraws): readonly CompiledSpace[] {
  const made = spaces.get(draws) ?? draws.logFactors.map((_, b) => drawnSpace(draws, b))
  spaces.set(draws, made)
  return made
}

/** The space of a step in one draw: its times of computing multiplied, everything else as it is. */
function drawnSpace({ known, logFactors }: SpaceDraws, draw: number): CompiledSpace {
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
