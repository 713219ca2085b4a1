/** A bug that somebody could have made: one text of one source file, and what stands there instead. */
export interface PlantedBug {
  readonly name: string
  /** Under `src/`. */
  readonly file: string
  /** Occurs once. */
  readonly text: string
  readonly bug: string
}

/** Bugs of the engine, each of which breaks a promise. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: "an effect does not wait until the records before it are durable",
    file: "engine/embedded-port.ts",
    text: "if (!isThought(open.key)) await durable()",
    bug: "await Promise.resolve()",
  },
  {
    name: "a run is acknowledged before it is durable",
    file: "engine/engine.ts",
    text: "const { result } = launch({ definition, acceptedAtMs, accepted })\n    await accepted.durable",
    bug: "const { result } = launch({ definition, acceptedAtMs, accepted })",
  },
  {
    name: "a client hears of an end that is not durable",
    file: "engine/live-run.ts",
    text: "await journal.finish({ runId, status, finishedAtMs, result: JSON.stringify(stored) }).durable",
    bug: "void journal.finish({ runId, status, finishedAtMs, result: JSON.stringify(stored) }).durable",
  },
  {
    name: "a request key is forgotten",
    file: "engine/engine.ts",
    text: "const row = journal.runOfRequest(requestKey)",
    bug: "const row = null as RunRow | null",
  },
  {
    name: "a step begins when one of its parents is still running",
    file: "engine/step-transitions.ts",
    text: "if (missing[child] === 0)",
    bug: "if (missing[child]! <= 1)",
  },
  {
    name: "a run ends before its last step",
    file: "engine/step-transitions.ts",
    text: "if (draft.left === 0 && draft.end === null)",
    bug: "if (draft.left <= 1 && draft.end === null)",
  },
  {
    name: "a step ends before its last part",
    file: "engine/apply.ts",
    text: "if (batchesLeft === 0) attemptEnded",
    bug: "if (batchesLeft <= 1) attemptEnded",
  },
  {
    name: "results of a part come in the wrong order",
    file: "engine/apply.ts",
    text: "into.results[place] = part.results[i] ?? null",
    bug: "into.results[place] = part.results[part.invocations.length > 1 ? 0 : i] ?? null",
  },
  {
    name: "an iteration is numbered like the one before",
    file: "engine/step-transitions.ts",
    text: "const again = { iteration: iteration + 1,",
    bug: "const again = { iteration: iteration,",
  },
  {
    name: "iterations share their idempotency keys",
    file: "engine/keys.ts",
    text: "return `${runId}/${attemptKey(id)}/${part}`",
    bug: "return `${runId}/${attemptKey({ ...id, iteration: 0 })}/${part}`",
  },
  {
    name: "parts share their idempotency keys",
    file: "engine/keys.ts",
    text: "return `${runId}/${attemptKey(id)}/${part}`",
    bug: "return `${runId}/${attemptKey(id)}/${typeof part === 'number' ? 0 : part}`",
  },
  {
    name: "effects run again while their records are replayed",
    file: "engine/embedded-port.ts",
    text: "if (isLive() && firstLiveRaceSeen) open.start()",
    bug: "open.start()",
  },
  {
    name: "one thing that was in flight is not asked for after a restart",
    file: "engine/embedded-port.ts",
    text: "for (const open of openByKey.values()) open.start()",
    bug: "for (const open of [...openByKey.values()].slice(0, -1)) open.start()",
  },
  {
    name: "records are not numbered on",
    file: "engine/embedded-port.ts",
    text: "seq: nextSeq++,",
    bug: "seq: nextSeq,",
  },
  {
    name: "rows are lost when many come in one turn",
    file: "engine/group-commit.ts",
    text: "group.rows.push(row)",
    bug: "if (group.rows.length < 3) group.rows.push(row)",
  },
  {
    name: "a repetition is not counted",
    file: "engine/part-progress.ts",
    text: "progress.repeat++",
    bug: "progress.repeat += 0",
  },
  {
    name: "patience ends with the first retry",
    file: "engine/retry-rules.ts",
    text: "if (tries.sinceFirstMs > PATIENCE_MS)",
    bug: "if (tries.repeat > 0)",
  },
  {
    name: "a cut connection is taken for an instance that was too small",
    file: "engine/retry-rules.ts",
    text: 'if (failure.kind === "throttled" || failure.kind === "unavailable")',
    bug: 'if (failure.kind === "throttled")',
  },
  {
    name: "an answer that is none counts as empty results",
    file: "engine/invoke-part.ts",
    text: 'this.#erred("BadAnswer", "the function answered something that is no answer of the wrapper")',
    bug: "this.#answered(\n        progress.open.map(() => null),\n        [],\n      )",
  },
  {
    name: "the timer of a retry is lost",
    file: "engine/invoke-part.ts",
    text: "if (waitMs > 0) await parts.clock.sleep(waitMs, signal)",
    bug: "if (waitMs > 0) await Promise.race([])",
  },
  {
    name: "durations follow the wall clock",
    file: "engine/instants.ts",
    text: "(wallMs + (clock.monotonicMs() - monotonicMs))",
    bug: "(clock.nowMs() + 0 * (wallMs + monotonicMs))",
  },
  {
    name: "time begins anew after a restart",
    file: "engine/live-run.ts",
    text: "instantsOf(parts.clock, recorded.at(-1)?.atMs ?? acceptedAtMs)",
    bug: "instantsOf(parts.clock)",
  },
  {
    name: "a retry's time is counted backwards",
    file: "engine/step-times.ts",
    text: "const firstAskedMs = Math.min(",
    bug: "const firstAskedMs = Math.max(last.askedAtMs + 1, ",
  },
  {
    name: "an invocation is billed twice",
    file: "engine/result-of.ts",
    text: "pricing.bill(meters.flat())",
    bug: "pricing.bill([...meters.flat(), ...meters.flat()])",
  },
  {
    name: "a duplicate has an idempotency key of its own",
    file: "engine/invoke-part.ts",
    text: "const key = this.#key()\n    const go = (",
    bug: "const key = `${this.#key()}.again`\n    const go = (",
  },
  {
    name: "both answers of a duplicate are applied",
    file: "engine/hedged-flights.ts",
    text: "if (this.#on.run.hedging?.late(flight, entry) === true) return false",
    bug: "this.#on.run.hedging?.late(flight, entry)",
  },
  {
    name: "an invocation that was overtaken is not in the books",
    file: "engine/hedged-flights.ts",
    text: "for (const flight of this.#open) this.#on",
    bug: "for (const flight of this.#open) if (flight === this.#duplicate) this.#on",
  },
  {
    name: "an invocation that was overtaken is billed twice",
    file: "engine/result-of.ts",
    text: "if (!invocations.some(isOvertaken)) return bill.lines.map(costLine)",
    bug: "if (invocations.length >= 0) return bill.lines.map(costLine)",
  },
  {
    name: "a run is ended before its deadline",
    file: "engine/next-actions.ts",
    text: "atMs: goal.sloMs }",
    bug: "atMs: goal.sloMs / 2 }",
  },
  {
    name: "a run goes on after its deadline",
    file: "engine/live-run.ts",
    text: "return port.sleep(action.key, Math.max(0, action.atMs - state.nowMs))",
    bug: "return port.sleep(action.key, 10 * Math.max(0, action.atMs - state.nowMs) + 60_000)",
  },
  {
    name: "the deadline of a step that has ended ends the run",
    file: "engine/apply.ts",
    text: "if (hasEnded(run.phase) || run.iteration !== of.iteration) return",
    bug: "if (run.iteration !== of.iteration) return",
  },
  {
    name: "what a nested workflow gives loses its names",
    file: "workflow/nested.ts",
    text: 'if (source.kind !== "record") return true',
    bug: 'if (source.kind !== "record" || after.length > 0) return true',
  },
  {
    name: "a nested workflow runs whether it is wanted or not",
    file: "workflow/nested.ts",
    text: "const when = step.after.length === 0 ? place.when : own",
    bug: "const when = own",
  },
]
