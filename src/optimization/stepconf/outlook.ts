import { assertNever } from "../../base/assert-never.ts"
import { coldStarts, costOf, pointOf } from "../../estimation/compiled-space.ts"
import { schedule } from "../../workflow/critical-path.ts"
import { cheapestWithin } from "../frontier.ts"
import { CAUTIONS } from "../margins.ts"
import type { RunView } from "../policy.ts"
import type { OpenChoices } from "./selection.ts"
import { situationOf, type Source } from "./situation.ts"
import { subSlos } from "./sub-slos.ts"

/**
 * How a run stands before a decision: the situation carries the deadline to plan for. `late`: even the median of the
 * fastest configurations misses the SLO, the deadline is the earliest end there is. `over-budget`: even the cheapest
 * configurations cost more than is left.
 */
export interface Outlook {
  readonly kind: "on-time" | "late" | "over-budget"
  readonly situation: OpenChoices
  readonly view: RunView
}

/** Halvings of the deadline when a budget is the goal: a thousandth of the range. */
const BUDGET_ROUNDS = 12

/** Finds the deadline to plan for, and the caution that the goal leaves room for. */
export function outlookOf(source: Source, view: RunView): Outlook {
  switch (view.goal.kind) {
    case "cost":
      return forDeadline(source, view, view.goal.sloMs)
    case "latency":
      return forBudget(source, view, view.goal.budgetUsd)
    default:
      return assertNever(view.goal)
  }
}

function forDeadline(source: Source, view: RunView, sloMs: number): Outlook {
  for (const caution of CAUTIONS) {
    const situation = situationOf(source, view, caution)
    if (earliestEnd(situation) <= sloMs * (1 + 1e-9))
      return { kind: "on-time", situation: { ...situation, deadlineMs: sloMs }, view }
  }
  const situation = situationOf(source, view, 0)
  return { kind: "late", situation: { ...situation, deadlineMs: earliestEnd(situation) }, view }
}

/** The least deadline whose sub-SLOs the rest of the budget pays for. */
function forBudget(source: Source, view: RunView, budgetUsd: number): Outlook {
  const situation = situationOf(source, view, 1)
  const left = budgetUsd - spentUsd(source, view)
  let low = earliestEnd(situation)
  let high = Math.max(low, endAt(situation, "cheapest"))
  const at = (deadlineMs: number): OpenChoices => ({ ...situation, deadlineMs })
  if (plannedUsd(at(high)) > left * (1 + 1e-9)) return { kind: "over-budget", situation: at(high), view }
  if (plannedUsd(at(low)) <= left) return { kind: "on-time", situation: at(low), view }
  for (let round = 0; round < BUDGET_ROUNDS; round++) {
    const middle = (low + high) / 2
    if (plannedUsd(at(middle)) <= left) high = middle
    else low = middle
  }
  return { kind: "on-time", situation: at(high), view }
}

/** End of the run when every open step takes its fastest configuration. */
export function earliestEnd(situation: OpenChoices): number {
  return endAt(situation, "fastest")
}

function endAt({ graph, open, frontiers, releaseMs, fastestMs }: OpenChoices, which: "fastest" | "cheapest"): number {
  const times = fastestMs.map((fastest, i) => (which === "fastest" ? fastest : (frontiers[i]?.latencyMs.at(-1) ?? 0)))
  const { tail } = schedule(graph, times)
  // Every open step starts no earlier than its release, and what follows takes at least the tail.
  return releaseMs.reduce((end, at, i) => (open[i] ? Math.max(end, at + times[i]! + tail[i]!) : end), 0)
}

/** Cost of the open steps when each takes the cheapest configuration within its window. */
function plannedUsd(situation: OpenChoices): number {
  const { startMs, endMs } = subSlos(situation)
  return situation.frontiers.reduce((sum, frontier, i) => {
    if (frontier === undefined) return sum
    const chosen = Math.max(0, cheapestWithin(frontier, (endMs[i]! - startMs[i]!) * (1 + 1e-9)))
    return sum + frontier.costUsd[chosen]!
  }, 0)
}

/** Predicted cost of everything that has run or runs, cold. */
export function spentUsd(source: Source, view: RunView): number {
  let sum = 0
  for (const [name, { config }] of [...view.finished, ...view.running]) {
    const space = source.spaceOf(view, name)
    const point = pointOf(space, config, coldStarts(space.tasks, config.instances, 0))
    const costUsd = point === undefined ? NaN : costOf(space, point)
    if (!Number.isNaN(costUsd)) sum += costUsd
  }
  return sum
}
