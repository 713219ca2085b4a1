import { seededRandom, seedOf, type Random } from "../../base/random.ts"
import { normalQuantile } from "../../statistics/normal.ts"
import type { InvocationRecord } from "../../protocol/invocation-record.ts"
import type { PlayedInvocation } from "./played-runs.ts"
import type { TruePipeline, TrueRun } from "./true-pipeline.ts"

/** A function of a call tree: stages one after the other, the functions of a stage side by side. */
interface Caller {
  readonly name: string
  readonly medianMs: number
  readonly stages: readonly (readonly Called[])[]
}

interface Called extends Caller {
  /** Share of the calls of its caller that call it. */
  readonly probability: number
}

/** Runs of functions that call functions and wait for them, and what was true of them. */
export interface CalledRuns {
  readonly invocations: readonly PlayedInvocation[]
  readonly truth: TruePipeline
}

/** Spread of durations, standard deviation of ln. */
const LOG_SD = 0.35

/** Way of a request, and of an answer: least and more, ms. */
const WAY_MS = { least: 4, more: 8 }

/** A random tree of 3-12 functions, called so often. The same seed gives the same. */
export function calledRuns(seed: number, runs: number): CalledRuns {
  const random = seededRandom(seedOf(`calls ${seed}`))
  const names = { next: 0 }
  const root = callerOf(random, names, 2)
  const invocations: PlayedInvocation[] = []
  const trueRuns = new Map<string, TrueRun>()
  let atMs = Date.UTC(2026, 2, 1)
  for (let run = 0; run < runs; run++) {
    atMs += -2_000 * Math.log(1 - random.next())
    const runId = `run-${seed}-${run}`
    const steps = new Set<string>()
    const path = call(root, { runId, random, invocations, steps, requestMs: atMs, caller: null }).path
    trueRuns.set(runId, { runId, steps, criticalPath: path })
  }
  const shares = new Map<string, number>()
  for (const { steps } of trueRuns.values())
    for (const step of steps) shares.set(step, (shares.get(step) ?? 0) + 1 / runs)
  return { invocations, truth: { runs: trueRuns, edges: new Set(edgesOf(root)), shares, ambiguous: null } }
}

function callerOf(random: Random, names: { next: number }, depth: number): Caller {
  const name = `g${names.next++}`
  const count = depth === 0 ? 0 : 1 + Math.floor(random.next() * 3)
  const stages = Array.from({ length: depth === 2 ? Math.max(2, count) : count }, () => {
    const width = depth === 2 ? 1 + Math.floor(random.next() * 2) : 1
    const optional = width === 1 && random.next() < 0.25
    return Array.from({ length: width }, (): Called => {
      const deeper = random.next() < 0.25 ? depth - 1 : 0
      return { ...callerOf(random, names, deeper), probability: optional ? 0.3 + 0.4 * random.next() : 1 }
    })
  })
  return { name, medianMs: 100 + 300 * random.next(), stages }
}

interface Call {
  readonly runId: string
  readonly random: Random
  readonly invocations: PlayedInvocation[]
  readonly steps: Set<string>
  readonly requestMs: number
  /** Number of the invocation that calls; null of the first. */
  readonly caller: number | null
}

/** Plays a call: when it ended, and the chain in it. */
function call(one: Caller, context: Call): { readonly endMs: number; readonly path: readonly string[] } {
  const { random, invocations, steps, runId } = context
  const number = invocations.length
  const startMs = context.requestMs + way(random)
  steps.add(one.name)
  // Its place is kept: those that it calls are recorded while it runs.
  invocations.push({ runId, step: one.name, record: recordOf(one.name, startMs, startMs) })
  const ownMs = one.medianMs * Math.exp(LOG_SD * normalQuantile(0.001 + 0.998 * random.next()))
  let nowMs = startMs + 0.6 * ownMs
  const path = [one.name]
  for (const stage of one.stages) {
    const called = stage
      .filter(({ probability }) => random.next() < probability)
      .map((child) => call(child, { ...context, requestMs: nowMs, caller: number }))
    if (called.length === 0) continue
    const last = called.reduce((latest, child) => (child.endMs > latest.endMs ? child : latest))
    path.push(...last.path)
    nowMs = last.endMs + way(random) / 2
  }
  const endMs = nowMs + 0.4 * ownMs
  const record = recordOf(one.name, startMs, endMs)
  invocations[number] = { runId, step: one.name, record, ...(context.caller !== null && { caller: context.caller }) }
  return { endMs, path }
}

function way(random: Random): number {
  return WAY_MS.least + WAY_MS.more * random.next()
}

function recordOf(functionName: string, startedAtMs: number, endedAtMs: number): InvocationRecord {
  const durationMs = endedAtMs - startedAtMs
  return {
    requestId: "",
    functionName,
    memoryMB: 1024,
    repeat: 0,
    coldStart: false,
    sentAtMs: startedAtMs,
    startedAtMs,
    endedAtMs,
    receivedAtMs: endedAtMs,
    initMs: 0,
    durationMs,
    billedMs: Math.ceil(durationMs),
    maxMemoryUsedMB: 90,
  }
}

/**
 * A caller calls the first stage; a later stage follows the one before, and where that may have been left out those
 * before it too, unless a longer way implies it: an optional stage is one function, so the one after it follows it alone.
 */
function edgesOf(one: Caller): readonly string[] {
  return one.stages.flatMap((stage, i) => {
    const before = one.stages[i - 1] ?? [one]
    return stage.flatMap((child) => [...before.map(({ name }) => `${name}>${child.name}`), ...edgesOf(child)])
  })
}
