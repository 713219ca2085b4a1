import { TrimtabError } from "../base/errors.ts"
import { apply } from "./apply.ts"
import type { RunRow } from "./journal.ts"
import { parseKey } from "./keys.ts"
import type { Settled } from "./port.ts"
import type { InvokeRecord } from "./records.ts"
import type { Definition, Kept, KeptStep, RunState, StepRun } from "./state.ts"
import { initialState } from "./step-transitions.ts"

/** @throws TrimtabError `usage` for a run that nothing is missing of, or that cannot be gone on from */
export function assertRedrivable({ runId, status }: Pick<RunRow, "runId" | "status">): void {
  const refuse = (why: string, fix: string): never => {
    throw new TrimtabError("usage", `run ${runId} ${why}`, { fix })
  }
  if (status === "running") refuse("has not ended", "resume it, or cancel it first")
  if (status === "succeeded") refuse("succeeded: nothing of it is missing", "start a new run")
  if (status === "broken") refuse("broke: its records cannot be gone on from", "start a new run")
}

/**
 * What a redrive takes over from a run that has ended: steps that succeeded or were skipped, unless something before them
 * is done again; and of the others the tasks that have their result, so that exactly the failed and abandoned ones are
 * run. Read off the run's own records: E7, nobody is asked. O(records).
 */
export function keptOf(definition: Definition, recorded: readonly Settled[], startedAtWallMs: number): Kept {
  let state = initialState(definition, startedAtWallMs)
  const done = state.steps.map((_, index) => doneAtFirst(definition.kept?.steps[index]))
  for (const settled of recorded) {
    noteResults(done, state, settled)
    state = apply(state, settled)
  }
  const steps: (KeptStep | null)[] = []
  for (const [index, run] of state.steps.entries()) {
    const isBehindOpen = definition.graph.parents[index]!.some((parent) => steps[parent]?.kind !== "ended")
    steps.push(isBehindOpen ? null : keptStep(run, done[index]!.tasks))
  }
  return { runId: definition.runId, steps }
}

/** Tasks of one iteration that have their result, by their place. */
interface Done {
  iteration: number
  readonly tasks: Set<number>
}

function doneAtFirst(kept: KeptStep | null | undefined): Done {
  if (kept?.kind !== "tasks") return { iteration: 0, tasks: new Set() }
  const open = new Set(kept.open)
  return { iteration: kept.iteration, tasks: new Set([...kept.tasks.keys()].filter((place) => !open.has(place))) }
}

function noteResults(done: readonly Done[], before: RunState, { key, value }: Settled): void {
  const parsed = parseKey(key)
  if (parsed?.kind !== "invoke" || typeof parsed.batch !== "number") return
  const index = before.definition.graph.indexOf.get(parsed.id.step)
  // A record that does not fit stops `apply`, which says so.
  if (index === undefined) return
  const own = done[index]!
  if (parsed.id.iteration > own.iteration) {
    own.iteration = parsed.id.iteration
    own.tasks.clear()
  }
  for (const part of (value as InvokeRecord).parts) {
    const without = new Set([...part.errors.map(({ task }) => task), ...part.open])
    const places = before.steps[index]!.parts[part.part] ?? []
    for (const [i, place] of places.entries()) if (!without.has(i)) own.tasks.add(place)
  }
}

function keptStep(run: StepRun, done: ReadonlySet<number>): KeptStep | null {
  const { phase, output, input, iteration, tasks, results, memoryFloorMB } = run
  if (phase === "succeeded" || phase === "skipped") return { kind: "ended", phase, output }
  if (tasks === null) return null
  const open = [...tasks.keys()].filter((place) => !done.has(place))
  return { kind: "tasks", input, iteration, tasks, results, open, memoryFloorMB }
}
