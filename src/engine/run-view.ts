import type { RunView } from "../optimization/policy.ts"
import type { StepConfig } from "../workflow/config.ts"
import { hasEnded, type RunState, type StepRun } from "./state.ts"

/** What of the engine a view shows beside the run itself. */
export interface ViewSources {
  readonly warm: (functionName: string, memoryMB: number) => number
  /** Sizes that steps outgrew in earlier runs: `<workflow>/<step>` -> MB. */
  readonly floors: ReadonlyMap<string, number>
}

/** The run as a policy sees it when the first of `undecided` is to be decided. O(V). */
export function runView(state: RunState, sources: ViewSources): RunView {
  const { workflow, goal } = state.definition
  const finished = new Map<string, { startedAtMs: number; endedAtMs: number; config: StepConfig }>()
  const running = new Map<string, { startedAtMs: number; config: StepConfig }>()
  const tasks = new Map<string, number>()
  const memoryFloorMB = new Map<string, number>()
  for (const run of state.steps) {
    const { name } = run.step
    const { startedAtMs, endedAtMs } = run
    if (hasEnded(run.phase)) finished.set(name, { startedAtMs, endedAtMs, config: configOf(run) })
    else if (run.phase === "running" || run.phase === "merging")
      running.set(name, { startedAtMs: run.decidedAtMs, config: configOf(run) })
    // A second attempt is decided for the tasks that are left.
    if (run.tasks !== null) tasks.set(name, run.phase === "deciding" ? run.open.length : run.tasks.length)
    // Without floors, which is nearly always, no key is made for every step of every view.
    const inherited = sources.floors.size === 0 ? 0 : (sources.floors.get(floorKey(workflow.name, name)) ?? 0)
    const floor = floorOf(run, inherited)
    if (floor > 0) memoryFloorMB.set(name, floor)
  }
  const ready = state.undecided.map((index) => state.steps[index]!.step.name)
  return { workflow, goal, nowMs: state.nowMs, finished, running, ready, tasks, warm: sources.warm, memoryFloorMB }
}

/** The latest configuration of a step; a step without tasks never had one. */
export function configOf(run: StepRun): StepConfig {
  const last = run.decisions.at(-1)
  if (last !== undefined) return last.config
  return { memoryMB: run.step.configSpace.memoryMB.min, instances: 0, processes: 0 }
}

export function floorKey(workflow: string, step: string): string {
  return `${workflow}/${step}`
}

/** A floor of an earlier run counts as long as the space has something above it. */
function floorOf(run: StepRun, inherited: number): number {
  const { max } = run.step.configSpace.memoryMB
  return Math.max(run.memoryFloorMB, inherited < max ? inherited : 0)
}
