/**
 * Whether runs under a changed configuration are worse than those before, or beside, it.
 *
 * Welch's test, one-sided, on the logs of latency and of cost of whole runs: worse where the mean log is above what the
 * change was predicted to make of it, and a tolerance, by more than Z standard errors. With Z = 3.09 a change that is as
 * good as predicted is called worse once in a thousand times by each; the tolerance is what nobody would take it back
 * for. Runs that failed count by themselves: one that ran out of memory at a size of the change condemns it at once.
 */
import { type Moments, momentsOf, NO_MOMENTS, together, varianceOf } from "./moments.ts"

/** Runs under one configuration. */
export interface RunSums {
  readonly logLatency: Moments
  readonly logCost: Moments
  /** Runs in which a changed step ran out of memory or timed out at a size of the change. */
  readonly failed: number
}

export const NO_RUNS: RunSums = { logLatency: NO_MOMENTS, logCost: NO_MOMENTS, failed: 0 }

/** What the change was predicted to do: factors on the latency and the cost of a run. */
export interface ExpectedEffect {
  readonly latencyRatio: number
  readonly costRatio: number
}

export type Verdict =
  | { readonly kind: "worse"; readonly what: "latency" | "cost" | "failures"; readonly why: string }
  | { readonly kind: "not-worse" }
  | { readonly kind: "too-few"; readonly changed: number; readonly others: number }

/** One-sided, p = 0.001. */
const Z = 3.09

/** What a change may be off its prediction without being taken back, as a factor. */
const TOLERANCE = 1.02

export function runSums(
  runs: readonly { readonly latencyMs: number; readonly costUsd: number; readonly failed: boolean }[],
): RunSums {
  const usable = runs.filter(({ latencyMs, costUsd, failed }) => !failed && latencyMs > 0 && costUsd > 0)
  return {
    logLatency: momentsOf(usable.map(({ latencyMs }) => Math.log(latencyMs))),
    logCost: momentsOf(usable.map(({ costUsd }) => Math.log(costUsd))),
    failed: runs.filter(({ failed }) => failed).length,
  }
}

export function addRuns(a: RunSums, b: RunSums): RunSums {
  return {
    logLatency: together(a.logLatency, b.logLatency),
    logCost: together(a.logCost, b.logCost),
    failed: a.failed + b.failed,
  }
}

/** Judges `changed` against `others`, of both at least `least` runs. */
export function judge(
  { changed, others }: { readonly changed: RunSums; readonly others: RunSums },
  { expected, least }: { readonly expected: ExpectedEffect; readonly least: number },
): Verdict {
  if (changed.failed > others.failed)
    return { kind: "worse", what: "failures", why: `${changed.failed} runs failed at the new sizes` }
  const count = { changed: changed.logLatency.count, others: others.logLatency.count }
  if (count.changed < least || count.others < least) return { kind: "too-few", ...count }
  for (const what of ["latency", "cost"] as const) {
    const key = what === "latency" ? "logLatency" : "logCost"
    // What was predicted to get better must at least not get worse.
    const allowed = Math.max(1, what === "latency" ? expected.latencyRatio : expected.costRatio) * TOLERANCE
    const change = changed[key].mean - others[key].mean
    if (change - Math.log(allowed) > Z * standardError(changed[key], others[key]))
      return {
        kind: "worse",
        what,
        why: `${what} of a run ${percent(change)}, expected at most ${percent(Math.log(allowed))}`,
      }
  }
  return { kind: "not-worse" }
}

function standardError(a: Moments, b: Moments): number {
  return Math.sqrt(varianceOf(a) / a.count + varianceOf(b) / b.count)
}

function percent(log: number): string {
  const change = 100 * (Math.exp(log) - 1)
  return `${change < 0 ? "" : "+"}${change.toFixed(1)} %`
}
