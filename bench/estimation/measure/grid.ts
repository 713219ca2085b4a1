import { cpus } from "node:os"
import { fileURLToPath } from "node:url"
import { CANDIDATES } from "../programs/primes.ts"
import { measure } from "./harness.ts"
import { type MeasuredCell, type MeasuredFunction, type MeasurePlan, RUN_COLUMNS, scaleFor } from "./plan.ts"

export const GRID_MEMORIES_MB = [512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 10_240] as const
export const GRID_TASKS = [20, 40, 80, 160] as const

/** The programs of the grid: single-thread code in q processes, and multi-core code with a parallel share of r. */
export const GRID_PROGRAMS = [
  { name: "single-q1", kind: "single", processes: 1, ratio: 0 },
  { name: "single-q2", kind: "single", processes: 2, ratio: 0 },
  { name: "single-q4", kind: "single", processes: 4, ratio: 0 },
  { name: "multi-r50", kind: "multi", processes: 1, ratio: 0.5 },
  { name: "multi-r90", kind: "multi", processes: 1, ratio: 0.9 },
  { name: "multi-r100", kind: "multi", processes: 1, ratio: 1 },
] as const

export type GridProgram = (typeof GRID_PROGRAMS)[number]

/** One task on a full core, ms: about. */
const TASK_MS = 8

/** Repetitions where the time allows; the budget ends them. */
const ROUNDS = 8

/** Calls shorter than this are made more than once a round, ms. */
const SHORT_MS = 300
const SHORT_PER_ROUND = 3

/**
 * Tasks of the unmeasured call: the first 20 or so that a process runs take up to a quarter more CPU time (compilation).
 * For the same reason a visit goes from the most tasks to the fewest.
 */
const WARM_UP_TASKS = 80

/** Leaves room within 25 minutes for the calls that have begun. */
const BUDGET_MS = 23 * 60_000

/** Side by side calls promise one core of two: with more the CPU time of a task itself grows, by up to a tenth. */
const LOAD_SHARE = 0.5

/** Repeats the grid of memory sizes, task counts and programs on this machine: at most 25 minutes. */
export async function measureGrid(): Promise<void> {
  await measure(gridPlan())
}

export function gridPlan(
  memories: readonly number[] = GRID_MEMORIES_MB,
  taskCounts: readonly number[] = GRID_TASKS,
): MeasurePlan {
  const vcpuScale = scaleFor(10_240, cpus().length)
  const program = (file: string): string => fileURLToPath(new URL(`../programs/${file}`, import.meta.url))
  return {
    name: "grid",
    vcpuScale,
    order: "packed",
    loadShare: LOAD_SHARE,
    budgetMs: BUDGET_MS,
    warmUpTasks: WARM_UP_TASKS,
    timeoutMs: 300_000,
    columns: [...RUN_COLUMNS, "downloadMs", "uploadMs", "maxMemoryUsedMB"],
    // Processes are held to one vCPU each, so that code that starts several is single-thread code to the platform.
    functions: GRID_PROGRAMS.map(({ name, kind }): MeasuredFunction => ({
      name,
      handlerPath: program(kind === "single" ? "prime-single.ts" : "prime-multi.ts"),
    })),
    cells: GRID_PROGRAMS.flatMap(({ name, kind, processes, ratio }) =>
      memories.flatMap((memoryMB) =>
        [...taskCounts].reverse().map((tasks): MeasuredCell => {
          const maxVcpus = kind === "single" ? processes : ratio === 1 ? Infinity : 1 / (1 - ratio)
          const expectedMs = (tasks * TASK_MS) / (Math.min(memoryMB / 1769, maxVcpus) * vcpuScale)
          const perRound = expectedMs < SHORT_MS ? SHORT_PER_ROUND : 1
          return {
            functionName: name,
            memoryMB,
            processes,
            payload: Array.from({ length: tasks }, () => ({ ratio })),
            repeats: ROUNDS * perRound,
            perRound,
            maxVcpus,
            expectedMs,
          }
        }),
      ),
    ),
    notes: {
      programs: GRID_PROGRAMS.map(({ name, kind, processes, ratio }) => ({ name, kind, processes, ratio })),
      task: `trial division of ${CANDIDATES} odd numbers above 1,000,003`,
    },
  }
}
