import { createHash } from "node:crypto"
import { validateSample } from "../../estimation/sample-validation.ts"
import type { InstanceSample, SampleOutcome } from "../../estimation/sample.ts"
import { roundUpMs } from "../../pricing/billed-duration.ts"

/** What holds for rows that do not say it themselves, and what may be believed. */
export interface ImportContext {
  readonly memoryMB: number | null
  readonly tasks: number
  readonly processes: number
  /** Runs behind each row when rows are means; null when the user did not say. */
  readonly runs: number | null
  /** Sizes that the platform has. */
  readonly memoryRange: { readonly min: number; readonly max: number }
  /** Now, ms since 1970: later rows are refused. */
  readonly nowMs: number
  /** Instant of rows without a time: when the file was last changed. */
  readonly fileMs: number
}

/** What a reader makes of a piece of a file. */
export type ImportedRow =
  | {
      readonly kind: "sample"
      /** Place in the file: a line number, or the path of an element. */
      readonly at: string
      /** As the file names it; null when it does not. */
      readonly functionName: string | null
      readonly sample: IdentifiedSample
      /** True when the row says more than another of the same id would: the fuller one counts. */
      readonly full: boolean
    }
  | { readonly kind: "bad"; readonly at: string; readonly reason: string }
  /** A record of something else than work, which no other row of its id is to be taken for. */
  | { readonly kind: "passed"; readonly id: string }
  /** How an invocation really ended, said on a line of its own. */
  | { readonly kind: "ending"; readonly id: string; readonly outcome: SampleOutcome }

export type IdentifiedSample = InstanceSample & { readonly id: string }

/** Turns the lines of one file into rows. Stateful: one reader reads one file once, from its first line. */
export interface RowReader {
  line(text: string): readonly ImportedRow[]
  /** What is left when the file has ended. */
  end(): readonly ImportedRow[]
  /** What the user should know about how the file was read. */
  notes(): readonly string[]
}

/** The figures of one row, units settled. */
export interface Figures {
  readonly atMs: number
  readonly memoryMB: number
  readonly durationMs: number
  readonly initMs: number
  /** Null: today's rule decides. */
  readonly billedMs: number | null
  readonly maxMemoryUsedMB: number
  readonly tasks: number
  readonly processes: number
  readonly cold: boolean
  readonly outcome: SampleOutcome
  /** Null: the whole duration counts as compute. */
  readonly phases: { readonly downloadMs: number; readonly computeMs: number; readonly uploadMs: number } | null
  /** Of a mean: the runs behind it. */
  readonly runs: number | null
}

/** Code that an imported sample ran: not known, so all imports are of one version. */
export const IMPORTED_CODE = "imported"

/** Before AWS Lambda there were no functions: an earlier date is a unit that was mixed up. */
const FIRST_MS = Date.UTC(2014, 10, 1)

/** Longest invocation that is believed, ms: a day. */
const LONGEST_MS = 86_400_000

/** Clocks and time zones may be ahead by this much, ms. */
const AHEAD_MS = 86_400_000

/** A sample of the figures, or why they cannot be believed. */
export function sampleOfFigures(
  figures: Figures,
  origin: {
    readonly id: string
    readonly source: InstanceSample["source"]
    readonly enforced: string
    readonly context: ImportContext
  },
): { readonly sample: IdentifiedSample } | { readonly reason: string } {
  const { context, id } = origin
  const { runs, phases, billedMs, ...rest } = figures
  const compute = phases ?? { downloadMs: 0, computeMs: figures.durationMs, uploadMs: 0 }
  const row = {
    kind: "instance",
    ...rest,
    ...compute,
    source: origin.source,
    downloadBytes: 0,
    uploadBytes: 0,
    downloadObjects: 0,
    uploadObjects: 0,
    billedMs: billedMs ?? roundUpMs(figures.initMs + figures.durationMs),
    peakProcessMB: figures.maxMemoryUsedMB / figures.processes,
    contended: false,
    enforced: origin.enforced,
    codeSha256: IMPORTED_CODE,
    id,
    ...(runs === null ? {} : { aggregate: { runs } }),
  }
  const reason = implausible(figures, context)
  if (reason !== null) return { reason }
  const checked = validateSample(row)
  if (checked.kind === "rejected") return checked
  // Built above with every field of an instance sample, and checked.
  return { sample: checked.sample as IdentifiedSample }
}

/** What no invocation can have, beyond the limits of every sample. */
export function implausible(
  figures: Pick<Figures, "memoryMB" | "durationMs" | "atMs">,
  { memoryRange: { min, max }, nowMs }: Pick<ImportContext, "memoryRange" | "nowMs">,
): string | null {
  const { memoryMB, durationMs, atMs } = figures
  if (!(Number.isInteger(memoryMB) && memoryMB >= min && memoryMB <= max))
    return `memory is ${memoryMB} MB, not a whole number between ${min} and ${max}`
  if (!(durationMs > 0 && durationMs <= LONGEST_MS)) return `duration is ${durationMs} ms`
  if (!(atMs >= FIRST_MS)) return `the time is ${instantText(atMs)}, before there were functions`
  if (atMs > nowMs + AHEAD_MS) return `the time is ${instantText(atMs)}, in the future`
  return null
}

function instantText(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms)
}

/** Names rows that have no id: the same content gives the same id, its second occurrence in a file another one. */
export function contentIds(prefix: string): (content: string) => string {
  const seen = new Map<string, number>()
  return (content) => {
    const hash = createHash("sha256").update(content).digest("hex").slice(0, 24)
    const count = seen.get(hash) ?? 0
    seen.set(hash, count + 1)
    return `${prefix}-${hash}${count === 0 ? "" : `-${count}`}`
  }
}

/** ms since 1970 of an ISO date, with or without zone (then UTC) and with a space for the T; null for anything else. */
export function instantOf(text: string): number | null {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)\s?(Z|UTC|[+-]\d\d:?\d\d)?)?$/.exec(
    text.trim(),
  )
  if (match === null) return null
  const [, day, clock = "00:00", zone = "Z"] = match
  const [time = "", fraction = "0"] = clock.split(/[.,]/)
  const offset = zone === "UTC" ? "Z" : zone.replace(/^([+-]\d\d)(\d\d)$/, "$1:$2")
  const seconds = time.length === 5 ? `${time}:00` : time
  const ms = Date.parse(`${day}T${seconds}${offset}`)
  return Number.isNaN(ms) ? null : ms + Math.floor(Number(`0.${fraction}`) * 1000)
}
