import type { RunView } from "../optimization/policy.ts"
import type { Step, Workflow } from "../workflow/workflow.ts"
import { configOf, runView, type ViewSources } from "./run-view.ts"
import { hasEnded, type RunState, type StepRun } from "./state.ts"

/** When a step that waits for its parents is expected to start. */
export interface PredictedStart {
  readonly workflow: Workflow
  readonly step: Step
  /** ms since the run's start. */
  readonly atMs: number
}

/**
 * The steps whose parents have all ended or run, by index, each with its predicted start: the latest predicted end of
 * its parents, and never the past. Looks at the children of running steps only.
 */
export function predictedStarts(state: RunState, nowMs: number): Map<number, PredictedStart> {
  const { graph, workflow } = state.definition
  const starts = new Map<number, PredictedStart>()
  state.steps.forEach((run, parent) => {
    if (run.phase !== "running") return
    for (const child of graph.children[parent]!) {
      if (starts.has(child) || state.steps[child]!.phase !== "waiting") continue
      const ends = graph.parents[child]!.map((index) => predictedEnd(state.steps[index]!, nowMs))
      if (ends.some((end) => end === null)) continue
      starts.set(child, { workflow, step: state.steps[child]!.step, atMs: Math.max(...ends.map((end) => end ?? 0)) })
    }
  })
  return starts
}

/** The run as it will be at that start, when everything that runs ends as predicted. */
export function hypotheticalView(state: RunState, start: PredictedStart, sources: ViewSources): RunView {
  const view = runView(state, sources)
  const finished = new Map(view.finished)
  const running = new Map(view.running)
  for (const run of state.steps) {
    const endedAtMs = predictedEnd(run, 0)
    const { name } = run.step
    if (endedAtMs === null || !running.has(name) || (endedAtMs > start.atMs && !start.step.after.includes(name)))
      continue
    running.delete(name)
    finished.set(name, {
      startedAtMs: run.startedAtMs,
      endedAtMs: Math.min(endedAtMs, start.atMs),
      config: configOf(run),
    })
  }
  return { ...view, nowMs: start.atMs, finished, running, ready: [start.step.name] }
}

/** Null for a step that has not begun to run. */
function predictedEnd(run: StepRun, nowMs: number): number | null {
  if (hasEnded(run.phase)) return run.endedAtMs
  const last = run.decisions.at(-1)
  if (run.phase !== "running" || last === undefined) return null
  return Math.max(nowMs, run.decidedAtMs + last.predicted.latencyMs)
}
