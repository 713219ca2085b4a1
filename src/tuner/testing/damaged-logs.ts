import type { Random } from "../../base/random.ts"
import { formatPlatformReport } from "../../protocol/platform-report.ts"
import { formatReportLine } from "../../protocol/report-line.ts"
import type { LogPiece, LogSource } from "../inspection/log-source.ts"
import type { PlayedInvocation } from "./played-runs.ts"

export interface Damage {
  /** Shares of the records. */
  readonly lost: number
  readonly duplicated: number
  /** Lines in no order at all. */
  readonly shuffled: boolean
  /** Each source's clock is wrong by a constant of at most this, ms. */
  readonly skewMs: number
}

export const UNDAMAGED: Damage = { lost: 0, duplicated: 0, shuffled: false, skewMs: 0 }

export interface WrittenLogs {
  /** By function. */
  readonly logs: ReadonlyMap<string, readonly string[]>
  readonly aheadMs: ReadonlyMap<string, number>
  /** Runs of which a record was lost. */
  readonly runsWithLoss: ReadonlySet<string>
}

/** `report`: text lines of CloudWatch with a time before them; `event`: JSON lines. Both name function and trace alone. */
export type LineForm = "report" | "event"

/** One log a function, as AWS Lambda writes them with tracing on: nothing in it names a step or what it waited for. */
export function writeLogs(
  invocations: readonly PlayedInvocation[],
  damage: Damage,
  { form, random }: { readonly form: LineForm; readonly random: Random },
): WrittenLogs {
  const logs = new Map<string, string[]>()
  const aheadMs = new Map<string, number>()
  const runsWithLoss = new Set<string>()
  for (const [i, played] of invocations.entries()) {
    const { functionName } = played.record
    if (!aheadMs.has(functionName)) aheadMs.set(functionName, (random.next() * 2 - 1) * damage.skewMs)
    const lines = logs.get(functionName) ?? []
    logs.set(functionName, lines)
    if (random.next() < damage.lost) {
      runsWithLoss.add(played.runId)
      continue
    }
    const line = lineOf(played, { form, aheadMs: aheadMs.get(functionName)!, number: i })
    lines.push(`START RequestId: ${requestIdOf(i)} Version: $LATEST`, line)
    if (random.next() < damage.duplicated) lines.push(line)
  }
  if (damage.shuffled) for (const lines of logs.values()) shuffle(lines, random)
  return { logs, aheadMs, runsWithLoss }
}

function requestIdOf(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`
}

function lineOf(
  { runId, record, caller }: PlayedInvocation,
  { form, aheadMs, number }: { readonly form: LineForm; readonly aheadMs: number; readonly number: number },
): string {
  const { durationMs, billedMs, memoryMB, maxMemoryUsedMB, initMs } = record
  const report = {
    requestId: requestIdOf(number),
    durationMs,
    billedMs,
    memoryMB,
    maxMemoryUsedMB,
    ...(initMs > 0 && { initMs }),
  }
  const endedAtMs = record.endedAtMs + aheadMs
  const time = new Date(endedAtMs).toISOString()
  if (form === "report") return `${time} ${formatReportLine({ ...report, traceId: runId })}`
  const parent = caller === undefined ? {} : { parentId: `span${caller}` }
  const line = formatPlatformReport({ ...report, tracing: { traceId: runId, spanId: `span${number}`, ...parent } })
  return line.replace(/"time":"[^"]*"/, `"time":"${time}"`)
}

function shuffle(lines: string[], random: Random): void {
  for (let i = lines.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1))
    const line = lines[i]!
    lines[i] = lines[j]!
    lines[j] = line
  }
}

/** A log in memory. */
export function linesSource(name: string, lines: readonly string[]): LogSource {
  return {
    name,
    functionName: name,
    // oxlint-disable-next-line require-await -- the interface is asynchronous, memory is not
    read: async function* (): AsyncIterable<LogPiece> {
      for (let i = 0; i < lines.length; i += 1_000) yield { lines: lines.slice(i, i + 1_000), bytes: 0, tooLong: 0 }
    },
  }
}
