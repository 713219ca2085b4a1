import type { CompiledParts, CompiledSpace } from "../../estimation/estimator.ts"
import type { Workflow } from "../../workflow/workflow.ts"
import type { Problem } from "../planner.ts"
import { countMoments } from "./counts.ts"
import { type KnownOutcomes, type StepUnfolding, unfold } from "./unfolding.ts"

/**
 * A problem with branches and loops as one without, in expectation, for planners that know neither: a step costs what
 * it costs times the chance that it runs, a conditional step keeps its full time, and a loop takes the sum of its
 * expected executions, of which the first one starts cold. The problem itself where every step runs once.
 */
export function expectedProblem(problem: Problem, known: KnownOutcomes = {}): Problem {
  const unfoldings = unfold(problem.workflow, known)
  if (unfoldings.every(runsOnce)) return problem
  const spaces = new Map(problem.spaces)
  for (const [i, { name }] of problem.workflow.steps.entries()) {
    const space = problem.spaces.get(name)
    const unfolding = unfoldings[i]!
    if (space !== undefined && !runsOnce(unfolding)) spaces.set(name, expectedSpace(space, unfolding))
  }
  return { ...problem, spaces }
}

/** Which conditional steps a run has decided about already, by step: true for those that run. */
export type Decided = ReadonlyMap<string, boolean>

const unfolded = new WeakMap<Workflow, Map<string, ReadonlyMap<string, StepUnfolding>>>()
const expected = new WeakMap<CompiledSpace, Map<number, CompiledSpace>>()

/** The space of a step that has not begun, in expectation; the same object for the same space and chance. */
export function expectedSpaceOf(workflow: Workflow, decided: Decided, space: CompiledSpace): CompiledSpace {
  const unfolding = unfoldingsOf(workflow, decided).get(space.step)
  if (unfolding === undefined || runsOnce(unfolding)) return space
  const known = expected.get(space) ?? new Map<number, CompiledSpace>()
  expected.set(space, known)
  const found = known.get(unfolding.probability) ?? expectedSpace(space, unfolding)
  known.set(unfolding.probability, found)
  return found
}

function unfoldingsOf(workflow: Workflow, decided: Decided): ReadonlyMap<string, StepUnfolding> {
  const known = unfolded.get(workflow) ?? new Map<string, ReadonlyMap<string, StepUnfolding>>()
  unfolded.set(workflow, known)
  const key = [...decided].join(" ")
  const probabilityOf = (step: string): number | undefined => {
    const runs = decided.get(step)
    return runs === undefined ? undefined : Number(runs)
  }
  const found =
    known.get(key) ??
    new Map(unfold(workflow, { probabilityOf }).map((unfolding, i) => [workflow.steps[i]!.name, unfolding]))
  known.set(key, found)
  return found
}

function runsOnce({ probability, loop }: StepUnfolding): boolean {
  return probability === 1 && loop.counts.every((count) => count === 1)
}

/** A step that never runs still has a cheapest configuration. */
const LEAST_CHANCE = 1e-6

/** The space of all executions of a step together. Spreads of independent executions add up like their roots. */
function expectedSpace(space: CompiledSpace, { probability, loop }: StepUnfolding): CompiledSpace {
  const { mean: times } = countMoments(loop)
  const median = repeated(space.median, space, times)
  const root = Math.sqrt(times)
  const spread = (part: "downloadMs" | "computeMs" | "uploadMs"): Float64Array =>
    median[part].map((ms, i) => ms + root * (space[part][i]! - space.median[part][i]!))
  return {
    ...space,
    mappingDelayMs: spreadOfStarts(space, median.mappingDelayMs, times),
    downloadMs: spread("downloadMs"),
    computeMs: spread("computeMs"),
    uploadMs: spread("uploadMs"),
    median,
    mean: repeated(space.mean, space, times),
    usdPerGbSecond: Math.max(LEAST_CHANCE, probability) * space.usdPerGbSecond,
    usdPerRequest: Math.max(LEAST_CHANCE, probability) * times * space.usdPerRequest,
  }
}

/** Sums of executions; the later ones start warm. */
function repeated(parts: CompiledParts, space: CompiledSpace, times: number): CompiledParts {
  const scaled = (values: Float64Array): Float64Array => values.map((ms) => times * ms)
  return {
    mappingDelayMs: parts.mappingDelayMs.map((ms, at) => ms + (times - 1) * parts.mappingDelayMs[warmAt(space, at)]!),
    downloadMs: scaled(parts.downloadMs),
    computeMs: scaled(parts.computeMs),
    uploadMs: scaled(parts.uploadMs),
  }
}

function spreadOfStarts(space: CompiledSpace, median: Float64Array, times: number): Float64Array {
  const beyond = (at: number): number => space.mappingDelayMs[at]! - space.median.mappingDelayMs[at]!
  return median.map((ms, at) => {
    const [first, later] = [beyond(at), beyond(warmAt(space, at))]
    const squares = first * Math.abs(first) + (times - 1) * later * Math.abs(later)
    return ms + Math.sign(squares) * Math.sqrt(Math.abs(squares))
  })
}

/** Entry of the same count of instances with none of them cold. */
function warmAt({ instances }: CompiledSpace, at: number): number {
  return at - (at % (instances.at(-1)! + 1))
}
