import { assertNever } from "../base/assert-never.ts"
import { formatMs, formatUsd } from "../base/format.ts"
import type { RunResult } from "../workflow/run-result.ts"
import { formatPercentile, formatShare } from "./numbers.ts"

/** How a run ended against its goal: the first thing that anybody wants to know. */
export interface Verdict {
  readonly tone: "good" | "warn" | "bad"
  /** Two or three words: `SLO met`. */
  readonly label: string
  /** `17.9 s of 20.0 s at p95: 2.1 s to spare`. */
  readonly sentence: string
}

/** Judges a run by its status first and by its goal then. */
export function verdictOf(result: RunResult): Verdict {
  const goal = goalVerdict(result)
  switch (result.status) {
    case "succeeded":
      return goal
    case "partial":
      return { tone: "warn", label: `Partial, ${lowerFirst(goal.label)}`, sentence: goal.sentence }
    case "failed":
      return { tone: "bad", label: "Failed", sentence: errorSentence(result) }
    case "broken":
      return { tone: "bad", label: "Broken", sentence: errorSentence(result) }
    case "cancelled":
      return {
        tone: "warn",
        label: "Cancelled",
        sentence: `after ${formatMs(result.latencyMs)}${result.error === null ? "" : `: ${result.error.message}`}`,
      }
    default:
      return assertNever(result.status)
  }
}

/** Share of the SLO or of the budget that the run used; above 1 it was missed. */
export function goalShare(result: RunResult): number {
  const { goal } = result
  return goal.kind === "cost" ? result.latencyMs / goal.sloMs : result.costUsd / goal.budgetUsd
}

function goalVerdict(result: RunResult): Verdict {
  const { goal, latencyMs, costUsd } = result
  if (goal.kind === "latency") {
    const met = costUsd <= goal.budgetUsd
    const sentence = `${formatUsd(costUsd)} of ${formatUsd(goal.budgetUsd)} in ${formatMs(latencyMs)}`
    return { tone: met ? "good" : "bad", label: met ? "Within budget" : "Over budget", sentence }
  }
  const met = result.sloMet ?? latencyMs <= goal.sloMs
  const gap = Math.abs(goal.sloMs - latencyMs)
  const of = `${formatMs(latencyMs)} of ${formatMs(goal.sloMs)} at ${formatPercentile(goal.percentile)}`
  return {
    tone: met ? "good" : "bad",
    label: met ? "SLO met" : "SLO missed",
    sentence: `${of}: ${formatMs(gap)} ${met ? "to spare" : "late"} (${formatShare(goalShare(result))} of the SLO)`,
  }
}

function errorSentence({ error }: RunResult): string {
  if (error === null) return "without an error of a step"
  return `${error.step === "" ? "" : `step ${error.step}: `}${error.errorType}: ${error.message}`
}

function lowerFirst(text: string): string {
  return text.startsWith("SLO") ? text : text.charAt(0).toLowerCase() + text.slice(1)
}
