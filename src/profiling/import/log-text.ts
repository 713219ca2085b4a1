import { type ImportedRow, instantOf } from "./imported-row.ts"

/** Where JSON begins in a line that may carry it: at its start, or behind what an export puts before it. */
export function jsonStart(text: string): number {
  if (text.startsWith("{") || text.startsWith("[")) return 0
  return text.includes("platform.") ? text.indexOf("{") : -1
}

/** JSON of a CSV export is quoted, with its own quotes doubled. */
export function unescaped(text: string, start: number): string {
  const quoted = start > 0 && text[start - 1] === '"'
  return quoted ? text.slice(start).replace(/"\s*$/, "").replaceAll('""', '"') : text.slice(start)
}

/** The instant that an export puts before a message: ISO, or 13 digits of ms. */
export function instantBefore(text: string): number | null {
  const found =
    /^"?(?:EVENTS\t\S+\t)?(\d{13}(?=\D)|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)/.exec(
      text,
    )?.[1]
  if (found === undefined) return null
  return found.length === 13 ? Number(found) : instantOf(found)
}

/** The instant of an event: ms since 1970 or text. */
export function timestampOf(value: unknown): number | null {
  if (typeof value === "number") return value
  return typeof value === "string" ? instantOf(value) : null
}

/** `/aws/lambda/resize` and `123456789012:/aws/lambda/resize` are logs of resize. */
export function nameOfGroup(value: unknown): string | null {
  return typeof value === "string" ? (/(?:^|:)\/aws\/lambda\/([^/:]+)$/.exec(value)?.[1] ?? null) : null
}

/** Logs from before 2024 say on lines of their own how an invocation ended. */
export function endingIn(text: string): readonly ImportedRow[] {
  const timeout = /(?:^|\s)([0-9a-f]{8}-[0-9a-f-]{27}) Task timed out after /.exec(text)
  if (timeout !== null) return [{ kind: "ending", id: timeout[1]!, outcome: "timeout" }]
  const exit = /RequestId: ([0-9a-f]{8}-[0-9a-f-]{27}) Error: Runtime exited with error: (.*)/.exec(text)
  if (exit !== null)
    return [{ kind: "ending", id: exit[1]!, outcome: exit[2]!.includes("signal: killed") ? "out-of-memory" : "error" }]
  const error = /\t([0-9a-f]{8}-[0-9a-f-]{27})\tERROR\tInvoke Error\s/.exec(text)
  return error === null ? [] : [{ kind: "ending", id: error[1]!, outcome: "error" }]
}

/** The value of a JSON text; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
