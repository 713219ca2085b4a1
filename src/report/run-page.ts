import { formatMs } from "../base/format.ts"
import type { RunResult } from "../workflow/run-result.ts"
import { attemptTable } from "./attempt-table.ts"
import { billTable } from "./bill-table.ts"
import { dag } from "./dag.ts"
import { decisionLog } from "./decision-log.ts"
import { gantt } from "./gantt.ts"
import { h } from "./h.ts"
import type { VNode } from "./h.ts"
import { htmlPage } from "./page.ts"
import { headlineCards, runHeader, runNotices } from "./run-headline.ts"
import { hedgesText, prewarmText } from "./run-summary.ts"
import { verdictOf } from "./run-verdict.ts"
import { scroll, section } from "./section.ts"
import { stepTable } from "./step-table.ts"

/**
 * One run as one HTML file: whether the goal was met, where the time went, what was decided and why, and the bill.
 * It loads nothing, runs nothing, and follows the reader's light or dark scheme.
 */
export function runPage(result: RunResult): string {
  const attempts = attemptTable(result)
  const body = h(
    "main",
    {},
    runHeader(result),
    headlineCards(result),
    ...runNotices(result),
    section(
      "Where the time went",
      "Each lane is a step and each row an instance. Behind them the time that was predicted when the step was decided.",
      scroll("Time line", gantt(result, { id: "gantt" })),
    ),
    section(
      "The critical path",
      "The longest chain of measured times decides how long the run took. Slack is what a step could have taken more.",
      scroll("Steps as a graph", dag(result, { id: "dag" })),
    ),
    section(
      "What was decided, and why",
      "Configurations are memory × instances × processes. The runner-up is the best of what was not chosen.",
      decisionLog(result),
    ),
    section("Predicted and measured", "Measured above, predicted below.", stepTable(result)),
    section("The bill", billLead(result), billTable(result)),
    attempts === null
      ? null
      : section("Cold starts and attempts", "Instances that had to start, and work that was tried again.", attempts),
    runFooter(result),
  )
  return htmlPage({ title: `${result.workflow}: ${verdictOf(result).label}, ${formatMs(result.latencyMs)}`, body })
}

function runFooter(result: RunResult): VNode {
  return h(
    "footer",
    {},
    h(
      "p",
      {},
      `CPU and memory were enforced by: ${result.enforcement}. Overhead is the latency of the run less its longest path of measured times.`,
    ),
    h(
      "p",
      {},
      "Start is the time from sending a request to the beginning of the work; on a cold instance it includes the init. Retry is the time that earlier attempts took. Made by Trimtab.",
    ),
  )
}

/** What the bill is of, and what its lines for prewarming and duplicates bought. */
function billLead(result: RunResult): string {
  const { prewarm, hedges } = result
  return [
    "What was used, priced line by line before tax and discounts.",
    ...(prewarm.asked > 0 || (prewarm.declined ?? 0) > 0 ? [`Prewarming: ${prewarmText(result)}.`] : []),
    ...(hedges === undefined ? [] : [`Hedges: ${hedgesText(hedges)}.`]),
  ].join(" ")
}
