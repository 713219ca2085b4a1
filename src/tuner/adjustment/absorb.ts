import type { Configs } from "../publishing/config-document.ts"
import { type Moments, momentsOf, NO_MOMENTS, together } from "./moments.ts"
import type { JudgedRun, RunGroups } from "./run-groups.ts"
import { newestSamples, type RunSample } from "./run-samples.ts"
import { addSums, fadedSums, NO_SUMS, type StepSums, withMemoryOf } from "./step-sums.ts"
import type { TunerState } from "./tuner-state.ts"
import { addRuns, NO_RUNS, runSums, type RunSums } from "./worse.ts"

/** With 0.9 the ten newest windows count as much as all before them. */
const FADE = 0.9

/** Nothing seen yet, at these configurations of this version. */
export function beginning(configs: Configs, version: number): TunerState {
  return {
    schemaVersion: 1,
    version,
    configs,
    centre: configs,
    sums: {},
    corrections: {},
    pending: {},
    curveSearches: 0,
    samples: [],
    heaviest: {},
    costUsd: NO_MOMENTS,
    latencyMs: NO_MOMENTS,
    runs: NO_RUNS,
    trial: null,
    watch: null,
    refused: [],
    windows: 0,
    age: 0,
    searchedAt: null,
    isProvisional: false,
    contentAge: 0,
  }
}

export interface Absorbed {
  readonly newest: ReadonlyMap<string, StepSums>
  readonly groups: RunGroups
  readonly samples: readonly RunSample[]
  /** The content changed: what was before tells nothing of now. */
  readonly afresh: boolean
}

/** The state with one more window in it. */
export function absorbed(state: TunerState, { newest, groups, samples, afresh }: Absorbed): TunerState {
  const counted = countedRuns(groups.present, state.age)
  const runs = runSums(counted)
  const costUsd = momentsOf(counted.map((run) => run.costUsd))
  const latencyMs = momentsOf(counted.map((run) => run.latencyMs))
  const heaviest = heaviestOf(state.heaviest, newest)
  const windows = state.windows + 1
  const age = state.age + 1
  if (afresh) {
    const sums = withMemories(newest, state.sums)
    return {
      ...state,
      sums,
      samples,
      heaviest,
      costUsd,
      latencyMs,
      runs,
      refused: [],
      windows,
      age,
      searchedAt: null,
      contentAge: 1,
    }
  }
  const sums = Object.fromEntries(
    [...newest].map(([name, own]) => {
      const before = state.sums[name]
      return [name, before === undefined ? own : addSums(fadedSums(before, FADE), own)]
    }),
  )
  return {
    ...state,
    sums,
    samples: newestSamples(state.samples, samples),
    heaviest,
    costUsd: together(faded(state.costUsd), costUsd),
    latencyMs: together(faded(state.latencyMs), latencyMs),
    runs: addRuns(fadedRuns(state.runs), runs),
    windows,
    age,
    contentAge: state.contentAge + 1,
  }
}

/** Half of an old peak is forgotten after 700 windows. */
const FORGETTING = 0.999

function heaviestOf(
  before: TunerState["heaviest"],
  newest: ReadonlyMap<string, StepSums>,
): Readonly<Record<string, number>> {
  const now = [...newest].map(([name, { ownMs, curveMs }]): [string, number] => [
    name,
    Math.max((before[name] ?? 0) * FORGETTING, curveMs > 0 ? ownMs / curveMs : 0),
  ])
  return { ...before, ...Object.fromEntries(now) }
}

/** Windows after a change in which cold starts are more than they will be. */
const SETTLING_WINDOWS = 2

/** Runs that tell what the present configurations take and cost in the long run. */
function countedRuns(runs: readonly JudgedRun[], age: number): readonly JudgedRun[] {
  const warm = runs.filter(({ cold }) => !cold)
  return age < SETTLING_WINDOWS && warm.length >= runs.length / 4 ? warm : runs
}

function withMemories(
  newest: ReadonlyMap<string, StepSums>,
  before: TunerState["sums"],
): Readonly<Record<string, StepSums>> {
  return Object.fromEntries([...newest].map(([name, own]) => [name, withMemoryOf(own, before[name] ?? NO_SUMS)]))
}

function faded(moments: Moments): Moments {
  return { ...moments, count: moments.count * FADE, squares: moments.squares * FADE }
}

function fadedRuns({ logLatency, logCost }: RunSums): RunSums {
  return { logLatency: faded(logLatency), logCost: faded(logCost), failed: 0 }
}
