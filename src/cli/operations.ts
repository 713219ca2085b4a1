import { realClock } from "../base/clock.ts"
import { formatMs, formatUsd } from "../base/format.ts"
import type { Json } from "../base/json.ts"
import { seededRandom } from "../base/random.ts"
import type { OperationSource } from "../estimation/operation-profile.ts"
import {
  type FunctionOperations,
  type OperationCampaignReport,
  profileWorkflowOperations,
} from "../profiling/operation-campaign.ts"
import { terminalPaint } from "../report/terminal-style.ts"
import { terminalTable } from "../report/terminal-table.ts"
import { fullCpu, type Workspace } from "./composition.ts"
import { EXIT } from "./exit-codes.ts"
import type { Terminal } from "./terminal.ts"

export interface OperationsRequest {
  readonly workspace: Workspace
  readonly terminal: Terminal
  readonly input: Json
  readonly signal: AbortSignal
  readonly source: OperationSource
}

/** Counts the operations of each function with progress on stderr, and prints them; returns the exit code. */
export async function countOperations(request: OperationsRequest): Promise<number> {
  const { workspace, terminal } = request
  const report = await campaign(request)
  terminal.done(operationsText(report))
  const { functions, ...rest } = report
  const rows = functions.map(({ functionName, state, record }) => ({ function: functionName, state, ...record }))
  terminal.result(
    { schemaVersion: 1, enforcement: workspace.platform.info.enforcement, ...rest, functions: rows },
    () => `${operationsTable(report, terminal)}\n${operationsText(report)}`,
  )
  return EXIT.ok
}

/** Counts the operations of functions that are not known yet, with the project's own input, and prints nothing as data. */
export async function learnOperations(
  request: Pick<OperationsRequest, "workspace" | "terminal" | "signal">,
): Promise<void> {
  // Whatever a project file holds is JSON.
  const input = request.workspace.project.input as Json
  const report = await campaign({ ...request, input, source: "portable" })
  request.terminal.done(operationsText(report))
}

async function campaign({
  workspace,
  terminal,
  input,
  signal,
  source,
}: OperationsRequest): Promise<OperationCampaignReport> {
  const { project, platform, store, packages, profiles, operations, environment } = workspace
  return await profileWorkflowOperations({
    workflow: project.workflow,
    platform,
    store,
    packages,
    environment,
    input,
    profiles,
    operations,
    source,
    fullCpu: fullCpu(platform),
    onProgress: ({ done, total, elapsedMs, costUsd, doing }) =>
      terminal.progress(
        `counting operations, ${doing}: ${done} of ${total} steps, ${formatMs(elapsedMs)}, ${formatUsd(costUsd)} spent`,
      ),
    signal,
    clock: realClock,
    random: seededRandom(1),
  })
}

/** One line: what was run, what it took and cost. */
function operationsText({ source, functions, invocations, elapsedMs, costUsd }: OperationCampaignReport): string {
  const count = functions.filter(({ state }) => state === "measured").length
  if (count === 0) return `counted already (${source} source): nothing to run`
  const ran = `${count} of ${functions.length} functions counted by the ${source} source`
  return `${ran}: ${invocations} invocations in ${formatMs(elapsedMs)}, ${formatUsd(costUsd)}`
}

const MB = 2 ** 20

function operationsTable({ functions, source }: OperationCampaignReport, { width, color }: Terminal): string {
  return terminalTable({
    rows: functions,
    width,
    paint: terminalPaint({ color }),
    columns: [
      { header: "function", cell: (row) => row.functionName },
      { header: "state", cell: (row) => row.state, dropOrder: 1 },
      numbers("tasks", ({ tasks }) => String(tasks)),
      numbers("wall", ({ profile: { local } }) => formatMs(local.wallMs)),
      numbers("CPU", ({ profile: { local } }) => formatMs(local.userMs + local.systemMs)),
      numbers("peak memory", ({ profile: { counters } }) => countText(counters.peakMemoryBytes, MB, "MB")),
      numbers("switches", ({ profile: { counters } }) => countText(counters.contextSwitches), 3),
      numbers("sent", ({ profile: { counters } }) => countText(counters.bytesSent, 1024, "KB"), 2),
      numbers("received", ({ profile: { counters } }) => countText(counters.bytesReceived, 1024, "KB"), 2),
      ...(source === "portable"
        ? []
        : [numbers("instructions", ({ profile: { counters } }) => countText(counters.instructions, 1e6, "M"), 3)]),
    ],
  })
}

type Cell = (record: NonNullable<FunctionOperations["record"]>) => string

function numbers(
  header: string,
  cell: Cell,
  dropOrder?: number,
): { header: string; align: "right"; cell: (row: FunctionOperations) => string; dropOrder?: number } {
  return {
    header,
    align: "right",
    cell: ({ record }) => (record === null ? "-" : cell(record)),
    ...(dropOrder === undefined ? {} : { dropOrder }),
  }
}

function countText(value: number | undefined, unit = 1, name = ""): string {
  return value === undefined ? "-" : `${Math.round(value / unit).toLocaleString("en-US")} ${name}`.trim()
}
