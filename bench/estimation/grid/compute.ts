import { seededRandom } from "../../../src/base/random.ts"
import type { Cell } from "../../../src/estimation/cells.ts"
import { fitComputeCurve } from "../../../src/estimation/compute-curve.ts"
import type { ComputePoint } from "../../../src/estimation/compute-model.ts"
import { fitStepConf, stepConfMs, type StepConfPreset } from "../../../src/estimation/stepconf-model.ts"
import type { GridCell } from "./cells.ts"

const MB_PER_VCPU = 1769
const MAX_MEMORY_MB = 10_240

/** A cell beside what each model, fitted on the profiled cells of its program, says of it. */
export interface PredictedCell {
  readonly cell: GridCell
  readonly ms: { readonly ours: number; readonly repaired: number; readonly published: number }
}

export interface FittedProgram {
  readonly program: string
  readonly notes: readonly string[]
  readonly parameters: object
}

/** The single-thread program is one function at 1, 2 and 4 processes; each parallel share is a program of its own. */
export function predictGrid(cells: readonly GridCell[]): {
  readonly predicted: readonly PredictedCell[]
  readonly fits: readonly FittedProgram[]
} {
  const programs = new Map<string, GridCell[]>()
  for (const cell of cells) {
    const name = cell.program.kind === "single" ? "single" : cell.program.name
    programs.set(name, [...(programs.get(name) ?? []), cell])
  }
  const parts = [...programs].map(([name, own]) => predictProgram(name, own))
  return { predicted: parts.flatMap((part) => part.predicted), fits: parts.map((part) => part.fit) }
}

function predictProgram(
  name: string,
  cells: readonly GridCell[],
): { readonly predicted: readonly PredictedCell[]; readonly fit: FittedProgram } {
  const kind = cells[0]!.program.kind
  const fitted = cells.filter((cell) => cell.fitted).map(fitCell)
  const curve = fitComputeCurve(fitted, { threads: kind, mbPerVcpu: MB_PER_VCPU, maxMemoryMB: MAX_MEMORY_MB })
  const paper = (preset: StepConfPreset): ((point: ComputePoint) => number) => {
    const { parameters } = fitStepConf(fitted, { preset, kind, mbPerVcpu: MB_PER_VCPU, random: seededRandom(1) })
    return (point) => stepConfMs(parameters, point)
  }
  const repaired = paper("repaired")
  const published = paper("published")
  return {
    predicted: cells.map((cell) => {
      const point = fitCell(cell)
      return { cell, ms: { ours: curve.ms(point), repaired: repaired(point), published: published(point) } }
    }),
    fit: { program: name, notes: curve.notes, parameters: curve.parameters },
  }
}

function fitCell({ memoryMB, program, tasks, ms }: GridCell): Cell {
  return { memoryMB, processes: program.processes, tasks, cold: false, ms, weight: 1 }
}
