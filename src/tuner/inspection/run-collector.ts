import { assertNever } from "../../base/assert-never.ts"
import type { LogCounts, ObservedInvocation } from "../observation.ts"
import type { GatheredRun } from "./gathered-run.ts"
import type { LoggedInvocation, LoggedItem, LoggedNote } from "./logged-item.ts"
import { endOf, type Entry, isSame, kept } from "./request-entry.ts"
import { settledEntries } from "./settled-entries.ts"
import { sessionsOf } from "./sessions.ts"

export interface RunCollectorOptions {
  readonly onRun: (run: GatheredRun) => void
  /** Cost of an invocation, USD; none where absent. */
  readonly costOf?: (invocation: ObservedInvocation) => number
  /** Invocations that are held at most while their runs are open; 100,000 by default, about 100 MB. */
  readonly most?: number
  /** Invocations without a run id belong to one run until nothing happens for this long, ms. */
  readonly quietMs?: number
}

/**
 * Puts invocations together into runs, in whatever order they come, each once. Memory is bounded: when more invocations
 * are held than agreed, the runs that were heard of first are closed.
 */
export interface RunCollector {
  add(item: LoggedItem): void
  /** Closes the runs in which nothing ended since then, ms since 1970: logs that grow tell of the others later. */
  settle(sinceMs: number): void
  /** Closes every open run: nothing more comes. */
  flush(): void
  readonly counts: Omit<LogCounts, "lines" | "missing">
}

const MOST = 100_000
const QUIET_MS = 5_000

/** Share of what is held that is let go at once. */
const LET_GO = 0.1

/** Closed runs that are remembered, so that a late record of one opens no second run. */
const CLOSED = 100_000

interface OpenRun {
  runId: string
  entries: Entry[]
}

export function runCollector(options: RunCollectorOptions): RunCollector {
  return new Collector(options)
}

class Collector implements RunCollector {
  readonly #options: RunCollectorOptions
  readonly #most: number
  readonly #byRequest = new Map<string, Entry>()
  /** The one that was heard of first is first. */
  readonly #runs = new Map<string, OpenRun>()
  readonly #loose = new Set<Entry>()
  /** The run that a trace belongs to. */
  readonly #aliases = new Map<string, string>()
  readonly #closed = new Set<string>()
  readonly #lastEndMs = new Map<string, number>()
  readonly #passed = new Set<string>()
  #invocations = 0
  #malformed = 0
  #duplicates = 0
  #late = 0
  #outOfOrder = 0
  #undated = 0

  constructor(options: RunCollectorOptions) {
    this.#options = options
    this.#most = options.most ?? MOST
  }

  get counts(): Omit<LogCounts, "lines" | "missing"> {
    return {
      invocations: this.#invocations,
      malformed: this.#malformed,
      duplicates: this.#duplicates,
      late: this.#late,
      outOfOrder: this.#outOfOrder,
      undated: this.#undated,
    }
  }

  add(item: LoggedItem): void {
    switch (item.kind) {
      case "malformed":
        this.#malformed += 1
        return
      case "passed":
        this.#pass(item.requestId)
        return
      case "ending":
        this.#entry(item.requestId).ending = item.outcome
        break
      case "note":
        this.#note(item)
        break
      case "invocation":
        this.#invocation(item)
        break
      default:
        assertNever(item)
    }
    if (this.#byRequest.size > this.#most) this.#letGo()
  }

  settle(sinceMs: number): void {
    for (const run of this.#runs.values())
      if ([...run.entries].every((entry) => endOf(entry) < sinceMs)) this.#close(run)
    const quietMs = this.#options.quietMs ?? QUIET_MS
    this.#closeLoose(settledEntries([...this.#loose], { beforeMs: sinceMs - quietMs, quietMs }))
  }

  flush(): void {
    for (const run of this.#runs.values()) this.#close(run)
    this.#closeLoose([...this.#loose])
    this.#byRequest.clear()
  }

  /** A prewarm has a REPORT line as well, before or after: neither is work. */
  #pass(requestId: string): void {
    const entry = this.#byRequest.get(requestId)
    if (entry !== undefined) this.#drop(entry)
    if (this.#passed.size >= CLOSED) this.#passed.clear()
    this.#passed.add(requestId)
  }

  #drop(entry: Entry): void {
    this.#byRequest.delete(entry.requestId)
    this.#loose.delete(entry)
    const run = entry.runId === null ? undefined : this.#runs.get(entry.runId)
    if (run !== undefined) run.entries = run.entries.filter((one) => one !== entry)
  }

  #entry(requestId: string): Entry {
    const known = this.#byRequest.get(requestId)
    if (known !== undefined) return known
    const entry: Entry = {
      requestId,
      logged: null,
      runId: null,
      configVersion: null,
      ending: null,
    }
    this.#byRequest.set(entry.requestId, entry)
    return entry
  }

  #note({ requestId, runId, configVersion }: LoggedNote): void {
    const entry = this.#entry(requestId)
    if (configVersion !== undefined) entry.configVersion = configVersion
    if (runId === undefined) return
    const name = this.#named(runId)
    if (entry.runId !== null && entry.runId !== name) this.#unite(name, entry.runId)
    else this.#join(entry, name)
  }

  #invocation(logged: LoggedInvocation): void {
    const { invocation } = logged
    if (this.#passed.has(invocation.requestId)) return
    const [runId, ...traces] = logged.runIds
    if (runId !== undefined && this.#closed.has(this.#named(runId))) {
      this.#late += 1
      return
    }
    let entry = this.#entry(invocation.requestId)
    if (entry.logged !== null) {
      if (isSame(entry.logged, logged)) return this.#again(entry, logged)
      // Lambda tries an asynchronous event again under the same request id.
      entry = this.#entry(`${invocation.requestId}#${invocation.startMs}`)
      if (entry.logged !== null) return this.#again(entry, logged)
    }
    this.#invocations += 1
    this.#order(invocation)
    entry.logged = kept(logged, entry.requestId)
    if (runId !== undefined) this.#join(entry, this.#named(runId))
    else if (entry.runId === null) this.#loose.add(entry)
    for (const trace of traces) if (entry.runId !== null) this.#unite(entry.runId, trace)
  }

  /** The same invocation once more: the fuller line of the two counts. */
  #again(entry: Entry, logged: LoggedInvocation): void {
    const before = entry.logged!
    if (before.form === logged.form) this.#duplicates += 1
    const isFuller = logged.form === "event" && before.form === "report"
    if (isFuller || (!before.dated && logged.dated)) entry.logged = kept(logged, entry.requestId)
    const [runId] = logged.runIds
    if (entry.runId === null && runId !== undefined) this.#join(entry, this.#named(runId))
  }

  #order({ source, endMs }: ObservedInvocation): void {
    const lastMs = this.#lastEndMs.get(source)
    if (lastMs !== undefined && endMs < lastMs) this.#outOfOrder += 1
    else this.#lastEndMs.set(source, endMs)
  }

  #named(runId: string): string {
    return this.#aliases.get(runId) ?? runId
  }

  #join(entry: Entry, runId: string): void {
    if (entry.runId === runId) return
    if (this.#loose.size > 0) this.#loose.delete(entry)
    entry.runId = runId
    const run = this.#runs.get(runId)
    if (run === undefined) this.#runs.set(runId, { runId, entries: [entry] })
    else run.entries.push(entry)
  }

  /** Two names turn out to be of one run: the other's records become its own. */
  #unite(runId: string, other: string): void {
    if (other === runId || this.#named(other) === runId) return
    if (this.#aliases.size >= CLOSED) this.#aliases.clear()
    this.#aliases.set(other, runId)
    const run = this.#runs.get(other)
    if (run === undefined) return
    this.#runs.delete(other)
    for (const entry of run.entries) this.#join(entry, runId)
  }

  #letGo(): void {
    const wanted = this.#most * (1 - LET_GO)
    for (const run of this.#runs.values()) {
      if (this.#byRequest.size <= wanted) return
      this.#close(run)
    }
    if (this.#byRequest.size <= wanted) return
    // Only loose ones are left: the older half of them, by time.
    const loose = [...this.#loose].sort((a, b) => endOf(a) - endOf(b))
    this.#closeLoose(loose.slice(0, loose.length >> 1))
    for (const entry of this.#byRequest.values()) {
      if (this.#byRequest.size <= wanted) return
      if (entry.logged === null) this.#byRequest.delete(entry.requestId)
    }
  }

  #close(run: OpenRun): void {
    this.#runs.delete(run.runId)
    for (const entry of run.entries) this.#byRequest.delete(entry.requestId)
    const invocations = this.#finished(run.entries, run.runId)
    if (invocations.length === 0) return
    if (this.#closed.size >= CLOSED) for (const id of [...this.#closed].slice(0, CLOSED >> 1)) this.#closed.delete(id)
    this.#closed.add(run.runId)
    this.#options.onRun({ runId: run.runId, joinedBy: "id", invocations })
  }

  #closeLoose(entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.#loose.delete(entry)
      this.#byRequest.delete(entry.requestId)
    }
    const invocations = this.#finished(entries, null)
    for (const session of sessionsOf(invocations, this.#options.quietMs ?? QUIET_MS)) this.#options.onRun(session)
  }

  #finished(entries: readonly Entry[], runId: string | null): readonly ObservedInvocation[] {
    const invocations: ObservedInvocation[] = []
    for (const { logged, configVersion, ending } of entries) {
      if (logged === null) continue
      if (!logged.dated) {
        this.#undated += 1
        continue
      }
      const { invocation } = logged
      const costUsd = this.#options.costOf?.(invocation)
      invocations.push({
        ...invocation,
        runId,
        outcome: ending !== null && invocation.outcome === "ok" ? ending : invocation.outcome,
        ...(configVersion !== null && { configVersion }),
        ...(costUsd !== undefined && { costUsd }),
      })
    }
    return invocations
  }
}
