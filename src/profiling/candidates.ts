import { ROUND_UP_MS } from "../estimation/compiled-space.ts"
import type { CompiledSpace } from "../estimation/estimator.ts"
import type { DrawnWorkflow } from "../optimization/regret/drawn-workflow.ts"

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
  /** Billed beside the work of one instance; the init of its size where absent. */
  readonly coldStarts?: "billed" | "none"
}

/** Candidates of one step: more lie so close together that they tell the same. */
const MOST_OF_A_STEP = 24

/** What lies on the frontier of a step in any draw, thinned evenly where that is much. */
export function candidatesOf(drawn: DrawnWorkflow, options: CandidateOptions = {}): readonly Candidate[] {
  return drawn.steps.flatMap((draws, i) => {
    const { known, noiseSd } = draws
    const points = [...frontierCells(drawn, i)].sort((a, b) => a - b)
    const usable = points.filter((at) => options.mayMeasure?.(pointAt(known, at)) ?? true)
    return thinned(usable).map((at) => ({
      ...pointAt(known, at),
      logMs: Float64Array.from(draws.logFactors, (factors) => factors[at]!),
      noiseSd,
      costUsd: costAt(known, at, options.coldStarts ?? "billed"),
    }))
  })
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

function costAt(space: CompiledSpace, at: number, coldStarts: "billed" | "none"): number {
  const counts = space.tasksPerInstance.length
  const m = Math.floor(at / (counts * space.processes.length))
  const transfer = m * counts + (at % counts)
  const { mean } = space
  const initMs = coldStarts === "billed" ? space.initMs[m]! : 0
  const billedMs = initMs + mean.downloadMs[transfer]! + mean.computeMs[at]! + mean.uploadMs[transfer]! + ROUND_UP_MS
  return (billedMs / 1000) * (space.memoryMB[m]! / 1024) * space.usdPerGbSecond + space.usdPerRequest
}

function thinned(points: readonly number[]): readonly number[] {
  if (points.length <= MOST_OF_A_STEP) return points
  const last = points.length - 1
  return Array.from({ length: MOST_OF_A_STEP }, (_, k) => points[Math.round((k * last) / (MOST_OF_A_STEP - 1))]!)
}
