import type { RunView } from "../optimization/policy.ts"
import type { StepConfig } from "../workflow/config.ts"
import { holds } from "../workflow/condition.ts"
import type { Step, Workflow } from "../workflow/workflow.ts"
import { configOf, runView, type ViewSources } from "./run-view.ts"
import { spreadTime, startLaw, type RunningParent, type StartLaw } from "./start-law.ts"
import { hasEnded, type RunState, type StepRun } from "./state.ts"

/** When a step that waits for its parents is expected to start. Instants are ms since the run's start. */
export interface PredictedStart {
  readonly workflow: Workflow
  readonly step: Step
  /** When all its parents end as predicted. */
  readonly atMs: number
  /** As a distribution. */
  readonly law: StartLaw
  /** Latest finish of the parents that run: when the plan has it start at the latest. */
  readonly latestMs: number
  /** That it runs: below 1 while its condition is open, and only where the workflow says how often it holds. */
  readonly probability: number
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
      const probability = probabilityOf(state, child)
      if (probability === 0) continue
      const parents = graph.parents[child]!.map((index) => state.steps[index]!)
      const ends = parents.map((one) => predictedEnd(one, nowMs))
      if (ends.some((end) => end === null)) continue
      const atMs = Math.max(...ends.map((end) => end ?? 0))
      const law = lawOf(parents, state.definition.goal.percentile, nowMs)
      starts.set(child, { workflow, step: state.steps[child]!.step, atMs, ...law, probability })
    }
  })
  return starts
}

function lawOf(
  parents: readonly StepRun[],
  percentile: number,
  nowMs: number,
): Pick<PredictedStart, "law" | "latestMs"> {
  const running: RunningParent[] = []
  let endedMs = 0
  let latestMs = 0
  for (const { phase, endedAtMs, decidedAtMs, decisions } of parents) {
    const last = decisions.at(-1)
    if (hasEnded(phase) || last === undefined) {
      endedMs = Math.max(endedMs, endedAtMs)
      continue
    }
    const { latencyMs, percentileMs } = last.predicted
    running.push({ sinceMs: decidedAtMs, takes: spreadTime(latencyMs, percentileMs, percentile) })
    latestMs = Math.max(latestMs, last.latestFinishMs)
  }
  return { law: startLaw(running, nowMs, endedMs), latestMs }
}

/** 0 for a step whose condition does not hold, or of which nobody knows how often it does. */
function probabilityOf(state: RunState, index: number): number {
  const { when } = state.steps[index]!.step
  if (when === undefined) return 1
  const source = state.steps[state.definition.graph.indexOf.get(when.step) ?? -1]
  if (source === undefined) return 0
  if (!hasEnded(source.phase)) return when.probability ?? 0
  return source.phase !== "skipped" && holds(when, source.output) ? 1 : 0
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
