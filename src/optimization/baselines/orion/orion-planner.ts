import type { CompiledSpace } from "../../../estimation/estimator.ts"
import { type BaselinePlanner, baselinePlanner } from "../baseline-planner.ts"
import { everyMultiple, type FixedCounts, type Knobs, only } from "../knobs.ts"
import { rightSize } from "./right-sizing.ts"
import { type BundledSizes, bundledSizes, type LawOf } from "./step-laws.ts"

/** Orion's move: one step this much larger. */
const MOVE_MB = 64

/** Workers of one bundle. */
const BUNDLES: readonly number[] = [1, 2, 4, 8]

export interface OrionOptions extends Pick<FixedCounts, "fixedInstances"> {
  /** Lognormal through median and percentile of the compiled space where absent. */
  readonly lawOf?: LawOf
}

export function orionKnobs({ fixedInstances = 1 }: Pick<FixedCounts, "fixedInstances"> = {}): Knobs {
  return {
    memoryMB: everyMultiple(MOVE_MB),
    instances: only(fixedInstances),
    processes: (values) => {
      const kept = values.filter((value) => BUNDLES.includes(value))
      return kept.length > 0 ? kept : values.slice(0, 1)
    },
  }
}

/**
 * Orion (OSDI 2022) before a run: memory and processes for the goal's percentile of the whole workflow, from the
 * distributions of its steps. Right-sizing in right-sizing.ts, bundling in step-laws.ts, prewarming in
 * prewarm-delays.ts. Steps are independent; the released code sizes greedily where the paper searches best-first.
 */
export function orionPlanner(options: OrionOptions = {}): BaselinePlanner {
  const known = new WeakMap<CompiledSpace, BundledSizes>()
  return baselinePlanner({
    name: "orion",
    knobs: orionKnobs(options),
    choose: ({ graph, problem, frontiers }, deadlineMs, { shouldStop }) => {
      const steps = frontiers.map(({ space }) => {
        const found = known.get(space) ?? bundledSizes(space, problem.limits, options.lawOf)
        known.set(space, found)
        return found
      })
      const { percentile } = problem.goal
      const sizes = rightSize({ graph, steps, percentile, deadlineMs: deadlineMs * (1 + 1e-9), shouldStop })
      return Object.fromEntries(steps.map(({ configs }, i) => [graph.names[i]!, configs[sizes[i]!]!]))
    },
  })
}
