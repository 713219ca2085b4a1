import { formatMs, formatUsd } from "../base/format.ts"
import { realClock } from "../base/clock.ts"
import { dropUndefined, type Json } from "../base/json.ts"
import { seededRandom } from "../base/random.ts"
import { profileWorkflow } from "../profiling/campaign.ts"
import type { CampaignReport } from "../profiling/campaign-report.ts"
import type { RegretRule } from "../profiling/regret-phase.ts"
import type { Workspace } from "./composition.ts"
import type { Terminal } from "./terminal.ts"

/** Runs the profiling campaign of a workspace with its progress on stderr. What is measured already is kept. */
export async function measure(options: {
  readonly workspace: Workspace
  readonly terminal: Terminal
  readonly input: Json
  /** Where absent the fixed design is measured and nothing more. */
  readonly until?: RegretRule
  readonly budget?: { readonly maxMs?: number | undefined; readonly maxUsd?: number | undefined }
  readonly signal: AbortSignal
}): Promise<CampaignReport> {
  const { workspace, terminal, input, until, budget = {}, signal } = options
  const { project, platform, store, packages, profiles } = workspace
  const report = await profileWorkflow({
    workflow: project.workflow,
    platform,
    store,
    packages,
    environment: workspace.environment,
    input,
    profiles,
    budget: dropUndefined(budget),
    ...(until === undefined ? {} : { until }),
    onProgress: ({ done, total, elapsedMs, leftMs, costUsd, doing }) => {
      const left = leftMs === null ? "" : `, about ${formatMs(leftMs)} left`
      terminal.progress(
        `profiling ${doing}: ${done} of ${total}, ${formatMs(elapsedMs)}${left}, ${formatUsd(costUsd)} spent`,
      )
    },
    signal,
    clock: realClock,
    // Sampling is reproducible: the same profile asks for the same next measurement.
    random: seededRandom(1),
  })
  terminal.done(campaignText(report))
  return report
}

/** One line: what was measured, what it took and cost. */
export function campaignText(report: CampaignReport): string {
  if (report.invocations === 0 && report.unreached.length === 0) return "profiled already: nothing to measure"
  const notes = [
    `${report.invocations} invocations in ${formatMs(report.elapsedMs)}, ${formatUsd(report.costUsd)}`,
    ...(report.repeated > 0 ? [`${report.repeated} repeated because the machine was busy`] : []),
    ...(report.failures > 0 ? [`${report.failures} sizes failed, which is known now`] : []),
    ...(report.unreached.length > 0
      ? [`not reached by this input: ${report.unreached.join(", ")}; profile again with another --input`]
      : []),
    ...(report.skipped > 0 ? [`${report.skipped} measurements left out for lack of time`] : []),
  ]
  return `profiled: ${notes.join("; ")}`
}
