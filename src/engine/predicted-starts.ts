import type { RunView } from "../optimization/policy.ts"
import type { StepConfig } from "../workflow/config.ts"
import { holds } from "../workflow/condition.ts"
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
      if (starts.has(child) || state.steps[child]!.phase !== "waiting" || !isCertain(state, child)) continue
      const ends = graph.parents[child]!.map((index) => predictedEnd(state.steps[index]!, nowMs))
      if (ends.some((end) => end === null)) continue
      starts.set(child, { workflow, step: state.steps[child]!.step, atMs: Math.max(...ends.map((end) => end ?? 0)) })
    }
  })
  return starts
}

/** False for a step whose condition is still open, or does not hold: what is warmed for it may be wasted. */
function isCertain(state: RunState, index: number): boolean {
  const { when } = state.steps[index]!.step
  if (when === undefined) return true
  const source = state.steps[state.definition.graph.indexOf.get(when.step) ?? -1]
  return source !== undefined && hasEnded(source.phase) && source.phase !== "skipped" && holds(when, source.output)
}

/** Starts that are nearer to each other than this compete for the platform, ms. */
const TOGETHER_MS = 250

/**
 * The run as it will be at that start, when everything that runs ends as predicted. Steps that start at about the same
 * time are there too, as they will be when the step is decided: those before it in the workflow with their own
 * tentative configurations, those after it still to be decided.
 */
export function hypotheticalView(
  state: RunState,
  start: PredictedStart,
  around: { readonly sources: ViewSources; readonly others: readonly TentativeStart[] },
): RunView {
  const view = runView(state, around.sources)
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
  const ready = [start.step.name]
  for (const { start: other, config } of around.others) {
    if (other.step.name === start.step.name || Math.abs(other.atMs - start.atMs) > TOGETHER_MS) continue
    if (config === null) ready.push(other.step.name)
    else running.set(other.step.name, { startedAtMs: start.atMs, config })
  }
  return { ...view, nowMs: start.atMs, finished, running, ready }
}

/** A start with what would be decided for it; null while that is open. */
export interface TentativeStart {
  readonly start: PredictedStart
  readonly config: StepConfig | null
}

/** Null for a step that has not begun to run, and for a loop that may go on. */
function predictedEnd(run: StepRun, nowMs: number): number | null {
  if (hasEnded(run.phase)) return run.endedAtMs
  if (run.step.loop !== undefined && run.iteration + 1 < run.step.loop.max) return null
  const last = run.decisions.at(-1)
  if (run.phase !== "running" || last === undefined) return null
  return Math.max(nowMs, run.decidedAtMs + last.predicted.latencyMs)
}
