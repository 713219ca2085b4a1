import type { CompiledSpace, Estimator } from "../estimation/estimator.ts"
import type { Step } from "../workflow/workflow.ts"
import type { RunView } from "./policy.ts"

/** Compiled spaces of steps as a run goes on. */
export interface CompiledSpaces {
  get(step: Step, view: Pick<RunView, "tasks" | "goal">): CompiledSpace
}

/** More than the steps of one workflow with a few task counts each. */
const CAPACITY = 500

/** Compiles each (step, task count, percentile) once per model version. */
export function compiledSpaces(estimator: Estimator): CompiledSpaces {
  const spaces = new Map<string, CompiledSpace>()
  return {
    get: (step, { tasks: known, goal: { percentile } }) => {
      const tasks = known.get(step.name) ?? estimator.expectedTasks(step.name)
      const key = JSON.stringify([step.name, step.configSpace, tasks, percentile, estimator.modelVersion])
      const found = spaces.get(key)
      if (found !== undefined) return found
      const space = estimator.compile({ step: step.name, space: step.configSpace, tasks, percentile })
      if (spaces.size >= CAPACITY) spaces.delete(spaces.keys().next().value!)
      spaces.set(key, space)
      return space
    },
  }
}
