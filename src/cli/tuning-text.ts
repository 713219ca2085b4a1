import { formatMs } from "../base/format.ts"
import { terminalPaint } from "../report/terminal-style.ts"
import { terminalTable } from "../report/terminal-table.ts"
import type { Move } from "../tuner/adjustment/decide.ts"
import type { AuditEntry, AuditLog } from "../tuner/audit-log.ts"
import type { Configs } from "../tuner/publishing/config-document.ts"
import type { ConfigPublisher } from "../tuner/publishing/config-publisher.ts"
import type { TunedWindow } from "../tuner/tuner.ts"
import type { Terminal } from "./terminal.ts"

/** One window as a JSON document. */
export function windowDocument(window: TunedWindow): object {
  const { action, decided, version, published, refused, runs, completeRuns, decideMs, tookMs } = window
  return {
    schemaVersion: 1,
    version,
    published,
    action,
    changes: decided.changes,
    refused,
    runs,
    completeRuns,
    decideMs,
    tookMs,
  }
}

/** One window in a line. */
export function windowText({ action, version, published, completeRuns, tookMs }: TunedWindow): string {
  const head = `${completeRuns} runs, version ${version}`
  if (action.kind === "keep") return `${head}: kept; ${action.why}`
  const share = action.canary === undefined ? "" : ` for ${action.canary.sharePercent} % of the runs`
  const done = published ? `published in ${formatMs(tookMs)}` : "not published"
  return `${head}: ${action.how}${share}: ${movesText(action.moves)}; ${action.why}; ${done}`
}

function movesText(moves: readonly Move[]): string {
  if (moves.length === 0) return "no size changes"
  return moves.map(({ step, fromMB, toMB }) => `${step} ${fromMB} -> ${toMB} MB`).join(", ")
}

/** What was published, by whom and why: the versions in the store, beside what the audit log of this machine says. */
export interface TuningHistory {
  readonly document: object
  text(terminal: Pick<Terminal, "width" | "color">): string
}

interface HistoryRow {
  readonly version: number
  readonly atMs: number | null
  readonly how: string
  readonly sizes: string
  readonly why: string
}

export async function historyOf(publisher: ConfigPublisher, audit: AuditLog): Promise<TuningHistory> {
  const entries = await audit.entries()
  const versions: object[] = []
  const rows: HistoryRow[] = []
  let before: Configs = {}
  let number = 0
  for await (const found of publisher.history()) {
    number++
    versions.push(found)
    if ("key" in found) {
      rows.push({ version: number, atMs: null, how: "refused", sizes: "", why: found.reason })
      continue
    }
    const { version, publishedAtMs, configs, canary, reason, restores } = found
    const entry = entries.find((one) => one.kind === "published" && one.version === version)
    const how = entry?.kind === "published" ? entry.how : restores === undefined ? "by others" : `back to ${restores}`
    const sizes = sizesText(canary === undefined ? configs : canary.configs, canary === undefined ? before : configs)
    const share = canary === undefined ? "" : ` (${canary.sharePercent} %)`
    rows.push({ version, atMs: publishedAtMs, how: `${how}${share}`, sizes, why: reason })
    before = configs
  }
  const document = { schemaVersion: 1, pipeline: publisher.pipeline, versions, audit: entries }
  return { document, text: (terminal) => historyText(rows, entries, terminal) }
}

/** The sizes that differ from those before. */
function sizesText(configs: Configs, before: Configs): string {
  return Object.entries(configs)
    .filter(([step, { memoryMB }]) => before[step]?.memoryMB !== memoryMB)
    .map(([step, { memoryMB }]) => `${step} ${memoryMB}`)
    .join(", ")
}

function historyText(
  rows: readonly HistoryRow[],
  entries: readonly AuditEntry[],
  { width, color }: Pick<Terminal, "width" | "color">,
): string {
  if (rows.length === 0) return "nothing was published yet"
  const table = terminalTable({
    rows,
    width,
    paint: terminalPaint({ color }),
    columns: [
      { header: "version", cell: ({ version }) => `${version}`, align: "right" },
      { header: "published", cell: ({ atMs }) => (atMs === null ? "-" : new Date(atMs).toISOString().slice(0, 19)) },
      { header: "what", cell: ({ how }) => how, style: ({ how }) => (how === "refused" ? "bad" : undefined) },
      { header: "MB", cell: ({ sizes }) => sizes, wrapTo: 20 },
      { header: "why", cell: ({ why }) => why, wrapTo: 30, dropOrder: 1 },
    ],
  })
  const refused = entries.filter(({ kind }) => kind === "refused").length
  return refused === 0 ? table : `${table}\n${refused} objects were refused; see --json`
}
