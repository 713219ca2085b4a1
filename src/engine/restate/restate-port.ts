/**
 * The durable port over a Restate invocation: the server keeps the records, and calls the handler again with them after
 * a crash of either side.
 *
 * E1. Nothing of the context is awaited while a race is open, and races are Restate's own: their winners are recorded.
 * E2. Instants of records travel in the records, since the server tells none.
 * E3. The server completes a closure only when its value is durable; until then no race yields it.
 * E7. A record may carry the decisions that it makes possible (`foresight.ts`): they are as durable as it is, and cost no
 *     round trip of their own. They are yielded right after it, unless something else was recorded in between.
 * E8. Closures never throw; one that does is a bug, which is recorded and breaks the run. A store that is away is no bug:
 *     the server has the closure run again.
 */
import type { Context, RestatePromise, Serde } from "@restatedev/restate-sdk"
import type { Clock } from "../../base/clock.ts"
import { messageOf, TrimtabError } from "../../base/errors.ts"
import type { Store } from "../../stores/store.ts"
import { instantsOf } from "../instants.ts"
import { CANCEL_KEY } from "../keys.ts"
import { isBreakage } from "../live-run.ts"
import type { DurablePort, Pending, Settled } from "../port.ts"
import type { CancelRecord } from "../records.ts"
import { isLarge, spill, unspill } from "../spill.ts"
import {
  answered,
  broken,
  keptOf,
  never,
  recordSerde,
  textOf,
  type Attachment,
  type Kept,
  type Won,
} from "./kept-record.ts"
import type { RestateSdk } from "./sdk.ts"

/** A race over many entries costs their square: a step is cut into few records. */
export const RESTATE_ENTRIES_PER_STEP = 16

export interface RestatePortOptions {
  readonly sdk: RestateSdk
  readonly context: Context
  readonly runId: string
  /** Service whose handlers `call` calls. */
  readonly service: string
  readonly store: Store
  readonly clock: Clock
  /** Of the present attempt: its end ends everything that was begun in it. */
  readonly signal: AbortSignal
  /** What a closure's record carries beside its value; null for the record of the run's start. Called once for each. */
  readonly attach: (settled: Settled | null, atMs: number) => Attachment
  /** Told of it when the record is yielded; `here` where its closure ran in this attempt. */
  readonly onAttached: (attachment: Attachment, origin: { readonly here: boolean }) => void
}

export interface RestatePort extends DurablePort {
  /** False while records are replayed: the same things happened before. */
  readonly live: boolean
  /** Asked in an earlier attempt, perhaps in flight then: its invocations may have been sent already. */
  wasAsked(key: string): boolean
  /** ms since 1970, never before the last record. */
  nowMs(): number
  /** Aborts everything that is open; nothing is recorded any more. */
  close(reason: Error): void
}

export function restatePort(options: RestatePortOptions): RestatePort {
  const { sdk, context, runId, store, clock } = options
  // Its schema is optional in a way that this compiler's settings tell apart.
  const json = sdk.serde.json as Serde<unknown>
  const promises = new Map<string, RestatePromise<Won>>()
  const asked = new Set<string>()
  const askedInReplay = new Set<string>()
  /** Records of closures that ran in this attempt: what is known need not be read back. */
  const ran = new Map<string, { readonly kept: Kept; readonly value: unknown }>()
  /** Decisions that came with the last record, to be yielded when they are asked for. */
  let foreseen: readonly Settled[] = []
  let yielded = 0
  const controller = new AbortController()
  const onAttemptOver = (): void => controller.abort(new TrimtabError("interrupted", "the attempt is over"))
  if (options.signal.aborted) onAttemptOver()
  else options.signal.addEventListener("abort", onAttemptOver, { once: true })
  let live = false
  let lastAtMs = 0
  let instants: (() => number) | null = null
  const nowMs = (): number => Math.max(lastAtMs, (instants ??= instantsOf(clock, lastAtMs))())

  const keep = async (key: string, value: unknown): Promise<Won> => {
    const atMs = nowMs()
    const text = JSON.stringify(value ?? null)
    const ref = isLarge(text)
      ? await spill(`runs/${runId}/journal`, text, { store, clock, signal: controller.signal })
      : null
    const attachment = options.attach({ key, value, atMs }, atMs)
    const isEmpty = attachment.next.length === 0 && attachment.besides === undefined
    const carried = isEmpty ? {} : { with: attachment }
    ran.set(key, { kept: ref === null ? { atMs, value, ...carried } : { atMs, ref, ...carried }, value })
    return { key, text: textOf({ atMs, ...(ref === null ? { value: text } : { ref }), ...carried }) }
  }

  const launch = async (key: string, fn: (signal: AbortSignal) => unknown): Promise<Won> => {
    try {
      const won = await keep(key, await fn(controller.signal))
      return controller.signal.aborted ? await never() : won
    } catch (error) {
      if (controller.signal.aborted) return never()
      if (!isBreakage(error)) throw error
      const kept = broken(messageOf(error), error instanceof TrimtabError ? error.code : "internal", nowMs())
      ran.set(key, { kept, value: null })
      return { key, text: JSON.stringify(kept) }
    }
  }

  const ask = (key: string, begin: () => RestatePromise<Won>): Pending => {
    if (asked.has(key)) throw new TrimtabError("internal", `record ${key} was asked for twice`)
    asked.add(key)
    if (!live) askedInReplay.add(key)
    promises.set(key, begin())
    return { key }
  }

  const accept = (attachment: Attachment, here: boolean): void => {
    options.onAttached(attachment, { here })
    // What was recorded meanwhile was not seen when these were decided: they are decided anew.
    if (attachment.basis === yielded) foreseen = attachment.next
  }

  /** The next decision that is at hand, if it is what the loop waits for. */
  const takeForeseen = (pending: readonly Pending[]): Settled | null => {
    const [next, ...rest] = foreseen
    if (next === undefined) return null
    if (!pending.some(({ key }) => key === next.key)) {
      foreseen = []
      return null
    }
    foreseen = rest
    yielded++
    lastAtMs = Math.max(lastAtMs, next.atMs)
    return { ...next, atMs: lastAtMs }
  }

  const settle = async (won: Won): Promise<Settled> => {
    const { key } = won
    const here = ran.get(key)
    const kept = here?.kept ?? keptOf(won)
    promises.delete(key)
    ran.delete(key)
    if (here !== undefined) live = true
    lastAtMs = Math.max(lastAtMs, kept.atMs)
    if ("with" in kept && kept.with !== undefined) accept(kept.with, here !== undefined)
    yielded++
    if ("broke" in kept) throw new TrimtabError(kept.code === "journal-mismatch" ? kept.code : "internal", kept.broke)
    if (here !== undefined) return { key, value: here.value, atMs: lastAtMs }
    if ("value" in kept) return { key, value: kept.value, atMs: lastAtMs }
    return { key, value: JSON.parse(await unspill(kept.ref, { store, clock })), atMs: lastAtMs }
  }

  const cancelled = async (): Promise<Settled> => {
    lastAtMs = Math.max(lastAtMs, await context.date.now())
    const value: CancelRecord = { reason: "asked for" }
    return { key: CANCEL_KEY, value, atMs: lastAtMs }
  }

  return {
    entriesPerStep: RESTATE_ENTRIES_PER_STEP,
    get live() {
      return live
    },
    wasAsked: (key) => askedInReplay.has(key),
    nowMs,
    run: (key, fn) => {
      // The server tells of a cancel request by itself, at the next race.
      if (key === CANCEL_KEY || foreseen[0]?.key === key) return { key }
      return ask(key, () => context.run(key, () => launch(key, fn), { serde: recordSerde(key) }))
    },
    sleep: (key, ms) => {
      // The server tells no instant: the timer's own end is one that every replay computes.
      const untilMs = lastAtMs + Math.ceil(ms)
      return ask(key, () =>
        context.sleep(Math.max(0, Math.ceil(ms)), key).map((): Won => ({ key, kept: { atMs: untilMs, value: null } })),
      )
    },
    call: (key, { handler }, input) =>
      ask(key, () =>
        context
          .genericCall<unknown, unknown>({
            service: options.service,
            method: handler,
            parameter: input,
            inputSerde: json,
            outputSerde: json,
            name: key,
          })
          .map((answer, failure): Won => ({ key, kept: answered(key, answer, failure) })),
      ),
    now: async () => {
      // An attempt that makes this record is the first one: all that follows in it happens for the first time.
      const accepted = await context.run("accepted", () => {
        live = true
        const atMs = clock.nowMs()
        return { atMs, with: options.attach(null, atMs) }
      })
      lastAtMs = accepted.atMs
      accept(accepted.with, live)
      return accepted.atMs
    },
    race: async (pending) => {
      const known = takeForeseen(pending)
      if (known !== null) return known
      const open = pending.flatMap(({ key }) => promises.get(key) ?? [])
      if (open.length === 0) throw new TrimtabError("internal", "the run waits for nothing")
      let won: Won
      try {
        won = await sdk.RestatePromise.race(open)
      } catch (error) {
        if (error instanceof sdk.CancelledError && pending.some(({ key }) => key === CANCEL_KEY)) return cancelled()
        throw error
      }
      return settle(won)
    },
    close: (reason) => {
      options.signal.removeEventListener("abort", onAttemptOver)
      controller.abort(reason)
    },
  }
}
