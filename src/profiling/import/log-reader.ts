import { isObject } from "../../base/json.ts"
import type { PlatformReport } from "../../protocol/platform-report.ts"
import type { ImportContext, ImportedRow, RowReader } from "./imported-row.ts"
import { instantOf } from "./imported-row.ts"
import { sampleOfReport } from "./log-sample.ts"
import { endingIn, instantBefore, jsonStart, nameOfGroup, parseJson, timestampOf, unescaped } from "./log-text.ts"
import { initOf, strictEvent } from "./platform-event.ts"
import { strictReport } from "./report-text.ts"

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
export function opensDocument(line: string): boolean {
  return /^\s*[[{]/.test(line) && parseJson(line) === undefined && /^\s*[[{]\s*("[^"]*"\s*:.{0,3}\s*)?$/.test(line)
}

class LogState {
  readonly #context: ImportContext
  #lastMs: number | null = null
  /** Ids of reports by what is to be said about them; a fuller report of the same id takes it out again. */
  readonly #undated = new Set<string>()
  readonly #whole = new Set<string>()
  readonly #passed = new Set<string>()
  readonly #own = new Set<string>()
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
    this.#remember(report.requestId, { own, passed: made.kind === "none", undated: message.atMs === null })
    if (made.kind === "none") {
      return [{ kind: "passed", id: report.requestId }]
    }
    const functionName = report.details?.functionName ?? message.functionName
    return [{ kind: "sample", at: message.at, functionName, sample: made.sample, full: own }]
  }

  #remember(id: string, is: { readonly own: boolean; readonly passed: boolean; readonly undated: boolean }): void {
    if (is.own) {
      this.#own.add(id)
      this.#whole.delete(id)
      this.#undated.delete(id)
      if (is.passed) this.#passed.add(id)
    } else if (!this.#own.has(id)) {
      this.#whole.add(id)
      if (is.undated) this.#undated.add(id)
    }
  }

  notes(): readonly string[] {
    const note = (ids: ReadonlySet<string>, text: string): string[] => (ids.size === 0 ? [] : [`${text}: ${ids.size}`])
    return [
      ...note(this.#whole, "reports whose whole duration counts as compute, since they tell no download and upload"),
      ...note(this.#undated, "reports without a time, dated by the line before, else by the file"),
      ...note(this.#passed, "reports of prewarming and of repeated answers, passed over"),
    ]
  }
}

function bad(message: Message, reason: string): ImportedRow {
  return { kind: "bad", at: message.at, reason }
}

function within(around: Message, index: number): string {
  return around.at === "" ? `event ${index + 1}` : around.at
}
