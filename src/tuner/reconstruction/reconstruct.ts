import type { GatheredRun } from "../inspection/gathered-run.ts"
import type {
  ClockOffset,
  ObservedEdge,
  ObservedInvocation,
  ObservedPipeline,
  ObservedRun,
  WindowSummary,
} from "../observation.ts"
import { branchesOf } from "./branches.ts"
import { callersOf } from "./calls.ts"
import { clockOffsets } from "./clocks.ts"
import { edgesOf } from "./edges.ts"
import { measuredTimes, measuredValues } from "./measured.ts"
import { costOf, observedStep, type StepInRun } from "./observed-step.ts"
import { splitOccurrences } from "./occurrences.ts"
import { ownTimes } from "./own-time.ts"
import { pathContext, type Presence } from "./presence.ts"
import { runPath } from "./run-path.ts"
import { endMs, requestMs, spanTable, stepNameOf, type Ahead } from "./spans.ts"
import { structureOf } from "./structure.ts"

/** What runs show when they are put together. */
export interface Reconstruction {
  /** Null when there is no run. */
  readonly pipeline: ObservedPipeline | null
  /** On the common clock, in the order given. */
  readonly runs: readonly ObservedRun[]
  /** Clocks that are wrong; empty when none is. */
  readonly clocks: readonly ClockOffset[]
  /** Records that must exist and are not there. */
  readonly missing: number
}

/**
 * Rebuilds the pipeline from runs alone (ConfigNavigator 3.3): clocks are set right, the DAG is what steps are seen to
 * wait for, and every run gets its critical path. Some thousand runs are enough; it holds all of them.
 */
export function reconstruct(gathered: readonly GatheredRun[]): Reconstruction {
  const filled = gathered.filter((run) => run.invocations.length > 0)
  if (filled.length === 0) return { pipeline: null, runs: [], clocks: [], missing: 0 }
  const clocks = clockOffsets(filled)
  const ahead: Ahead = new Map(clocks.map(({ source, aheadMs }) => [source, aheadMs]))
  const runs = splitOccurrences(filled, ahead)
  const table = spanTable(runs, { rowOf: stepNameOf, ahead })
  const callerOf = callersOf(runs, table.names)
  const structure = structureOf(table, callerOf)
  const { context, presence } = pathContext(table, structure, callerOf)
  let missing = 0
  const observed = runs.map((run, r): ObservedRun => {
    const found = runPath(context, r)
    missing += found.missing.length
    return observedRun(run, {
      ahead,
      criticalPath: found.path.map((row) => table.names[row]!),
      complete: found.missing.length === 0,
    })
  })
  const edges = edgesOf({ table, structure, callerOf, presence })
  const steps = stepsOf(observed, {
    names: structure.order.map((row) => table.names[row]!),
    probabilityOf: (name) => presence.share[table.names.indexOf(name)]!,
  })
  const pipeline: ObservedPipeline = {
    steps,
    edges,
    branches: branchesFrom(table.names, edges, presence),
    criticalPaths: pathsOf(observed),
    ...totalsOf(observed),
    window: windowSummary(observed),
  }
  return { pipeline, runs: observed, clocks, missing }
}

function observedRun(
  { runId, joinedBy, invocations }: GatheredRun,
  found: { readonly ahead: Ahead; readonly criticalPath: readonly string[]; readonly complete: boolean },
): ObservedRun {
  const { ahead, criticalPath, complete } = found
  const onOneClock = invocations
    .map((invocation): ObservedInvocation => {
      const shift = ahead.get(invocation.source) ?? 0
      return shift === 0
        ? invocation
        : { ...invocation, startMs: invocation.startMs - shift, endMs: invocation.endMs - shift }
    })
    .sort((a, b) => a.startMs - b.startMs)
  const startMs = Math.min(...invocations.map((one) => requestMs(one, ahead)))
  const lastMs = Math.max(...invocations.map((one) => endMs(one, ahead)))
  return {
    runId,
    joinedBy,
    invocations: onOneClock,
    startMs,
    endMs: lastMs,
    latencyMs: lastMs - startMs,
    costUsd: costOf(invocations),
    criticalPath,
    complete,
  }
}

function stepsOf(
  runs: readonly ObservedRun[],
  order: { readonly names: readonly string[]; readonly probabilityOf: (name: string) => number },
): ObservedPipeline["steps"] {
  const inRuns = new Map<string, StepInRun[]>(order.names.map((name) => [name, []]))
  for (const { invocations } of runs) {
    const own = ownTimes(invocations)
    const ofRun = new Map<string, { invocations: ObservedInvocation[]; ownMs: number[] }>()
    for (const [i, invocation] of invocations.entries()) {
      const name = stepNameOf(invocation)
      const step = ofRun.get(name) ?? { invocations: [], ownMs: [] }
      ofRun.set(name, step)
      step.invocations.push(invocation)
      step.ownMs.push(own[i]!)
    }
    for (const [name, step] of ofRun) inRuns.get(name)!.push(step)
  }
  return order.names.map((name) => observedStep(name, inRuns.get(name)!, order.probabilityOf(name)))
}

function branchesFrom(
  names: readonly string[],
  edges: readonly ObservedEdge[],
  presence: Presence,
): ObservedPipeline["branches"] {
  const rowOf = new Map(names.map((name, row) => [name, row]))
  const led = new Set(edges.map(({ to }) => to))
  return branchesOf({
    edges,
    roots: names.flatMap((name, row) => (led.has(name) ? [] : [{ name, probability: presence.share[row]! }])),
    runsWith: (step) => presence.runsWith(rowOf.get(step)!),
    runsWithBoth: (a, b) => presence.runsWithBoth(rowOf.get(a)!, rowOf.get(b)!),
  })
}

function pathsOf(runs: readonly ObservedRun[]): ObservedPipeline["criticalPaths"] {
  const counts = new Map<string, { readonly path: readonly string[]; count: number }>()
  for (const { criticalPath } of runs) {
    const key = criticalPath.join("\n")
    const known = counts.get(key)
    if (known === undefined) counts.set(key, { path: criticalPath, count: 1 })
    else known.count += 1
  }
  return [...counts.values()]
    .sort((a, b) => b.count - a.count)
    .map(({ path, count }) => ({ path, probability: count / runs.length }))
}

/** End to end; of all runs where none is complete. */
function totalsOf(runs: readonly ObservedRun[]): Pick<ObservedPipeline, "latencyMs" | "costUsd"> {
  const complete = runs.filter((run) => run.complete)
  const counted = complete.length === 0 ? runs : complete
  const isPriced = runs.every((run) => run.invocations.every(({ costUsd }) => costUsd !== undefined))
  return {
    latencyMs: measuredTimes(counted.map(({ latencyMs }) => latencyMs)),
    costUsd: isPriced ? measuredValues(counted.map(({ costUsd }) => costUsd)) : null,
  }
}

/** What runs, in any order, span. */
export function windowSummary(runs: readonly ObservedRun[]): WindowSummary {
  const versions = new Set<number>()
  let [fromMs, toMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let invocations = 0
  for (const run of runs) {
    fromMs = Math.min(fromMs, run.startMs)
    toMs = Math.max(toMs, run.endMs)
    invocations += run.invocations.length
    for (const { configVersion } of run.invocations) if (configVersion !== undefined) versions.add(configVersion)
  }
  return {
    fromMs: runs.length === 0 ? null : fromMs,
    toMs: runs.length === 0 ? null : toMs,
    runs: runs.length,
    completeRuns: runs.filter((run) => run.complete).length,
    invocations,
    configVersions: [...versions].sort((a, b) => a - b),
  }
}
