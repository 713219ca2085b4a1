import type { GatheredRun } from "../inspection/gathered-run.ts"
import type { ObservedInvocation } from "../observation.ts"
import { endMs, requestMs, type Ahead } from "./spans.ts"

/** What follows another in a workflow does so within this time, ms, whatever the platform. */
const FOLLOWS_MS = 1_000

/** Instants are rounded, ms. */
const ROUNDING_MS = 2

/** Share of the runs that call a function again in which something else must have run between. */
const MOSTLY = 0.9

/** Runs that show it. */
const LEAST_RUNS = 3

/**
 * A function that a workflow calls at several places is several steps, which the log of the function does not tell: its
 * later calls are taken as steps `f#2`, `f#3` when between them something else ran that followed the one and was followed
 * by the other. Calls with nothing between them, as of a map, stay one step. O(n log n) for the calls of a run.
 */
export function splitOccurrences(runs: readonly GatheredRun[], ahead: Ahead): readonly GatheredRun[] {
  const split = repeatedFunctions(runs, ahead)
  if (split.size === 0) return runs
  return runs.map((run) => {
    const sorted = inOrder(run, ahead)
    const occurrence = new Map<string, number>()
    const last = new Map<string, ObservedInvocation>()
    const invocations = sorted.map((invocation) => {
      const { functionName } = invocation
      if (invocation.step !== undefined || !split.has(functionName)) return invocation
      const before = last.get(functionName)
      last.set(functionName, invocation)
      if (before !== undefined && isBetween(sorted, { before, after: invocation }, ahead))
        occurrence.set(functionName, (occurrence.get(functionName) ?? 1) + 1)
      const number = occurrence.get(functionName) ?? 1
      return number === 1 ? invocation : { ...invocation, step: `${functionName}#${number}` }
    })
    return { ...run, invocations }
  })
}

/** Functions that are called again after something else, in nearly all runs that call them again. */
function repeatedFunctions(runs: readonly GatheredRun[], ahead: Ahead): ReadonlySet<string> {
  const again = new Map<string, { runs: number; apart: number }>()
  for (const run of runs) {
    const calls = new Map<string, number>()
    for (const { functionName, step } of run.invocations)
      if (step === undefined) calls.set(functionName, (calls.get(functionName) ?? 0) + 1)
    const repeated = [...calls].flatMap(([name, count]) => (count > 1 ? [name] : []))
    if (repeated.length === 0) continue
    const sorted = inOrder(run, ahead)
    for (const name of repeated) {
      const own = sorted.filter(({ functionName }) => functionName === name)
      const isApart = own.some((after, i) => i > 0 && isBetween(sorted, { before: own[i - 1]!, after }, ahead))
      const seen = again.get(name) ?? { runs: 0, apart: 0 }
      again.set(name, seen)
      seen.runs += 1
      if (isApart) seen.apart += 1
    }
  }
  return new Set(
    [...again].flatMap(([name, { runs: seen, apart }]) =>
      apart >= Math.min(LEAST_RUNS, runs.length) && apart >= MOSTLY * seen ? [name] : [],
    ),
  )
}

function inOrder({ invocations }: GatheredRun, ahead: Ahead): readonly ObservedInvocation[] {
  return invocations.toSorted((a, b) => requestMs(a, ahead) - requestMs(b, ahead))
}

/** True when something else ran between two calls of a function: after the one, soon, and right before the other. */
function isBetween(
  sorted: readonly ObservedInvocation[],
  { before, after }: { readonly before: ObservedInvocation; readonly after: ObservedInvocation },
  ahead: Ahead,
): boolean {
  const from = endMs(before, ahead) - ROUNDING_MS
  const to = requestMs(after, ahead) + ROUNDING_MS
  const between = sorted.filter(
    (one) => one.functionName !== before.functionName && requestMs(one, ahead) >= from && endMs(one, ahead) <= to,
  )
  return (
    between.some((one) => requestMs(one, ahead) <= from + FOLLOWS_MS) &&
    between.some((one) => endMs(one, ahead) >= to - FOLLOWS_MS)
  )
}
