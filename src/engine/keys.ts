/**
 * Keys of records and of idempotency: stable paths, equal on every replay. A step's name holds no `/` and no `#`
 * (the spec allows letters, digits, `_` and `-`), so that a key reads back without ambiguity.
 */

/** One execution of a step: its name, its iteration (0 outside loops) and its attempt, from 1. */
export interface AttemptId {
  readonly step: string
  readonly iteration: number
  readonly attempt: number
}

/** `<step>#<iteration>.<attempt>`. */
export function attemptKey(id: AttemptId): string {
  return `${id.step}#${id.iteration}.${id.attempt}`
}

export function decideKey(id: AttemptId): string {
  return `decide/${attemptKey(id)}`
}

/** `batch` is the number of a batch of parts, or `split` or `merge`: an invocation of its own. */
export function invokeKey(id: AttemptId, batch: number | "split" | "merge"): string {
  return `invoke/${attemptKey(id)}/${batch}`
}

/** The one entry that a cancel request settles; pending from the start of every run. */
export const CANCEL_KEY = "wait/cancel"

/** The timer that ends a run at its SLO, where its goal says so. */
export const DEADLINE_KEY = "wait/deadline"

/** The timer that ends a run at the latest finish of a step, where the step says so: one for each iteration. */
export function stepDeadlineKey({ step, iteration }: Pick<AttemptId, "step" | "iteration">): string {
  return `${DEADLINE_KEY}/${step}#${iteration}`
}

/** Decisions are thoughts: they start before earlier records are durable (E3). Everything else is an effect. */
export function isThought(key: string): boolean {
  return key.startsWith("decide/")
}

/** What an entry is, and whose: parsed from its key. */
export type ParsedKey =
  | { readonly kind: "decide"; readonly id: AttemptId }
  | { readonly kind: "invoke"; readonly id: AttemptId; readonly batch: number | "split" | "merge" }
  | { readonly kind: "cancel" }
  /** Of the run, or of one iteration of a step. */
  | { readonly kind: "deadline"; readonly of: Pick<AttemptId, "step" | "iteration"> | null }

const PATTERN = /^(decide|invoke)\/([^/#]+)#(\d+)\.(\d+)(?:\/(split|merge|\d+))?$/

let lastKey = CANCEL_KEY
let lastParsed: ParsedKey | null = { kind: "cancel" }

/** Null for a key that this version does not know. The state and its observers read each key in turn: one parse. */
export function parseKey(key: string): ParsedKey | null {
  if (key !== lastKey) {
    lastParsed = parse(key)
    lastKey = key
  }
  return lastParsed
}

function parse(key: string): ParsedKey | null {
  if (key === CANCEL_KEY) return { kind: "cancel" }
  const match = PATTERN.exec(key)
  if (match === null) return parseDeadline(key)
  const id = { step: match[2]!, iteration: Number(match[3]), attempt: Number(match[4]) }
  const batch = match[5]
  if (match[1] === "decide") return batch === undefined ? { kind: "decide", id } : null
  if (batch === undefined) return null
  return { kind: "invoke", id, batch: batch === "split" || batch === "merge" ? batch : Number(batch) }
}

const DEADLINE_PATTERN = /^wait\/deadline(?:\/([^/#]+)#(\d+))?$/

function parseDeadline(key: string): ParsedKey | null {
  const match = DEADLINE_PATTERN.exec(key)
  if (match === null) return null
  const step = match[1]
  return { kind: "deadline", of: step === undefined ? null : { step, iteration: Number(match[2]) } }
}

/** Idempotency key of one part, the same for its retries: `runId/step#iteration.attempt/part`. */
export function partKey(runId: string, id: AttemptId, part: number | "split" | "merge"): string {
  return `${runId}/${attemptKey(id)}/${part}`
}

/** Where a part's finished output is kept in the store. */
export function outputKeyOf(idempotencyKey: string): string {
  return `runs/${idempotencyKey}/output.json`
}

/** Where a part's tasks are kept when they are too large for the envelope. */
export function tasksKeyOf(idempotencyKey: string): string {
  return `runs/${idempotencyKey}/tasks.json`
}
