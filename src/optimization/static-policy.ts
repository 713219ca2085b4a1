import { TrimtabError } from "../base/errors.ts"
import type { CompiledSpace, Estimator } from "../estimation/estimator.ts"
import { schedule } from "../workflow/critical-path.ts"
import { graphOf } from "../workflow/graph.ts"
import type { ConfigSpace, StepConfig } from "../workflow/config.ts"
import { type Plan, type Step, stepOf } from "../workflow/workflow.ts"
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
  return { name: "static", decide: (view) => decide(plan, view, spaceFor) }
}

type SpaceFor = (view: RunView, step: Step, config: StepConfig) => CompiledSpace

function decide(plan: Plan, view: RunView, spaceFor: SpaceFor): Decision {
  const name = view.ready[0]
  if (name === undefined) throw new TrimtabError("internal", "a policy was asked to decide, but no step is ready")
  const step = stepOf(view.workflow, name)
  const planned = plannedFor(plan, step)
  const config = raised(step, planned, view.memoryFloorMB.get(name) ?? 0)
  const warm = view.warm(step.function, config.memoryMB)
  const predicted = predictedOf(spaceFor(view, step, config), config, warm)
  const latestFinishMs = latestFinish(plan, view, { step, percentileMs: predicted.percentileMs, spaceFor })
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

/** The SLO less the longest path of planned percentiles after the step; without an SLO the step's own percentile from now. */
function latestFinish(
  plan: Plan,
  view: RunView,
  { step, percentileMs, spaceFor }: { step: Step; percentileMs: number; spaceFor: SpaceFor },
): number {
  if (view.goal.kind !== "cost") return view.nowMs + percentileMs
  const graph = graphOf(view.workflow)
  const times = view.workflow.steps.map((other) => {
    const config = plannedFor(plan, other)
    return predictedOf(spaceFor(view, other, config), config, 0).percentileMs
  })
  return view.goal.sloMs - schedule(graph, times).tail[graph.indexOf.get(step.name)!]!
}

function only(config: StepConfig): ConfigSpace {
  const one = (value: number): { min: number; max: number; step: number } => ({ min: value, max: value, step: 1 })
  return {
    memoryMB: one(config.memoryMB),
    instances: one(config.instances),
    processes: one(config.processes),
  }
}
