import type { Clock } from "../base/clock.ts"
import { variantName, variantOf, type FunctionVariant, type Platform } from "../platforms/platform.ts"
import { withDeadline } from "./deadline.ts"

/** How many idle warm instances there are, as far as the engine knows. */
export interface WarmInstances {
  count(functionName: string, memoryMB: number): number
  /** Sizes of a function that have an idle instance, MB, ascending. */
  sizes(functionName: string): readonly number[]
  /** An invocation was sent: it takes an idle instance where there is one. */
  taken(variant: FunctionVariant): void
  /** Instances became idle: an invocation ended, or a prewarm answered. */
  added(variant: FunctionVariant, instances: number): void
  /** Asks the platform, in the background and not too often. */
  refresh(): void
  /** Resolves when the platform has told its count for the first time, or soon after if it does not. */
  readonly known: Promise<void>
}

/** Least time between two questions to the platform, ms. */
const REFRESH_EVERY_MS = 250
const REFRESH_DEADLINE_MS = 1_000

/** Longest that the first run of an engine waits to learn what is warm, ms. */
const FIRST_DEADLINE_MS = 100

/** An idle instance that nobody has heard of for this long is taken for gone, ms. */
const KEEP_ALIVE_MS = 5 * 60_000

interface Known {
  idle: number
  seenAtMs: number
}

/**
 * Counts what the engine itself sent, ended and prewarmed, corrected by what the platform says. A platform that
 * cannot tell leaves the engine's own count. It is a hint for decisions: nothing waits for it and nothing fails by it.
 */
export function warmInstances(platform: Platform, clock: Clock): WarmInstances {
  const known = new Map<string, Known>()
  let askedAtMs = Number.NEGATIVE_INFINITY
  let asking = false
  const change = (name: string, by: number): void => {
    const idle = Math.max(0, (known.get(name)?.idle ?? 0) + by)
    known.set(name, { idle, seenAtMs: clock.monotonicMs() })
  }
  const correct = (told: ReadonlyMap<string, number>): void => {
    if (told.size === 0) return
    known.clear()
    for (const [name, idle] of told) known.set(name, { idle, seenAtMs: clock.monotonicMs() })
  }
  const count = (functionName: string, memoryMB: number): number => {
    const entry = known.get(variantName(variantOf(functionName, memoryMB)))
    return entry === undefined || clock.monotonicMs() - entry.seenAtMs > KEEP_ALIVE_MS ? 0 : entry.idle
  }
  const ask = async (ms: number): Promise<void> => {
    asking = true
    askedAtMs = clock.monotonicMs()
    try {
      const what = "asking for warm instances"
      correct(await withDeadline({ clock, ms, what }, async (signal) => platform.warmInstances(signal)))
    } catch {
      // A platform that does not answer leaves the count as it is.
    } finally {
      asking = false
    }
  }
  return {
    known: ask(FIRST_DEADLINE_MS),
    count,
    sizes: (functionName) =>
      [...known.keys()]
        .filter((name) => name.startsWith(`${functionName}:`))
        .map((name) => Number.parseInt(name.slice(functionName.length + 1), 10))
        .filter((memoryMB) => count(functionName, memoryMB) > 0)
        .sort((a, b) => a - b),
    taken: (variant) => change(variantName(variant), -1),
    added: (variant, instances) => change(variantName(variant), instances),
    refresh: () => {
      if (!asking && clock.monotonicMs() - askedAtMs >= REFRESH_EVERY_MS) void ask(REFRESH_DEADLINE_MS)
    },
  }
}
