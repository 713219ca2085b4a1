import { isObject } from "../../base/json.ts"
import { parseLogLine, type PlatformReport } from "../../protocol/platform-report.ts"
import type { ImportContext, ImportedRow, RowReader } from "./imported-row.ts"
import { instantOf } from "./imported-row.ts"
import { sampleOfReport } from "./log-sample.ts"
import { shown, strictReport } from "./report-text.ts"

/** One message of a log with what surrounds it. */
interface Message {
  readonly text: string
  readonly at: string
  readonly atMs: number | null
  readonly functionName: string | null
  readonly stream: string
}

/**
 * Reads logs of AWS Lambda and of the local platform: REPORT lines and JSON `platform.report` lines, bare, behind the
 * time and stream that an export puts before them, or wrapped as CloudWatch events, one a line or in one document.
 * Every other line is somebody's output and is passed over; a report that cannot be understood is a bad row.
 */
export function logReader(context: ImportContext): RowReader {
  const log = new LogState(context)
  let count = 0
  /** Lines of a document that is no line by itself. */
  let document: string[] | null = null
  let size = 0
  return {
    line: (text) => {
      count += 1
      if (document === null && count === 1 && opensDocument(text)) document = []
      if (document !== null) {
        size += text.length
        if (size <= MAX_DOCUMENT) document.push(text)
        return []
      }
      return log.message({ ...NOTHING, text, at: String(count) })
    },
    end: () => {
      if (document === null) return []
      const reason = `the document is longer than ${MAX_DOCUMENT / 1e6} MB; write one event a line`
      return size > MAX_DOCUMENT ? [{ kind: "bad", at: "1", reason }] : log.document(document.join("\n"))
    },
    notes: () => log.notes(),
  }
}

const NOTHING: Message = { text: "", at: "", atMs: null, functionName: null, stream: "" }

/** Longest JSON document that is taken whole, characters; a file of lines may have any length. */
const MAX_DOCUMENT = 64_000_000

/** A first line that is the beginning of JSON but no JSON by itself. */
function opensDocument(line: string): boolean {
  return /^\s*[[{]/.test(line) && parseJson(line) === undefined && /^\s*[[{]\s*("[^"]*"\s*:.{0,3}\s*)?$/.test(line)
}

class LogState {
  readonly #context: ImportContext
  #lastMs: number | null = null
  #undated = 0
  #whole = 0
  #passed = 0
  /** Init times that were reported by themselves, by stream, until their report comes. */
  readonly #inits = new Map<string, number>()

  constructor(context: ImportContext) {
    this.#context = context
  }

  document(text: string): readonly ImportedRow[] {
    const value = parseJson(text)
    if (value === undefined) return [{ kind: "bad", at: "1", reason: "the document is not JSON" }]
    return this.#events(value, NOTHING)
  }

  message(message: Message): readonly ImportedRow[] {
    const text = message.text.trim()
    const start = jsonStart(text)
    const atMs = message.atMs ?? instantBefore(text)
    if (atMs !== null) this.#lastMs = atMs
    const dated = { ...message, atMs }
    if (start >= 0) {
      const value = parseJson(unescaped(text, start))
      if (value !== undefined) return this.#events(value, dated)
      if (text.includes("platform.report")) return [bad(message, "platform.report line that is not JSON")]
    }
    if (text.includes("REPORT RequestId:")) return this.#report(strictReport(text), dated)
    return endingIn(text)
  }

  #events(value: unknown, around: Message): readonly ImportedRow[] {
    if (Array.isArray(value))
      return value.flatMap((item, i) => this.#events(item, { ...around, at: within(around, i) }))
    if (!isObject(value)) return []
    const list = value["logEvents"] ?? value["events"]
    const functionName = nameOfGroup(value["logGroup"] ?? value["@log"]) ?? around.functionName
    const streamName = value["logStream"] ?? value["logStreamName"] ?? value["@logStream"]
    const stream = typeof streamName === "string" ? streamName : around.stream
    const inside = { ...around, functionName, stream }
    if (Array.isArray(list)) return this.#events(list, inside)
    const type = value["type"]
    if (typeof type === "string" && type.startsWith("platform.")) return this.#platform(value, inside)
    const text = value["message"] ?? value["@message"]
    const atMs = timestampOf(value["timestamp"] ?? value["@timestamp"]) ?? around.atMs
    if (isObject(text)) return this.#events(text, { ...inside, atMs })
    return typeof text === "string" ? this.message({ ...inside, text, atMs }) : []
  }

  #platform(event: Record<string, unknown>, around: Message): readonly ImportedRow[] {
    const atMs = typeof event["time"] === "string" ? instantOf(event["time"]) : null
    const message = { ...around, atMs: atMs ?? around.atMs }
    if (event["type"] === "platform.initReport") {
      const initMs = initOf(event["record"])
      if (initMs !== null) this.#inits.set(around.stream, initMs)
      return []
    }
    if (event["type"] !== "platform.report") return []
    return this.#report(strictEvent(event), message)
  }

  #report(
    read: { readonly report: PlatformReport } | { readonly reason: string },
    message: Message,
  ): readonly ImportedRow[] {
    if ("reason" in read) return [bad(message, read.reason)]
    const pending = this.#inits.get(message.stream)
    this.#inits.delete(message.stream)
    const initMs = read.report.initMs ?? (read.report.restoreMs === undefined ? pending : undefined)
    const report = initMs === undefined ? read.report : { ...read.report, initMs }
    const own = report.details !== undefined
    const made = sampleOfReport(report, message.atMs ?? this.#lastMs ?? this.#context.fileMs, this.#context)
    if (made.kind === "bad") return [bad(message, made.reason)]
    if (made.kind === "none") {
      this.#passed += 1
      return [{ kind: "passed", id: report.requestId }]
    }
    if (!own && message.atMs === null) this.#undated += 1
    if (!own) this.#whole += 1
    const functionName = report.details?.functionName ?? message.functionName
    return [{ kind: "sample", at: message.at, functionName, sample: made.sample, full: own }]
  }

  notes(): readonly string[] {
    return [
      ...(this.#whole > 0
        ? [`${this.#whole} reports do not tell download and upload apart: their whole duration counts as compute`]
        : []),
      ...(this.#undated > 0
        ? [`${this.#undated} reports have no time of their own: dated by the line before, else by the file`]
        : []),
      ...(this.#passed > 0 ? [`${this.#passed} reports of prewarming and of repeated answers passed over`] : []),
    ]
  }
}

function bad(message: Message, reason: string): ImportedRow {
  return { kind: "bad", at: message.at, reason }
}

function within(around: Message, index: number): string {
  return around.at === "" ? `event ${index + 1}` : around.at
}

/** Where JSON begins in a line that may carry it: at its start, or behind what an export puts before it. */
function jsonStart(text: string): number {
  if (text.startsWith("{") || text.startsWith("[")) return 0
  return text.includes("platform.") ? text.indexOf("{") : -1
}

/** JSON of a CSV export is quoted, with its own quotes doubled. */
function unescaped(text: string, start: number): string {
  const quoted = start > 0 && text[start - 1] === '"'
  return quoted ? text.slice(start).replace(/"\s*$/, "").replaceAll('""', '"') : text.slice(start)
}

/** The instant that an export puts before a message: ISO, or 13 digits of ms. */
function instantBefore(text: string): number | null {
  const found =
    /^"?(?:EVENTS\t\S+\t)?(\d{13}(?=\D)|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)/.exec(
      text,
    )?.[1]
  if (found === undefined) return null
  return found.length === 13 ? Number(found) : instantOf(found)
}

function timestampOf(value: unknown): number | null {
  if (typeof value === "number") return value
  return typeof value === "string" ? instantOf(value) : null
}

/** `/aws/lambda/resize` and `123456789012:/aws/lambda/resize` are logs of resize. */
function nameOfGroup(value: unknown): string | null {
  return typeof value === "string" ? (/(?:^|:)\/aws\/lambda\/([^/:]+)$/.exec(value)?.[1] ?? null) : null
}

function initOf(record: unknown): number | null {
  if (!isObject(record) || record["phase"] === "invoke") return null
  const metrics = record["metrics"]
  const ms = isObject(metrics) ? metrics["durationMs"] : undefined
  return typeof ms === "number" && ms > 0 ? ms : null
}

const METRICS: Readonly<Record<string, keyof PlatformReport>> = {
  durationMs: "durationMs",
  billedDurationMs: "billedMs",
  memorySizeMB: "memoryMB",
  maxMemoryUsedMB: "maxMemoryUsedMB",
  initDurationMs: "initMs",
  restoreDurationMs: "restoreMs",
  billedRestoreDurationMs: "billedRestoreMs",
}

/** A `platform.report` event read strictly: a metric that is there must be a number that is understood. */
function strictEvent(
  event: Record<string, unknown>,
): { readonly report: PlatformReport } | { readonly reason: string } {
  const record = event["record"]
  const metrics = isObject(record) ? record["metrics"] : undefined
  if (!isObject(record) || !isObject(metrics)) return { reason: "platform.report without record.metrics" }
  const report = parseLogLine(JSON.stringify(event))
  for (const [name, value] of Object.entries(metrics)) {
    const field = METRICS[name]
    if (field === undefined && /(Ms|MB)$/.test(name)) return { reason: `${shown(name)} is no metric of a report` }
    if (field !== undefined && !(typeof value === "number" && Number.isFinite(value) && value >= 0))
      return { reason: `${name} is ${JSON.stringify(value)}` }
  }
  const absent = Object.keys(METRICS)
    .slice(0, 4)
    .filter((name) => !(name in metrics))
  if (absent.length > 0) return { reason: `${absent.join(", ")} missing` }
  if (report === null) return { reason: `requestId is ${JSON.stringify(record["requestId"]) ?? "missing"}` }
  if (isObject(record["trimtab"]) && report.details === undefined) return { reason: "its trimtab part is not whole" }
  return { report }
}

/** Logs from before 2024 say on lines of their own how an invocation ended. */
function endingIn(text: string): readonly ImportedRow[] {
  const timeout = /(?:^|\s)([0-9a-f]{8}-[0-9a-f-]{27}) Task timed out after /.exec(text)
  if (timeout !== null) return [{ kind: "ending", id: timeout[1]!, outcome: "timeout" }]
  const exit = /RequestId: ([0-9a-f]{8}-[0-9a-f-]{27}) Error: Runtime exited with error: (.*)/.exec(text)
  if (exit !== null)
    return [{ kind: "ending", id: exit[1]!, outcome: exit[2]!.includes("signal: killed") ? "out-of-memory" : "error" }]
  const error = /\t([0-9a-f]{8}-[0-9a-f-]{27})\tERROR\tInvoke Error\s/.exec(text)
  return error === null ? [] : [{ kind: "ending", id: error[1]!, outcome: "error" }]
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
