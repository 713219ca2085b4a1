import { isObject } from "../../base/json.ts"
import { instantOf } from "../../profiling/import/imported-row.ts"
import { opensDocument } from "../../profiling/import/log-reader.ts"
import {
  endingIn,
  instantBefore,
  jsonStart,
  nameOfGroup,
  parseJson,
  timestampOf,
  unescaped,
} from "../../profiling/import/log-text.ts"
import { initOf, strictEvent } from "../../profiling/import/platform-event.ts"
import { strictReport } from "../../profiling/import/report-text.ts"
import { copyOf } from "./copy-text.ts"
import type { LoggedItem } from "./logged-item.ts"
import { noteOf } from "./own-line.ts"
import { itemOfReport } from "./report-item.ts"

export interface LogParserOptions {
  /** Name of the log, where its lines name no other. */
  readonly source: string
  readonly functionName: string | null
  readonly onItem: (item: LoggedItem) => void
}

/** Turns the lines of one log into items. It throws on no line, whatever stands in it. */
export interface LogParser {
  line(text: string): void
  /** What is left when the log has ended. */
  end(): void
}

/** One message of a log with what surrounds it. */
interface Message {
  readonly text: string
  readonly atMs: number | null
  readonly functionName: string | null
  readonly source: string
  readonly stream: string
}

/** Longest JSON document over many lines that is taken whole, characters. */
const MAX_DOCUMENT = 64_000_000

/** Lists in lists in events: deeper is nobody's export. */
const MAX_DEPTH = 8

/** Streams whose init is waited for. */
const MAX_INITS = 10_000

/**
 * Reads what AWS Lambda, its exports (CloudWatch events, filter-log-events, `logs tail`) and the local platform print, in
 * any mixture. Lines that are none of these are somebody's output and are passed over.
 */
export function logParser({ source, functionName, onItem }: LogParserOptions): LogParser {
  const around: Message = { text: "", atMs: null, functionName, source, stream: "" }
  const inits = new Map<string, number>()
  let document: string[] | null = null
  let size = 0
  let isFirst = true
  /** A REPORT line without a time: the JSON line that the local platform prints right after it says more. */
  let pending: string | null = null

  const report = (
    read: ReturnType<typeof strictEvent> | ReturnType<typeof strictReport>,
    message: Message,
    form: "report" | "event",
  ): void => {
    if ("reason" in read) return onItem({ kind: "malformed", reason: read.reason })
    const initMs = inits.get(message.stream)
    if (initMs !== undefined) inits.delete(message.stream)
    const whole = initMs === undefined || read.report.initMs !== undefined ? read.report : { ...read.report, initMs }
    const { source: name, functionName: named, atMs } = message
    onItem(itemOfReport(whole, { source: name, functionName: named, atMs, form }))
  }

  const platformEvent = (event: Record<string, unknown>, message: Message): void => {
    if (event["type"] === "platform.initReport") {
      const initMs = initOf(event["record"])
      if (initMs !== null && inits.size < MAX_INITS) inits.set(message.stream, initMs)
    }
    if (event["type"] !== "platform.report") return
    const record = event["record"]
    // The local platform's own instants are exact.
    const isOwn = isObject(record) && isObject(record["trimtab"])
    const atMs = !isOwn && typeof event["time"] === "string" ? instantOf(event["time"]) : null
    report(strictEvent(event), { ...message, atMs: atMs ?? message.atMs }, "event")
  }

  const value = (found: unknown, message: Message, depth: number): void => {
    if (depth > MAX_DEPTH) return onItem({ kind: "malformed", reason: `events are nested more than ${MAX_DEPTH} deep` })
    if (Array.isArray(found)) {
      for (const item of found) value(item, message, depth + 1)
      return
    }
    if (!isObject(found)) return
    const type = found["type"]
    if (typeof type === "string" && type.startsWith("platform.")) return platformEvent(found, message)
    const inside = within(found, message)
    const list = found["logEvents"] ?? found["events"]
    if (Array.isArray(list)) return value(list, inside, depth + 1)
    const note = noteOf(found)
    if (note !== null) return onItem(note)
    const text = found["message"] ?? found["@message"]
    if (isObject(text)) return value(text, inside, depth + 1)
    if (typeof text === "string") plain({ ...inside, text }, depth + 1)
  }

  const plain = (message: Message, depth: number): void => {
    const text = message.text
    const start = jsonStart(text.trimStart())
    if (start >= 0) {
      const trimmed = text.trim()
      const found = parseJson(unescaped(trimmed, start))
      if (found !== undefined) return value(found, { ...message, atMs: message.atMs ?? instantBefore(trimmed) }, depth)
      if (text.includes("platform.report"))
        return onItem({ kind: "malformed", reason: "platform.report line that is not JSON" })
    }
    if (text.includes("REPORT RequestId:"))
      return report(strictReport(text), { ...message, atMs: message.atMs ?? instantBefore(text) }, "report")
    if (!MAY_END.some((words) => text.includes(words))) return
    for (const row of endingIn(text))
      if (row.kind === "ending") onItem({ kind: "ending", requestId: copyOf(row.id), outcome: row.outcome })
  }

  const settle = (next: string): void => {
    if (pending === null) return
    const text = pending
    pending = null
    if (!isTwin(text, next)) plain({ ...around, text }, 0)
  }

  return {
    line: (text) => {
      if (isFirst && opensDocument(text)) document = []
      isFirst = false
      if (document !== null) {
        size += text.length
        if (size <= MAX_DOCUMENT) document.push(text)
        return
      }
      if (pending !== null) settle(text)
      if (isNothing(text)) return
      if (text.startsWith(UNDATED)) pending = text
      else plain({ ...around, text }, 0)
    },
    end: () => {
      settle("")
      if (document === null) return
      const found = size > MAX_DOCUMENT ? undefined : parseJson(document.join("\n"))
      document = null
      if (found === undefined) onItem({ kind: "malformed", reason: "the document is no JSON, or longer than 64 MB" })
      else value(found, around, 0)
    },
  }
}

/** Words of lines that say how an invocation ended. */
const MAY_END = ["Task timed out after", "Runtime exited with error", "Invoke Error"]

const UNDATED = "REPORT RequestId: "

/** True when the next line is the JSON line of the same invocation. */
function isTwin(report: string, next: string): boolean {
  if (!next.startsWith("{")) return false
  const end = report.indexOf("\t", UNDATED.length)
  return end > UNDATED.length && next.includes(`"requestId":"${report.slice(UNDATED.length, end)}"`)
}

/** Lines that say nothing of an invocation, or nothing more than its report: most lines of most logs. */
function isNothing(text: string): boolean {
  const first = text.charCodeAt(0)
  // `{`, `[` and space.
  if (first === 0x7b || first === 0x5b || first === 0x20) return false
  if (text.startsWith("START RequestId:") || text.startsWith("END RequestId:")) return true
  return !(
    text.includes("REPORT RequestId:") ||
    text.includes("platform.") ||
    MAY_END.some((words) => text.includes(words))
  )
}

function within(event: Readonly<Record<string, unknown>>, around: Message): Message {
  const group = event["logGroup"] ?? event["@log"]
  const named = nameOfGroup(group)
  const stream = event["logStream"] ?? event["logStreamName"] ?? event["@logStream"]
  return {
    text: "",
    atMs: timestampOf(event["timestamp"] ?? event["@timestamp"]) ?? around.atMs,
    functionName: named ?? around.functionName,
    source: named ?? around.source,
    stream: typeof stream === "string" ? stream : around.stream,
  }
}
