/**
 * The durable port over a journal.
 *
 * E3. An effect starts only when every earlier record of the run is durable; a decision starts at once.
 * E4. A recorded key is never run again: its value comes from the record.
 * E6. Replay yields records in the order in which the loop saw them; a record whose key is not pending at its turn
 *     stops the run.
 * E8. Closures never throw; one that does is a bug, and the run stops.
 */
import type { Clock } from "../base/clock.ts"
import { TrimtabError } from "../base/errors.ts"
import type { Store } from "../stores/store.ts"
import { instantsOf } from "./instants.ts"
import type { Commit, Entry, Journal } from "./journal.ts"
import { isThought } from "./keys.ts"
import type { DurablePort, Pending, Settled } from "./port.ts"
import { isLarge, spill } from "./spill.ts"

export interface EmbeddedPortOptions {
  readonly runId: string
  readonly journal: Journal
  readonly store: Store
  readonly clock: Clock
  /** Recorded instant of acceptance. */
  readonly acceptedAtMs: number
  /** The commit of the run's own row; absent for a run that is resumed. */
  readonly accepted?: Commit
  /** Records to replay, in order, their values read back. Empty for a new run. */
  readonly recorded: readonly RecordedEntry[]
}

/** An entry with its value: parsed, and fetched from the store where it was spilled. */
export interface RecordedEntry {
  readonly key: string
  readonly atMs: number
  readonly value: unknown
}

export interface EmbeddedPort extends DurablePort {
  /** False while records are replayed: the same things happened before. */
  readonly live: boolean
  /** Asked before the crash, perhaps in flight then: its invocations may have been sent already. */
  wasAsked(key: string): boolean
  /** Resolves when every record so far is durable. */
  durable(): Promise<void>
  /** Aborts everything that is open; nothing is recorded any more. */
  close(reason: Error): void
}

interface Open extends Pending {
  settled: boolean
  readonly start: () => void
}

interface Arrived extends Settled {
  readonly open: Open
  readonly kind: Entry["kind"]
  readonly text: string
}

export function embeddedPort(options: EmbeddedPortOptions): EmbeddedPort {
  const { runId, journal, recorded } = options
  const openByKey = new Map<string, Open>()
  const asked = new Set<string>()
  const askedInReplay = new Set<string>()
  const arrived: Arrived[] = []
  const controller = new AbortController()
  let nextSeq = 0
  let lastAtMs = options.acceptedAtMs
  let lastCommit: Commit | null = options.accepted ?? null
  let instants: (() => number) | null = null
  let failure: Error | null = null
  let waiter: {
    readonly pending: readonly Pending[]
    readonly resolve: (value: Settled) => void
    readonly reject: (error: Error) => void
  } | null = null

  const isLive = (): boolean => nextSeq >= recorded.length
  const nowMs = (): number => (instants ??= instantsOf(options.clock, lastAtMs))()

  const fail = (error: unknown): void => {
    failure ??= error instanceof Error ? error : new Error(String(error))
    waiter?.reject(failure)
    waiter = null
  }
  const durable = (): Promise<void> => lastCommit?.durable ?? Promise.resolve()

  const settle = (open: Open, kind: "run" | "sleep", value: unknown): Promise<void> | undefined => {
    if (failure !== null) return undefined
    const atMs = nowMs()
    const text = journal.keepsRecords ? JSON.stringify(value ?? null) : ""
    if (isLarge(text)) return settleLarge({ key: open.key, value, atMs, open }, text)
    arrived.push({ key: open.key, value, atMs, open, kind, text })
    deliver()
    return undefined
  }

  const settleLarge = async (arrival: Omit<Arrived, "kind" | "text">, text: string): Promise<void> => {
    const { store, clock } = options
    const ref = await spill(`runs/${runId}/journal`, text, { store, clock, signal: controller.signal })
    arrived.push({ ...arrival, kind: "run-ref", text: JSON.stringify(ref) })
    deliver()
  }

  const deliver = (): void => {
    if (waiter === null) return
    const first = takeFirst(waiter.pending)
    if (first === null) return
    const { resolve } = waiter
    waiter = null
    resolve(first)
  }

  /** The first arrival among these, recorded: it is queued for the journal before the loop sees it. */
  const takeFirst = (pending: readonly Pending[]): Settled | null => {
    const at = arrived.findIndex((item) => pending.includes(item.open))
    if (at < 0) return null
    const [item] = arrived.splice(at, 1)
    const { key, value, open, kind, text } = item!
    lastAtMs = Math.max(lastAtMs, item!.atMs)
    close(open)
    lastCommit = journal.append({ runId, seq: nextSeq++, key, kind, atMs: lastAtMs, value: text })
    return { key, value, atMs: lastAtMs }
  }

  const close = (open: Open): void => {
    open.settled = true
    openByKey.delete(open.key)
  }

  const launch = async (open: Open, fn: (signal: AbortSignal) => unknown): Promise<void> => {
    try {
      if (!isThought(open.key)) await durable()
      const value = fn(controller.signal)
      const spilling = settle(open, "run", value instanceof Promise ? await value : value)
      if (spilling !== undefined) await spilling
    } catch (error) {
      fail(error)
    }
  }

  /** A timer may fire early, and the longest is 24 days. */
  const sleepUntil = async (atMs: number): Promise<void> => {
    await durable()
    for (let left = atMs - nowMs(); left > 0; left = atMs - nowMs()) await options.clock.sleep(left, controller.signal)
  }

  const ask = (key: string, start: (open: Open) => void): Pending => {
    if (asked.has(key)) throw new TrimtabError("internal", `record ${key} was asked for twice`)
    asked.add(key)
    const open: Open = { key, settled: false, start: () => start(open) }
    openByKey.set(key, open)
    if (recorded.length > 0 && !firstLiveRaceSeen) askedInReplay.add(key)
    if (isLive() && firstLiveRaceSeen) open.start()
    return open
  }

  // A resumed run starts what is pending only when its whole past has been replayed.
  let firstLiveRaceSeen = recorded.length === 0
  const goLive = (): void => {
    firstLiveRaceSeen = true
    for (const open of openByKey.values()) open.start()
  }

  const replayNext = (): Settled => {
    const entry = recorded[nextSeq]!
    const open = openByKey.get(entry.key)
    if (open === undefined)
      throw new TrimtabError(
        "journal-mismatch",
        `record ${nextSeq} is ${entry.key}, which the run did not ask for then`,
        {
          where: `run ${runId}, record ${nextSeq}`,
          fix: "resume the run with the version of Trimtab that began it",
        },
      )
    nextSeq++
    lastAtMs = Math.max(lastAtMs, entry.atMs)
    close(open)
    return { key: entry.key, value: entry.value, atMs: lastAtMs }
  }

  return {
    entriesPerStep: journal.entriesPerStep,
    get live() {
      return isLive()
    },
    wasAsked: (key) => askedInReplay.has(key),
    durable,
    run: (key, fn) => ask(key, (open) => void launch(open, fn)),
    sleep: (key, ms) => {
      // Counted from the record before it, so that a restart does not begin the wait anew.
      const untilMs = lastAtMs + ms
      return ask(key, (open) => {
        void sleepUntil(untilMs)
          .then(() => settle(open, "sleep", null))
          .catch(fail)
      })
    },
    call: (key) => {
      throw new TrimtabError("unsupported", `the embedded port calls no other handlers (${key})`)
    },
    now: async () => options.acceptedAtMs,
    race: async (pending) => {
      if (failure !== null) throw failure
      if (!isLive()) return replayNext()
      if (!firstLiveRaceSeen) goLive()
      const first = takeFirst(pending)
      if (first !== null) return first
      if (pending.length === 0) throw new TrimtabError("internal", "the run waits for nothing")
      const { promise, resolve, reject } = Promise.withResolvers<Settled>()
      waiter = { pending, resolve, reject }
      return promise
    },
    close: (reason) => {
      fail(reason)
      controller.abort(reason)
    },
  }
}
