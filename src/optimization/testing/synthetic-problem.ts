import type { CompiledSpace, Estimator } from "../../estimation/estimator.ts"
import type { Random } from "../../base/random.ts"
import { type ConfigSpace, DEFAULT_CONFIG_SPACE } from "../../workflow/config.ts"
import type { PlatformLimits } from "../../workflow/limits.ts"
import type { Step, Workflow } from "../../workflow/workflow.ts"
import { topologicalSort } from "../../workflow/graph.ts"
import type { Problem } from "../planner.ts"
import type { RunView } from "../policy.ts"
import { type SyntheticLaw, syntheticSpace } from "./synthetic-space.ts"

/** AWS Lambda's limits as far as planners see them. */
export const LAMBDA_LIMITS: PlatformLimits = {
  memoryMB: { min: 128, max: 10_240, step: 1 },
  mbPerVcpu: 1769,
  vcpuTotal: null,
  timeoutMs: 900_000,
  payloadBytes: { sync: 6e6, async: 1e6 },
  concurrency: { account: 1000, keepFree: 100 },
  startsPer10s: 1000,
  initTimeoutMs: 10_000,
  publishMsPerVariant: 1000,
}

/** A small space: 5 sizes x 4 instances x 2 processes. */
export const SMALL_SPACE: ConfigSpace = {
  memoryMB: { min: 512, max: 2560, step: 512 },
  instances: { min: 1, max: 4, step: 1 },
  processes: { min: 1, max: 2, step: 1 },
}

/** A workflow from its edges: `workflowOf(["a", "b"], [["a", "b"]])`; one function per step. */
export function workflowOf(
  names: readonly string[],
  edges: readonly (readonly [string, string])[],
  configSpace: ConfigSpace = DEFAULT_CONFIG_SPACE,
): Workflow {
  const steps: Step[] = names.map((name) => ({
    name,
    function: name,
    after: edges.filter(([, to]) => to === name).map(([from]) => from),
    split: { kind: "each" },
    merge: { kind: "list" },
    configSpace,
    retry: [],
    timeoutMs: 900_000,
    tolerance: { kind: "count", count: 0 },
  }))
  const sorted = topologicalSort(steps)
  if (sorted.kind === "cycle") throw new Error(`cycle ${sorted.path.join(" ")}`)
  const functions = Object.fromEntries(
    names.map((name) => [name, { name, handler: `./${name}.ts`, threads: "single" as const }]),
  )
  return { name: "synthetic", functions, steps: sorted.steps }
}

/** The video pipeline: 0-1, 1-2, 1-3, 2-4, 3-4, 4-5, 5-6, 6-7. */
export function videoWorkflow(configSpace: ConfigSpace = SMALL_SPACE): Workflow {
  const edges = ["0 1", "1 2", "1 3", "2 4", "3 4", "4 5", "5 6", "6 7"].map((edge): [string, string] => {
    const [from, to] = edge.split(" ")
    return [from!, to!]
  })
  return workflowOf(["0", "1", "2", "3", "4", "5", "6", "7"], edges, configSpace)
}

export interface ProblemOptions {
  readonly sloMs?: number
  readonly limits?: PlatformLimits
  readonly law?: (step: string) => Partial<SyntheticLaw>
}

/** A problem on synthetic laws; the space is the one of each step. */
export function problemOf(workflow: Workflow, options: ProblemOptions = {}): Problem {
  const spaces = new Map(
    workflow.steps.map((step) => [step.name, syntheticSpace(step.name, step.configSpace, options.law?.(step.name))]),
  )
  return {
    workflow,
    goal: { kind: "cost", sloMs: options.sloMs ?? 10_000, percentile: 0.95 },
    spaces,
    limits: options.limits ?? LAMBDA_LIMITS,
  }
}

/** A law with everything drawn at random. */
export function randomLaw(random: Random): Partial<SyntheticLaw> {
  const between = (low: number, high: number): number => low * (high / low) ** random.next()
  return {
    tasks: Math.round(between(1, 40)),
    workMs: between(20, 2000),
    fixedMs: between(5, 300),
    transferMs: between(1, 100),
    mappingMs: between(5, 50),
    mappingPerInstanceMs: between(0.1, 10),
    coldMs: between(50, 500),
  }
}

/** A DAG of `count` steps where an edge i < j exists with the given probability. */
export function randomWorkflow(random: Random, count: number, configSpace: ConfigSpace = SMALL_SPACE): Workflow {
  const names = Array.from({ length: count }, (_, i) => `s${i}`)
  const edges: [string, string][] = []
  for (let to = 1; to < count; to++)
    for (let from = 0; from < to; from++) if (random.next() < 0.4) edges.push([names[from]!, names[to]!])
  return workflowOf(names, edges, configSpace)
}

/** An estimator on the laws of a problem. It answers only by `compile`, for the task counts of the laws. */
export function syntheticEstimator(
  problem: Problem,
  law: (step: string) => Partial<SyntheticLaw> = () => ({}),
  onCompile: (step: string) => void = () => {},
): Estimator {
  const spaceOf = (step: string): CompiledSpace => problem.spaces.get(step)!
  return {
    modelVersion: "synthetic",
    steps: [...problem.spaces.keys()],
    estimate: () => {
      throw new Error("the synthetic estimator only compiles")
    },
    compile: ({ step, space, tasks }) => {
      onCompile(step)
      return syntheticSpace(step, space, { ...law(step), tasks })
    },
    expectedTasks: (step) => spaceOf(step).tasks,
  }
}

/** A view at the start of a run: everything to do, nothing warm. */
export function startView(problem: Problem, changes: Partial<RunView> = {}): RunView {
  return {
    workflow: problem.workflow,
    goal: problem.goal,
    nowMs: 0,
    finished: new Map(),
    running: new Map(),
    ready: problem.workflow.steps.filter((step) => step.after.length === 0).map((step) => step.name),
    tasks: new Map(),
    warm: () => 0,
    memoryFloorMB: new Map(),
    ...changes,
  }
}
