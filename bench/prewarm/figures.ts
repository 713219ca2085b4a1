import type { PrewarmRuleName } from "../../src/engine/prewarm-rule.ts"
import type { RunResult } from "../../src/workflow/run-result.ts"

/** What runs under one rule came to. Sums are over all runs. */
export interface PrewarmFigures {
  readonly rule: PrewarmRuleName
  readonly runs: number
  readonly latencyMs: number
  /** Mapping delay along the longest measured paths, ms. */
  readonly mappingDelayMs: number
  readonly invocations: number
  readonly coldStarts: number
  readonly warmed: number
  readonly hits: number
  readonly costUsd: number
  readonly prewarmUsd: number
  /** Runs that ended within their SLO. */
  readonly met: number
}

export const RULES: readonly PrewarmRuleName[] = ["none", "paper", "newsvendor"]

export function nothing(rule: PrewarmRuleName): PrewarmFigures {
  return {
    rule,
    runs: 0,
    latencyMs: 0,
    mappingDelayMs: 0,
    invocations: 0,
    coldStarts: 0,
    warmed: 0,
    hits: 0,
    costUsd: 0,
    prewarmUsd: 0,
    met: 0,
  }
}

/** The figures with one more run. */
export function withRun(sum: PrewarmFigures, run: RunResult): PrewarmFigures {
  const path = new Set(run.criticalPath)
  const invocations = run.steps.flatMap((step) => step.invocations)
  return {
    rule: sum.rule,
    runs: sum.runs + 1,
    latencyMs: sum.latencyMs + run.latencyMs,
    mappingDelayMs:
      sum.mappingDelayMs + run.steps.reduce((ms, step) => ms + (path.has(step.name) ? step.mappingDelayMs : 0), 0),
    invocations: sum.invocations + invocations.length,
    coldStarts: sum.coldStarts + invocations.filter((one) => one.coldStart).length,
    warmed: sum.warmed + run.prewarm.warmed,
    hits: sum.hits + run.prewarm.hits,
    costUsd: sum.costUsd + run.costUsd,
    prewarmUsd: sum.prewarmUsd + run.prewarm.costUsd,
    met: sum.met + (run.sloMet === true ? 1 : 0),
  }
}

/** One rule against none on the same runs, for people: shares in percent, times and money a run. */
export function against(none: PrewarmFigures, own: PrewarmFigures): Readonly<Record<string, number | null>> {
  const avoided = none.coldStarts - own.coldStarts
  const percent = (share: number): number => round(100 * share, 2)
  return {
    runs: own.runs,
    latencyMs: round(own.latencyMs / own.runs, 1),
    mappingSharePct: percent(own.mappingDelayMs / own.latencyMs),
    coldStartsPerRun: round(own.coldStarts / own.runs, 2),
    coldSharePct: percent(own.coldStarts / Math.max(1, own.invocations)),
    warmedPerRun: round(own.warmed / own.runs, 2),
    wastedPct: percent((own.warmed - own.hits) / Math.max(1, own.warmed)),
    sloMetPct: percent(own.met / own.runs),
    costUsd: own.costUsd / own.runs,
    prewarmUsd: own.prewarmUsd / own.runs,
    extraCostPct: percent(own.costUsd / none.costUsd - 1),
    /** By what the dummy calls cost; the starts that they take over are not paid again by the calls that follow. */
    coldAvoidedPerUsd: own.prewarmUsd === 0 ? null : Math.round(avoided / own.prewarmUsd),
    savedMsPerRun: round((none.latencyMs - own.latencyMs) / own.runs, 1),
  }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
