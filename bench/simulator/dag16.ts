import { syntheticEstimator } from "../../src/optimization/testing/synthetic-problem.ts"
import { syntheticSpace, type SyntheticLaw } from "../../src/optimization/testing/synthetic-space.ts"
import type { Estimator } from "../../src/estimation/estimator.ts"
import type { Problem } from "../../src/optimization/planner.ts"
import { DEFAULT_LAW, lawFunction } from "../../src/platforms/simulated/law-function.ts"
import type { FunctionBehaviour } from "../../src/platforms/simulated/function-behaviour.ts"
import type { ConfigSpace } from "../../src/workflow/config.ts"
import type { Goal } from "../../src/workflow/goal.ts"
import type { PlatformLimits } from "../../src/workflow/limits.ts"
import type { Step, Workflow } from "../../src/workflow/workflow.ts"

/**
 * The 16 steps of StepConf's evaluation: is-prime of four difficulties over a graph that is not series-parallel (edges
 * are our reading). Every step has ten tasks and gets ten instances.
 */
const EDGES = "0-1 0-2 0-3 1-4 1-5 2-5 2-6 3-7 4-8 5-8 5-9 6-10 7-10 7-11 8-12 9-12 9-13 10-13 11-14 12-15 13-15 14-15"

export const TASKS = 10

/** CPU time of a task by difficulty, ms on one vCPU. */
const DIFFICULTIES = [120, 260, 540, 1100] as const

const SPACE: ConfigSpace = {
  memoryMB: { min: 512, max: 3072, step: 256 },
  instances: { min: TASKS, max: TASKS, step: 1 },
  processes: { min: 1, max: 1, step: 1 },
}

export const GOAL: Goal = { kind: "cost", sloMs: 9_000, percentile: 0.95 }

export const INPUT: readonly number[] = Array.from({ length: TASKS }, (_, i) => i)

export const dag16: Workflow = workflow()

function workflow(): Workflow {
  const names = Array.from({ length: 16 }, (_, i) => `s${i}`)
  const parents = new Map<string, string[]>(names.map((name) => [name, []]))
  for (const edge of EDGES.split(" ")) {
    const [from, to] = edge.split("-")
    parents.get(`s${to}`)!.push(`s${from}`)
  }
  const steps = names.map((name): Step => ({
    name,
    function: name,
    after: parents.get(name)!,
    split: { kind: "each" },
    merge: { kind: "list" },
    configSpace: SPACE,
    retry: [],
    timeoutMs: 60_000,
    tolerance: { kind: "count", count: 0 },
  }))
  const functions = Object.fromEntries(
    names.map((name) => [name, { name, handler: `./${name}.ts`, threads: "single" as const }]),
  )
  return { name: "dag16", functions, steps }
}

function taskMs(step: string): number {
  return DIFFICULTIES[(Number(step.slice(1)) * 7) % DIFFICULTIES.length]!
}

/** Is-prime on the simulated platform: CPU work, and a small file each way. */
export function primes(functionName: string, mbPerVcpu: number): FunctionBehaviour {
  const transfers = { objectsPerTask: 1, downloadBytesPerTask: 200_000, uploadBytesPerTask: 50_000 }
  return lawFunction({ ...DEFAULT_LAW, fixedMs: 5, taskMs: taskMs(functionName), ...transfers }, { mbPerVcpu })
}

/** What an estimator would know of it: the same laws without their chance. */
export function knownLaws(limits: PlatformLimits): { readonly problem: Problem; readonly estimator: Estimator } {
  const law = (step: string): Partial<SyntheticLaw> => ({
    tasks: TASKS,
    workMs: taskMs(step),
    fixedMs: 5,
    transferMs: 40,
    mappingMs: 20,
    mappingPerInstanceMs: 0,
    coldMs: 250,
  })
  const spaces = new Map(
    dag16.steps.map((step) => [step.name, syntheticSpace(step.name, step.configSpace, law(step.name))]),
  )
  const problem: Problem = { workflow: dag16, goal: GOAL, spaces, limits }
  return { problem, estimator: syntheticEstimator(problem, law) }
}
