import type { CompiledSpace, Estimator } from "../estimation/estimator.ts"
import type { ConfigSpace } from "../workflow/config.ts"
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
  // A policy asks for every step at every decision, and the texts of spaces are most of a key.
  const texts = new WeakMap<ConfigSpace, string>()
  const textOf = (space: ConfigSpace): string => {
    const known = texts.get(space)
    if (known !== undefined) return known
    const text = JSON.stringify(space)
    texts.set(space, text)
    return text
  }
  return {
    get: (step, { tasks: known, goal: { percentile } }) => {
      const tasks = known.get(step.name) ?? estimator.expectedTasks(step.name)
      const key = `${step.name} ${tasks} ${percentile} ${textOf(step.configSpace)} ${estimator.modelVersion}`
      const found = spaces.get(key)
      if (found !== undefined) return found
      const space = estimator.compile({ step: step.name, space: step.configSpace, tasks, percentile })
      if (spaces.size >= CAPACITY) spaces.delete(spaces.keys().next().value!)
      spaces.set(key, space)
      return space
    },
  }
}
