import grid from "../../bench/estimation/data/grid-2026-11-28.json" with { type: "json" }
import { mean, median, type PlatformLimits, type Profile, type Sample, type Workflow } from "../../src/index.ts"
import { parseWorkflow } from "../../src/index.ts"

/** One combination of program, memory and tasks, as it was measured on the local platform. */
export interface GridCell {
  readonly program: string
  readonly kind: "single" | "multi"
  readonly processes: number
  readonly memoryMB: number
  readonly tasks: number
  /** Median of compute alone, ms. */
  readonly computeMs: number
  /** Means of a call: what it took, and what is billed, ms. */
  readonly durationMs: number
  readonly billedMs: number
  /** Whether the paper would have profiled it: five sizes, three task counts. */
  readonly profiled: boolean
  readonly runs: readonly Readonly<Record<string, number>>[]
}

/** What the paper profiles (section 7.1). */
const PROFILED_MB = [512, 1024, 2048, 4096, 10_240]
const PROFILED_TASKS = [20, 40, 80]

/** The grid of is-prime programs that the estimation bench measured; contended runs only where there are no others. */
export function gridCells(): readonly GridCell[] {
  return grid.cells.map((cell) => {
    const all = cell.runs.map((run) => Object.fromEntries(grid.columns.map((name, i) => [name, run[i] ?? 0])))
    const clean = all.filter((run) => run["contended"] === 0)
    const runs = clean.length >= 3 ? clean : all
    const of = (name: string): number[] => runs.map((run) => run[name] ?? 0)
    const { functionName: program, memoryMB, tasks, processes } = cell
    return {
      program,
      kind: program.startsWith("multi") ? "multi" : "single",
      processes,
      memoryMB,
      tasks,
      computeMs: median(of("computeMs")),
      durationMs: mean(of("durationMs")),
      billedMs: mean(of("billedMs")),
      profiled: PROFILED_MB.includes(memoryMB) && PROFILED_TASKS.includes(tasks),
      runs,
    }
  })
}

/** Programs of one kind are one function with several counts of processes. */
export function functionOf({ program, kind }: GridCell): string {
  return kind === "single" ? "single" : program
}

/** What the local platform allows; vCPUs as on AWS Lambda. */
export const GRID_LIMITS: PlatformLimits = {
  memoryMB: { min: 128, max: 10_240, step: 1 },
  mbPerVcpu: 1769,
  vcpuTotal: null,
  timeoutMs: 900_000,
  payloadBytes: { sync: 6_291_456, async: 1_048_576 },
  concurrency: { account: 1000, keepFree: 100 },
  startsPer10s: null,
  initTimeoutMs: 10_000,
  publishMsPerVariant: 10,
}

/** A workflow of one step for each function. */
export function gridWorkflow(cells: readonly GridCell[]): Workflow {
  const names = [...new Set(cells.map(functionOf))]
  return parseWorkflow(
    {
      name: "grid",
      functions: Object.fromEntries(
        names.map((name) => [name, { handler: `./${name}.ts`, threads: name === "single" ? "single" : "multi" }]),
      ),
      steps: Object.fromEntries(names.map((name) => [name, { function: name, split: "each" }])),
    },
    "the grid",
  )
}

/** Profiles of the cells that the paper would have profiled. */
export function gridProfiles(cells: readonly GridCell[]): ReadonlyMap<string, Profile> {
  const names = [...new Set(cells.map(functionOf))]
  return new Map(
    names.map((functionName) => {
      const own = cells.filter((cell) => cell.profiled && functionOf(cell) === functionName)
      return [functionName, { functionName, samples: own.flatMap(samplesOf) }]
    }),
  )
}

function samplesOf(cell: GridCell): Sample[] {
  return cell.runs.map((run, i): Sample => {
    const at = (name: string): number => run[name] ?? 0
    return {
      kind: "instance",
      atMs: 1000 * at("atS"),
      source: "campaign",
      memoryMB: cell.memoryMB,
      processes: cell.processes,
      tasks: cell.tasks,
      outcome: "ok",
      cold: false,
      initMs: 0,
      downloadMs: at("downloadMs"),
      computeMs: at("computeMs"),
      uploadMs: at("uploadMs"),
      downloadBytes: 0,
      uploadBytes: 0,
      downloadObjects: 0,
      uploadObjects: 0,
      durationMs: at("durationMs"),
      billedMs: at("billedMs"),
      maxMemoryUsedMB: at("maxMemoryUsedMB"),
      peakProcessMB: at("maxMemoryUsedMB"),
      contended: false,
      enforced: "cgroup-v1",
      codeSha256: "grid",
      id: `${cell.program}-${cell.memoryMB}-${cell.tasks}-${i}`,
    }
  })
}
