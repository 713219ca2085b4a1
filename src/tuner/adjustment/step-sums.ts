import type { LogWindow, ObservedInvocation, ObservedPipeline, ObservedRun, ObservedStep } from "../observation.ts"
import { type Moments, momentsOf, NO_MOMENTS, together } from "./moments.ts"
import { msAt, type SizeCurve } from "./size-curve.ts"

/** What was seen of one step over some runs, as sums that can be added up and fade. */
export interface StepSums {
  readonly runs: number
  readonly runsWithIt: number
  readonly invocations: number
  /** Times by themselves and those that the curve says for the sizes they ran at; equal where there is no curve. */
  readonly ownMs: number
  readonly curveMs: number
  /** From its first request to its last end in a run. */
  readonly pathMs: number
  /** Waiting for functions that it called. */
  readonly waitMs: number
  /** Billed beside the duration: initialisation. */
  readonly initMs: number
  /** ln(own / curve) of invocations. */
  readonly logRatio: Moments
  /** Largest memory used, MB; 0 where no log said it. */
  readonly peakMB: number
  /** Largest size that ran out of memory, MB; 0 where none did. */
  readonly killedMB: number
  /** Smallest size that it ended well at, MB; 0 where it never did. */
  readonly leastMB: number
}

export const NO_SUMS: StepSums = {
  runs: 0,
  runsWithIt: 0,
  invocations: 0,
  ownMs: 0,
  curveMs: 0,
  pathMs: 0,
  waitMs: 0,
  initMs: 0,
  logRatio: NO_MOMENTS,
  peakMB: 0,
  killedMB: 0,
  leastMB: 0,
}

/** Name of the step that an invocation belongs to: what its log says, else its function. */
export function stepNameOf({ step, functionName }: ObservedInvocation): string {
  return step ?? functionName
}

/** What the complete runs of a window say about each step of the pipeline. */
export function sumsOf(
  { observed }: Pick<LogWindow, "observed">,
  pipeline: ObservedPipeline,
  curves: ReadonlyMap<string, SizeCurve>,
): ReadonlyMap<string, StepSums> {
  const runs = observed.filter(({ complete }) => complete)
  return new Map(pipeline.steps.map((step) => [step.name, stepSums(step, runs, curves.get(step.name))]))
}

function stepSums(step: ObservedStep, runs: readonly ObservedRun[], curve: SizeCurve | undefined): StepSums {
  const ofRuns = runs
    .map(({ invocations }) => invocations.filter((invocation) => stepNameOf(invocation) === step.name))
    .filter((invocations) => invocations.length > 0)
  const ok = ofRuns.flat().filter(({ outcome }) => outcome === "ok")
  const killed = ofRuns.flat().filter(({ outcome }) => outcome === "out-of-memory")
  // How much of its duration a caller works itself is known of all its invocations together.
  const ownShare = step.durationMs.mean > 0 ? Math.min(1, step.ownMs.mean / step.durationMs.mean) : 1
  const times = ok.map(({ durationMs, memoryMB }) => {
    const own = Math.max(1e-3, durationMs * ownShare)
    return { own, curve: curve === undefined ? own : msAt(curve, memoryMB) }
  })
  const known = times.filter(({ curve }) => curve > 0)
  return {
    runs: runs.length,
    runsWithIt: ofRuns.length,
    invocations: ok.length,
    ownMs: sum(known, ({ own }) => own),
    curveMs: sum(known, ({ curve }) => curve),
    pathMs: sum(ofRuns, pathOf),
    waitMs: sum(ok, ({ durationMs }) => durationMs * (1 - ownShare)),
    initMs: sum(ok, ({ billedMs, durationMs }) => Math.max(0, billedMs - durationMs)),
    logRatio: momentsOf(known.map(({ own, curve }) => Math.log(own / curve))),
    peakMB: ok.reduce((most, { maxMemoryMB = 0 }) => Math.max(most, maxMemoryMB), 0),
    killedMB: killed.reduce((most, { memoryMB }) => Math.max(most, memoryMB), 0),
    leastMB: ok.length === 0 ? 0 : Math.min(...ok.map(({ memoryMB }) => memoryMB)),
  }
}

function pathOf(invocations: readonly ObservedInvocation[]): number {
  const start = Math.min(...invocations.map(({ startMs, initMs }) => startMs - initMs))
  return Math.max(...invocations.map(({ endMs }) => endMs)) - start
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}

export function addSums(a: StepSums, b: StepSums): StepSums {
  return {
    runs: a.runs + b.runs,
    runsWithIt: a.runsWithIt + b.runsWithIt,
    invocations: a.invocations + b.invocations,
    ownMs: a.ownMs + b.ownMs,
    curveMs: a.curveMs + b.curveMs,
    pathMs: a.pathMs + b.pathMs,
    waitMs: a.waitMs + b.waitMs,
    initMs: a.initMs + b.initMs,
    logRatio: together(a.logRatio, b.logRatio),
    peakMB: Math.max(a.peakMB, b.peakMB),
    killedMB: Math.max(a.killedMB, b.killedMB),
    leastMB: a.leastMB === 0 || b.leastMB === 0 ? a.leastMB + b.leastMB : Math.min(a.leastMB, b.leastMB),
  }
}

/** The same with what other windows saw of memory: what was too small stays too small, whatever the content is. */
export function withMemoryOf(sums: StepSums, other: StepSums): StepSums {
  const { killedMB, leastMB, peakMB } = addSums(sums, other)
  return { ...sums, killedMB, leastMB, peakMB }
}

/** The same with less weight beside newer ones; what memory was seen to need does not fade. */
export function fadedSums(sums: StepSums, by: number): StepSums {
  const { logRatio } = sums
  return {
    ...sums,
    runs: sums.runs * by,
    runsWithIt: sums.runsWithIt * by,
    invocations: sums.invocations * by,
    ownMs: sums.ownMs * by,
    curveMs: sums.curveMs * by,
    pathMs: sums.pathMs * by,
    waitMs: sums.waitMs * by,
    initMs: sums.initMs * by,
    logRatio: { ...logRatio, count: logRatio.count * by, squares: logRatio.squares * by },
  }
}
