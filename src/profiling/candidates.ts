import { pointOf, ROUND_UP_MS } from "../estimation/compiled-space.ts"
import type { CompiledSpace } from "../estimation/estimator.ts"
import type { SpaceDraws } from "../estimation/space-draws.ts"
import type { DrawnWorkflow } from "../optimization/regret/drawn-workflow.ts"
import type { Plan } from "../workflow/workflow.ts"

/** One instance that could be measured: what a step's time in some configuration of a frontier rests on. */
export interface Candidate {
  readonly step: string
  readonly memoryMB: number
  readonly processes: number
  /** Tasks of the instance. */
  readonly tasks: number
  /** By draw: ln of the factor on its expected time. */
  readonly logMs: Float64Array
  /** Sd of ln t of one measurement. */
  readonly noiseSd: number
  /** What measuring it once is expected to be billed, a cold start included. */
  readonly costUsd: number
}

export type Point = Pick<Candidate, "step" | "memoryMB" | "processes" | "tasks">

export interface CandidateOptions {
  /** False for what cannot be measured: sizes that failed. All may where absent. */
  readonly mayMeasure?: (point: Point) => boolean
  /** True for what was measured, warm. Where absent the plan's own configurations are taken for measured. */
  readonly isMeasured?: (point: Point) => boolean
  /** Billed beside the work of one instance, ms: its start, that of a cold one where absent. */
  readonly startMs?: (point: Point) => number
}

/** Candidates of one step: more lie so close together that they tell the same. */
const MOST_OF_A_STEP = 24

/** What lies on the frontier of a step in any draw, thinned evenly where that is much. */
export function candidatesOf(drawn: DrawnWorkflow, options: CandidateOptions = {}): readonly Candidate[] {
  return drawn.steps.flatMap((draws, i) => {
    const { known } = draws
    const points = [...frontierCells(drawn, i)].sort((a, b) => a - b)
    const usable = points.filter((at) => options.mayMeasure?.(pointAt(known, at)) ?? true)
    return thinned(usable).map((at) => candidateAt(draws, at, options))
  })
}

/** The configurations of a plan itself, by step; those that may not be measured are left out. */
export function planCandidates(drawn: DrawnWorkflow, plan: Plan, options: CandidateOptions = {}): readonly Candidate[] {
  return drawn.present.graph.names.flatMap((name, i) => {
    const draws = drawn.steps[i]!
    const { known } = draws
    const point = pointOf(known, plan[name]!, 0)!
    const row = point.memoryIndex * known.processes.length + point.processIndex
    const at = row * known.tasksPerInstance.length + known.tasksPerInstanceOf[point.instanceIndex]!
    return (options.mayMeasure?.(pointAt(known, at)) ?? true) ? [candidateAt(draws, at, options)] : []
  })
}

function candidateAt(draws: SpaceDraws, at: number, options: CandidateOptions): Candidate {
  const { known, logFactors, noiseSd } = draws
  return {
    ...pointAt(known, at),
    logMs: Float64Array.from(logFactors, (factors) => factors[at]!),
    noiseSd,
    costUsd: costAt(known, at, options.startMs),
  }
}

/** Indices into `computeMs` of the cells that frontiers of a step use. */
function frontierCells({ present, draws }: DrawnWorkflow, i: number): ReadonlySet<number> {
  const cells = new Set<number>()
  for (const { frontiers } of [present, ...draws]) {
    const { space, point } = frontiers[i]!
    const [instances, processes] = [space.instances.length, space.processes.length]
    for (const index of point) {
      const m = Math.floor(index / (instances * processes))
      const p = Math.floor(index / processes) % instances
      cells.add((m * processes + (index % processes)) * space.tasksPerInstance.length + space.tasksPerInstanceOf[p]!)
    }
  }
  return cells
}

function pointAt(space: CompiledSpace, at: number): Point {
  const counts = space.tasksPerInstance.length
  const row = Math.floor(at / counts)
  return {
    step: space.step,
    memoryMB: space.memoryMB[Math.floor(row / space.processes.length)]!,
    processes: space.processes[row % space.processes.length]!,
    tasks: space.tasksPerInstance[at % counts]!,
  }
}

function costAt(space: CompiledSpace, at: number, startMs: CandidateOptions["startMs"]): number {
  const counts = space.tasksPerInstance.length
  const m = Math.floor(at / (counts * space.processes.length))
  const transfer = m * counts + (at % counts)
  const { mean } = space
  const startedMs = startMs?.(pointAt(space, at)) ?? space.initMs[m]!
  const billedMs = startedMs + mean.downloadMs[transfer]! + mean.computeMs[at]! + mean.uploadMs[transfer]! + ROUND_UP_MS
  return (billedMs / 1000) * (space.memoryMB[m]! / 1024) * space.usdPerGbSecond + space.usdPerRequest
}

function thinned(points: readonly number[]): readonly number[] {
  if (points.length <= MOST_OF_A_STEP) return points
  const last = points.length - 1
  return Array.from({ length: MOST_OF_A_STEP }, (_, k) => points[Math.round((k * last) / (MOST_OF_A_STEP - 1))]!)
}
