import type { Clock } from "../../base/clock.ts"
import { silentLogger } from "../../base/logger.ts"
import { seededRandom } from "../../base/random.ts"
import { createEngine, type Engine, type EngineOptions } from "../../engine/engine.ts"
import type { CommitPhase, Journal } from "../../engine/journal.ts"
import { memoryJournal, type MemoryDisk } from "../../engine/memory-journal.ts"
import type { InvokeRequest, Platform } from "../../platforms/platform.ts"

/** When a life of the engine ends: at an instant after its start, or inside one of its commits. */
export type Death =
  | { readonly kind: "instant"; readonly afterMs: number }
  | { readonly kind: "commit"; readonly commit: number; readonly phase: CommitPhase }

export interface MortalOptions extends Pick<EngineOptions, "platform" | "store" | "policyFor" | "clock"> {
  readonly disk: MemoryDisk
  readonly seed: number
  readonly death: Death | null
  readonly onEvent: NonNullable<EngineOptions["onEvent"]>
  /** Breaks a promise of the journal: to see that somebody notices. */
  readonly sabotage?: ((journal: Journal) => Journal) | undefined
  /** Every invocation, as it is sent. */
  readonly onInvoke: (request: InvokeRequest) => void
}

export interface MortalEngine {
  readonly engine: Engine
  /** Resolves when it has died; pending for ever in one that lives. */
  readonly died: Promise<"died">
}

/** Longest commit, ms: as a busy disk takes, so that an engine also dies with rows that are not written. */
const COMMIT_MS = 20

/**
 * An engine that dies as a process does at SIGKILL: from then on it writes nothing, sends nothing, and no timer and no
 * answer reaches it. What is on disk stays; what it asked of the platform goes on there.
 */
export function mortalEngine(options: MortalOptions): MortalEngine {
  const { disk, seed, death, clock, platform, store, policyFor } = options
  const { promise: died, resolve } = Promise.withResolvers<"died">()
  const life = { ended: false }
  const die = (): void => {
    life.ended = true
    resolve("died")
  }
  const random = seededRandom(seed)
  const mortal = mortalClock(clock, life)
  const journal = memoryJournal({
    disk,
    schedule: (fn) => void mortal.after(random.next() * COMMIT_MS, fn),
    onPhase: commitDeath(death, die),
  })
  if (death?.kind === "instant") mortal.after(death.afterMs, die)
  const engine = createEngine({
    journal: options.sabotage?.(journal) ?? journal,
    store,
    policyFor,
    clock: mortal,
    random,
    platform: mortalPlatform(platform, life, options.onInvoke),
    logger: silentLogger,
    onEvent: (event) => {
      if (!life.ended) options.onEvent(event)
    },
  })
  return { engine, died }
}

/** Ends the life inside a commit: before the rows are written nothing of them is on disk, after it all. */
function commitDeath(death: Death | null, die: () => void): (phase: CommitPhase) => void {
  let commits = 0
  return (phase) => {
    if (phase === "before-write") commits++
    if (death?.kind !== "commit" || commits < death.commit || phase !== death.phase) return
    die()
    // An exception is what stops a commit half way; nobody is left to see it.
    if (phase !== "after-ack") throw new Error("killed")
  }
}

interface Life {
  ended: boolean
}

function mortalClock(clock: Clock, life: Life): Clock {
  return {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    after: (ms, fn) =>
      clock.after(ms, () => {
        if (!life.ended) fn()
      }),
    sleep: (ms, signal) => whileAlive(clock.sleep(ms, signal), life),
  }
}

function mortalPlatform(platform: Platform, life: Life, onInvoke: (request: InvokeRequest) => void): Platform {
  return {
    name: platform.name,
    clock: platform.clock,
    limits: platform.limits,
    pricing: platform.pricing,
    invoke: (request, signal) => {
      if (life.ended) return never()
      onInvoke(request)
      return whileAlive(platform.invoke(request, signal), life)
    },
    prewarm: (variant, instances, signal) =>
      life.ended ? never() : whileAlive(platform.prewarm(variant, instances, signal), life),
    meters: (record) => platform.meters(record),
    deploy: (pkg, sizes, options) => platform.deploy(pkg, sizes, options),
    logs: (query) => platform.logs(query),
    teardown: (scope) => platform.teardown(scope),
    warmInstances: (signal) => platform.warmInstances(signal),
    close: async () => {},
  }
}

/** Settles as the promise does, unless the life has ended by then: then never. */
function whileAlive<T>(promise: Promise<T>, life: Life): Promise<T> {
  return promise.then(
    (value) => (life.ended ? never<T>() : value),
    (error: unknown) => {
      if (life.ended) return never<T>()
      throw error
    },
  )
}

function never<T>(): Promise<T> {
  return Promise.withResolvers<T>().promise
}
