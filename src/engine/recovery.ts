/** Reads a run back from its journal: to go on with it, or to tell what it was. */
import type { Clock } from "../base/clock.ts"
import { messageOf, TrimtabError } from "../base/errors.ts"
import { isObject } from "../base/json.ts"
import type { Platform } from "../platforms/platform.ts"
import type { Store } from "../stores/store.ts"
import type { RunResult, RunStatus } from "../workflow/run-result.ts"
import type { Workflow } from "../workflow/workflow.ts"
import { apply } from "./apply.ts"
import { initialState } from "./step-transitions.ts"
import type { RecordedEntry } from "./embedded-port.ts"
import type { Entry, Journal, RunRow } from "./journal.ts"
import { parseKey } from "./keys.ts"
import { NO_PREWARM, type StoredEnd } from "./live-run.ts"
import { ENGINE_FORMAT } from "./records.ts"
import { resultOf } from "./result-of.ts"
import type { RedriveInput } from "./new-run.ts"
import { keptOf } from "./redrive.ts"
import { parseRef, unspill } from "./spill.ts"
import { definitionOf, type Definition, type Kept, type RunError, type RunState, type StepPhase } from "./state.ts"

export interface RecoveryOptions {
  readonly journal: Pick<Journal, "run" | "entries" | "definition" | "entriesPerStep">
  readonly store: Store
  readonly clock: Clock
  readonly platform: Pick<Platform, "pricing">
}

/** A run as its records tell; `broken` when some of them cannot be used. */
export type Past =
  | {
      readonly kind: "whole"
      readonly row: RunRow
      readonly definition: Definition
      readonly recorded: readonly RecordedEntry[]
    }
  | {
      readonly kind: "broken"
      readonly row: RunRow
      /** Null when not even the workflow can be read. */
      readonly definition: Definition | null
      readonly recorded: readonly RecordedEntry[]
      readonly error: RunError
    }

/**
 * Reads a run.
 * @throws TrimtabError `unsupported` for a run of a newer engine, or what the store threw
 */
export async function pastOf(row: RunRow, options: RecoveryOptions): Promise<Past> {
  if (row.engineFormat > ENGINE_FORMAT && !row.damaged)
    throw new TrimtabError(
      "unsupported",
      `run ${row.runId} was begun by a newer Trimtab (format ${row.engineFormat})`,
      {
        fix: "resume it with that version; nothing was changed",
      },
    )
  const broken = (message: string): Past => ({
    kind: "broken",
    row,
    definition: null,
    recorded: [],
    error: { step: "", errorType: "journal-corrupt", message },
  })
  if (row.damaged) return broken(`the journal's row of run ${row.runId} does not match its checksum`)
  const text = options.journal.definition(row.workflowHash)
  if (text === null) return broken(`the workflow of run ${row.runId} is missing or damaged in the journal`)
  const workflow: Workflow = JSON.parse(text) // its hash vouches for it
  const goal = JSON.parse(row.goal)
  const base = { runId: row.runId, workflow, goal, entriesPerStep: options.journal.entriesPerStep }
  if (row.inputKind !== "redrive") {
    const input = JSON.parse(row.inputKind === "ref" ? await unspill(parseRef(row.input), options) : row.input)
    return readEntries(row, definitionOf({ ...base, input }), options)
  }
  const { run: origin } = JSON.parse(row.input) as RedriveInput // written by `newRedriveOf`
  const before = options.journal.run(origin)
  const past = before === null ? null : await pastOf(before, options)
  if (past?.kind !== "whole") return broken(`run ${origin}, which it redrives, cannot be read`)
  return readEntries(row, definitionOf({ ...base, input: past.definition.input, kept: keptOfPast(past) }), options)
}

/** What a redrive of that run takes over. */
export function keptOfPast({ definition, recorded, row }: Past & { readonly kind: "whole" }): Kept {
  return keptOf(definition, recorded, row.acceptedAtMs)
}

async function readEntries(row: RunRow, definition: Definition, options: RecoveryOptions): Promise<Past> {
  const { entries, damage } = options.journal.entries(row.runId)
  const recorded: RecordedEntry[] = []
  for (const entry of entries) recorded.push(await readValue(entry, options))
  if (damage === null) return { kind: "whole", row, definition, recorded }
  const message = `the journal is damaged at record ${damage.seq} of run ${row.runId}: ${damage.message}`
  return { kind: "broken", row, definition, recorded, error: { step: "", errorType: "journal-corrupt", message } }
}

async function readValue({ key, atMs, kind, value }: Entry, options: RecoveryOptions): Promise<RecordedEntry> {
  const text = kind === "run-ref" ? await unspill(parseRef(value), options) : value
  return { key, atMs, value: JSON.parse(text) }
}

/** The name of the policy that decided last; null where none did. */
export function decidedBy(recorded: readonly RecordedEntry[]): string | null {
  const last = recorded.findLast(({ key }) => parseKey(key)?.kind === "decide")
  if (last === undefined || !isObject(last.value)) return null
  const { policy } = last.value
  return typeof policy === "string" ? policy : null
}

/** The result of a run that has ended. */
export function resultOfPast(past: Past, { platform }: RecoveryOptions): RunResult {
  const { row } = past
  // Written by `live-run.ts`, and its checksum was compared.
  const stored: StoredEnd =
    row.result === null || row.damaged ? { prewarm: NO_PREWARM, error: null } : JSON.parse(row.result)
  const end =
    past.kind === "broken"
      ? { status: "broken" as const, error: past.error }
      : { status: row.status as RunStatus, error: stored.error } // a status that was checked with the row
  return resultFrom(past, stored, end, platform)
}

/** Marks a run whose records cannot be used as broken, for good, and returns what is known of it. */
export async function breakStored(
  past: Past & { kind: "broken" },
  options: Pick<RecoveryOptions, "platform"> & { readonly journal: Pick<Journal, "finish"> },
): Promise<RunResult> {
  const stored: StoredEnd = { prewarm: NO_PREWARM, error: past.error }
  const result = resultFrom(past, stored, { status: "broken", error: past.error }, options.platform)
  const finishedAtMs = past.row.acceptedAtMs + result.latencyMs
  const { runId } = past.row
  await options.journal.finish({ runId, status: "broken", finishedAtMs, result: JSON.stringify(stored) }).durable
  return result
}

function resultFrom(
  past: Past,
  { prewarm, lateHedges }: StoredEnd,
  end: { readonly status: RunStatus; readonly error: RunError | null },
  { pricing }: Pick<Platform, "pricing">,
): RunResult {
  const definition = past.definition ?? nothingKnown(past.row)
  const more = lateHedges === undefined ? {} : { lateHedges }
  return resultOf(stateAfter(definition, past), { pricing, prewarm, ...more, end })
}

/** How far a run has come: its steps and what each of them is doing or has come to. */
export function phasesOfPast(past: Past & { readonly kind: "whole" }): readonly StepPhaseRow[] {
  return stateAfter(past.definition, past).steps.map(({ step, phase }) => ({ step: step.name, phase }))
}

export interface StepPhaseRow {
  readonly step: string
  readonly phase: StepPhase
}

/** The state after as many records as fit. */
export function stateAfter(definition: Definition, { row, recorded }: Past): RunState {
  let state = initialState(definition, row.acceptedAtMs)
  for (const entry of recorded) {
    try {
      state = apply(state, entry)
    } catch (error) {
      // The run broke here; its end says so.
      if (row.status === "broken" || error instanceof TrimtabError) return state
      throw new TrimtabError("internal", `run ${row.runId} cannot be read back: ${messageOf(error)}`, { cause: error })
    }
  }
  return state
}

/** Stands in for a workflow that cannot be read. */
function nothingKnown(row: RunRow): Definition {
  const workflow: Workflow = { name: row.workflowName, functions: {}, steps: [] }
  const goal = { kind: "cost", sloMs: 0, percentile: 0.95 } as const
  return definitionOf({ runId: row.runId, workflow, goal, input: null, entriesPerStep: 1 })
}
