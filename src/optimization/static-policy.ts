import { TrimtabError } from "../base/errors.ts"
import type { CompiledSpace, Estimator } from "../estimation/estimator.ts"
import { schedule } from "../workflow/critical-path.ts"
import { type Graph, graphOf } from "../workflow/graph.ts"
import type { ConfigSpace, StepConfig } from "../workflow/config.ts"
import { type Plan, type Step, stepOf, type Workflow } from "../workflow/workflow.ts"
import { compiledSpaces } from "./compiled-spaces.ts"
import type { Decision, Policy, RunView } from "./policy.ts"
import { predictedOf } from "./predicted.ts"

/**
 * A policy that follows a plan. It only leaves it upwards, where a step needs more memory than planned: then it takes
 * the next size of the step's space.
 * @throws TrimtabError `usage` for a step that is not in the plan; `goal-unreachable` above the largest size.
 */
export function staticPolicy(plan: Plan, estimator: Estimator): Policy {
  const spaces = compiledSpaces(estimator)
  const alone = new WeakMap<StepConfig, ConfigSpace>()
  /** The plan may lie beside the grid of the space: it is compiled as a space of its own. */
  const spaceFor = (view: RunView, step: Step, config: StepConfig): CompiledSpace => {
    let configSpace = alone.get(config)
    if (configSpace === undefined) {
      configSpace = only(config)
      alone.set(config, configSpace)
    }
    return spaces.get({ ...step, configSpace }, view)
  }
  const tailOf = tailsOf(plan, spaceFor)
  return { name: "static", decide: (view) => decide(plan, view, { spaceFor, tailOf }) }
}

interface Foresight {
  readonly spaceFor: SpaceFor
  readonly tailOf: (view: RunView, step: string) => number
}

type SpaceFor = (view: RunView, step: Step, config: StepConfig) => CompiledSpace

function decide(plan: Plan, view: RunView, { spaceFor, tailOf }: Foresight): Decision {
  const name = view.ready[0]
  if (name === undefined) throw new TrimtabError("internal", "a policy was asked to decide, but no step is ready")
  const step = stepOf(view.workflow, name)
  const planned = plannedFor(plan, step)
  const config = raised(step, planned, view.memoryFloorMB.get(name) ?? 0)
  const warm = view.warm(step.function, config.memoryMB)
  const predicted = predictedOf(spaceFor(view, step, config), config, warm)
  // Without an SLO the step's own percentile from now.
  const latestFinishMs =
    view.goal.kind === "cost" ? view.goal.sloMs - tailOf(view, name) : view.nowMs + predicted.percentileMs
  return {
    config,
    reason:
      config === planned
        ? "as planned before the run"
        : `${config.memoryMB} MB, as ${planned.memoryMB} MB was not enough`,
    runnerUp: null,
    predicted,
    latestFinishMs,
    infeasible: view.nowMs + predicted.latencyMs > latestFinishMs,
  }
}

function plannedFor(plan: Plan, step: Step): StepConfig {
  const config = plan[step.name]
  if (config !== undefined) return config
  throw new TrimtabError("usage", `the plan has no configuration for step ${step.name}`, {
    where: step.name,
    fix: "make the plan for this workflow again",
  })
}

function raised(step: Step, config: StepConfig, floorMB: number): StepConfig {
  if (config.memoryMB > floorMB) return config
  const { min, max, step: by } = step.configSpace.memoryMB
  const memoryMB = min + Math.max(0, Math.floor((floorMB - min) / by) + 1) * by
  if (memoryMB <= max) return { ...config, memoryMB }
  throw new TrimtabError("goal-unreachable", `step ${step.name} needs more than ${floorMB} MB`, {
    where: step.name,
    fix: "allow more memory in its configSpace",
  })
}

/** What tails were computed from, and the tails. */
interface Tails {
  readonly workflow: Workflow
  readonly spaces: readonly CompiledSpace[]
  readonly graph: Graph
  readonly tail: Float64Array
}

/**
 * The longest path of planned percentiles after a step, ms. From one decision to the next it changes only where a step's
 * tasks have become known: as long as the spaces are the same, so is the answer.
 */
function tailsOf(plan: Plan, spaceFor: SpaceFor): (view: RunView, step: string) => number {
  let last: Tails | null = null
  return (view, step) => {
    const { workflow } = view
    const configs = workflow.steps.map((other) => plannedFor(plan, other))
    const spaces = workflow.steps.map((other, i) => spaceFor(view, other, configs[i]!))
    if (last?.workflow !== workflow || spaces.some((space, i) => space !== last?.spaces[i])) {
      const graph = last?.workflow === workflow ? last.graph : graphOf(workflow)
      const times = spaces.map((space, i) => predictedOf(space, configs[i]!, 0).percentileMs)
      last = { workflow, spaces, graph, tail: schedule(graph, times).tail }
    }
    return last.tail[last.graph.indexOf.get(step)!]!
  }
}

function only(config: StepConfig): ConfigSpace {
  const one = (value: number): { min: number; max: number; step: number } => ({ min: value, max: value, step: 1 })
  return {
    memoryMB: one(config.memoryMB),
    instances: one(config.instances),
    processes: one(config.processes),
  }
}
