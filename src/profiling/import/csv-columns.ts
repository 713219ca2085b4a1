/** What a column of a CSV file holds. */
export type Field =
  | "id"
  | "function"
  | "at"
  | "memory"
  | "duration"
  | "download"
  | "compute"
  | "upload"
  | "init"
  | "billed"
  | "maxMemoryUsed"
  | "tasks"
  | "processes"
  | "cold"
  | "outcome"
  | "runs"

type Dimension = "text" | "time" | "instant" | "memory" | "count"

const DIMENSIONS: Readonly<Record<Field, Dimension>> = {
  id: "text",
  function: "text",
  at: "instant",
  memory: "memory",
  duration: "time",
  download: "time",
  compute: "time",
  upload: "time",
  init: "time",
  billed: "time",
  maxMemoryUsed: "memory",
  tasks: "count",
  processes: "count",
  cold: "text",
  outcome: "text",
  runs: "count",
}

/** Names of each field, in snake case and without unit, as public data sets and CloudWatch's own exports have them. */
const NAMES: Readonly<Record<Field, readonly string[]>> = {
  id: ["request_id", "requestid", "aws_request_id", "invocation_id"],
  function: ["function", "function_name", "fn"],
  at: ["at", "timestamp", "time", "date", "datetime", "utc", "started_at", "ended_at"],
  memory: ["memory", "memory_size", "mem", "ram", "power", "memory_limit"],
  duration: [
    "duration",
    "exec",
    "exec_time",
    "execution_time",
    "execution_duration",
    "runtime",
    "elapsed",
    "wall_time",
  ],
  download: ["download", "read"],
  compute: ["compute"],
  upload: ["upload", "write"],
  init: ["init", "init_duration", "init_time"],
  billed: ["billed", "billed_duration"],
  maxMemoryUsed: ["max_memory_used", "max_mem", "max_memory", "mem_used", "memory_used", "peak_memory"],
  tasks: ["tasks"],
  processes: ["processes"],
  cold: ["cold", "cold_start", "is_cold", "coldstart"],
  outcome: ["outcome", "status", "result"],
  runs: ["runs", "num", "n", "samples"],
}

/** Factor to ms, to MB (10^6 bytes and 2^20 bytes are both "MB" in practice; bytes are taken as CloudWatch has them). */
const UNITS: Readonly<Partial<Record<Dimension, Readonly<Record<string, number>>>>> = {
  time: { ms: 1, msec: 1, millis: 1, milliseconds: 1, s: 1e3, sec: 1e3, secs: 1e3, seconds: 1e3, us: 1e-3, ns: 1e-6 },
  instant: { ms: 1, millis: 1, s: 1e3, sec: 1e3, seconds: 1e3, us: 1e-3 },
  memory: { mb: 1, mib: 1, gb: 1024, gib: 1024, kb: 1 / 1024, kib: 1 / 1024, bytes: 1e-6 },
}

/** Columns of CloudWatch Logs Insights, whose names say no unit but whose units are fixed. */
const INSIGHTS: Readonly<Record<string, string>> = {
  "@duration": "duration_ms",
  "@billedduration": "billed_ms",
  "@initduration": "init_ms",
  "@memorysize": "memory_bytes",
  "@maxmemoryused": "max_memory_used_bytes",
  "@requestid": "request_id",
  "@timestamp": "at",
}

export interface Column {
  readonly field: Field
  readonly header: string
  /** Index in a row. */
  readonly index: number
  /** To ms or MB; null when the header says no unit. */
  readonly factor: number | null
  /** The figures are means of several runs. */
  readonly mean: boolean
}

/**
 * What a header says, by its name and its unit: `duration_ms`, `Billed Duration (ms)`, `memorySize`, `mean_exec_s`.
 * Null for a column that is none of ours. A unit that does not fit the field makes it none of ours.
 */
export function columnOf(header: string, index: number): Column | null {
  const trimmed = header.trim()
  const name = INSIGHTS[trimmed.toLowerCase()] ?? snakeCase(trimmed)
  const averaged = /^(mean|avg|average)_|_(mean|avg|average)(?=_|$)/.exec(name)
  const plain = averaged === null ? name : name.replace(averaged[0], "")
  for (const [field, names] of Object.entries(NAMES)) {
    // The entries of a record have its keys.
    const known = field as Field
    for (const candidate of names) {
      const unit = unitAfter(candidate, plain)
      if (unit === null) continue
      const factor = unit === "" ? null : (UNITS[DIMENSIONS[known]]?.[unit] ?? Number.NaN)
      if (!Number.isNaN(factor)) return { field: known, header: trimmed, index, factor, mean: averaged !== null }
    }
  }
  return null
}

/** `""` for the very name, the unit for the name and a unit, null for anything else. */
function unitAfter(name: string, text: string): string | null {
  if (text === name) return ""
  return text.startsWith(`${name}_`) ? text.slice(name.length + 1) : null
}

/** `Billed Duration (ms)` and `billedDurationMs` are `billed_duration_ms`. */
function snakeCase(text: string): string {
  return text
    .replace(/([a-z\d])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z\d]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .toLowerCase()
}

/** The comma, semicolon or tab that a header is divided by. */
export function delimiterOf(header: string): "," | ";" | "\t" {
  const counts = ([",", ";", "\t"] as const).map((mark) => ({ mark, count: header.split(mark).length }))
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).mark
}

/** The cells of one line, quotes removed; null when a quote stays open or stands inside a cell. */
export function cellsOf(line: string, delimiter: string): readonly string[] | null {
  const cells: string[] = []
  for (let at = 0; at <= line.length;) {
    if (line[at] === '"') {
      const end = closingQuote(line, at + 1)
      if (end < 0 || (end + 1 < line.length && line[end + 1] !== delimiter)) return null
      cells.push(line.slice(at + 1, end).replaceAll('""', '"'))
      at = end + 2
    } else {
      const found = line.indexOf(delimiter, at)
      const end = found < 0 ? line.length : found
      const cell = line.slice(at, end)
      if (cell.includes('"')) return null
      cells.push(cell)
      at = end + 1
    }
  }
  return cells
}

function closingQuote(line: string, from: number): number {
  for (let at = from; at < line.length; at++) {
    if (line[at] !== '"') continue
    if (line[at + 1] !== '"') return at
    at++
  }
  return -1
}
