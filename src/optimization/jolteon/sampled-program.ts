import type { Graph } from "../../workflow/graph.ts"
import { columnsAt, phasesTime, type StageModel, type StagePoint, type StageScenario } from "./stage-model.ts"

/** A stage with its scenarios and its prices. */
export interface Stage {
  readonly model: StageModel
  readonly scenarios: readonly StageScenario[]
  /** Money per vCPU and unit of time, per instance whatever it does. */
  readonly usdPerVcpuTime: number
  readonly usdPerInstance: number
  /** Ends of the ranges of d and k. */
  readonly least: StagePoint
  readonly most: StagePoint
}

/**
 * Minimise the mean of the objective over the scenarios such that the constraint keeps its bound: in every scenario, or
 * up to the given share of them.
 */
export interface SampledProgram {
  readonly graph: Graph
  readonly stages: readonly Stage[]
  readonly objective: "latency" | "cost"
  readonly bound: number
  /** Share of the scenarios that may miss the bound; 0: all must hold. */
  readonly mayMiss: number
}

/** What a plan comes to in the scenarios. */
export interface Outcome {
  readonly objective: number
  /** The constraint's value that has to keep the bound: its largest, or its quantile. */
  readonly constraint: number
}

/** Scenarios for a guarantee of 1 - eps with confidence 1 - delta over `plans` plans. */
export function scenarioCount(at: {
  readonly logPlans: number
  readonly eps: number
  readonly delta: number
  /** Jolteon's own formula, by Hoeffding; or the sharp one for programs in which all scenarios hold. */
  readonly bound: "hoeffding" | "all hold"
}): number {
  const logs = at.logPlans - Math.log(at.delta)
  return Math.ceil(at.bound === "hoeffding" ? logs / (2 * at.eps * at.eps) : logs / -Math.log(1 - at.eps))
}

export interface Evaluation extends Outcome {
  /** By scenario. */
  readonly constraints: Float64Array
}

/** O(scenarios x (stages + edges)). */
export function evaluate(program: SampledProgram, plan: readonly StagePoint[]): Evaluation {
  const { graph, stages, objective } = program
  const count = stages[0]!.scenarios.length
  const constraints = new Float64Array(count)
  const ends = new Float64Array(stages.length)
  const phases = stages.map(({ model }, i) => columnsAt(model, plan[i]!))
  let sum = 0
  for (let s = 0; s < count; s++) {
    let latency = 0
    let cost = 0
    for (let i = 0; i < stages.length; i++) {
      const stage = stages[i]!
      const at = plan[i]!
      const scenario = stage.scenarios[s]!
      const time = phasesTime(phases[i]!, scenario)
      let start = 0
      for (const parent of graph.parents[i]!) if (ends[parent]! > start) start = ends[parent]!
      ends[i] = start + scenario.cold + time
      if (ends[i]! > latency) latency = ends[i]!
      cost += at.d * (at.k * time * stage.usdPerVcpuTime + stage.usdPerInstance)
    }
    sum += objective === "cost" ? cost : latency
    constraints[s] = objective === "cost" ? latency : cost
  }
  return { objective: sum / count, constraint: quantileOf(constraints, program.mayMiss), constraints }
}

/** The value that at most a share of the others exceed. */
function quantileOf(values: Float64Array, mayExceed: number): number {
  if (mayExceed === 0) return values.reduce((most, value) => Math.max(most, value), -Infinity)
  const sorted = values.toSorted()
  return sorted[Math.min(sorted.length - 1, Math.ceil((1 - mayExceed) * sorted.length) - 1)]!
}
