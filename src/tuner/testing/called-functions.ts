import { type Random, seededRandom } from "../../base/random.ts"
import { normalQuantile } from "../../statistics/normal.ts"
import type { SizeCurve } from "../adjustment/size-curve.ts"
import { msAt } from "../adjustment/size-curve.ts"
import type { GatheredRun } from "../inspection/gathered-run.ts"
import type { ObservedInvocation } from "../observation.ts"
import type { ConfigDocument } from "../publishing/config-document.ts"

/** A function of a small pipeline, as it really is. */
export interface TrueFunction {
  readonly name: string
  readonly after: readonly string[]
  /** What is thought of it; the truth may differ by `truth`. */
  readonly curve: SizeCurve
  /** Factor on its time, by what it runs with and how many windows were played. */
  readonly truth?: (at: { readonly memoryMB: number; readonly window: number }) => number
  /** Sizes at which it runs out of memory. */
  readonly killedBelowMB?: number
  /** Largest memory that its log says, MB; 90 where absent, null: it says none. */
  readonly peakMB?: number | null
  /** Share of the runs that have it; it must not have children. */
  readonly probability?: number
  /** First window that has it. */
  readonly since?: number
}

export interface CalledFunctionsOptions {
  readonly functions: readonly TrueFunction[]
  /** Spread of times, sd of ln. */
  readonly noise: number
  readonly seed: number
  readonly defaultMB: number
}

export const RATES = { usdPerGbSecond: 1.66667e-5, usdPerRequest: 2e-7 } as const

/** Runs of functions that call each other at the sizes of a published document, without any platform: plain arithmetic. */
export interface CalledFunctions {
  window(document: ConfigDocument | null, runs: number): readonly GatheredRun[]
}

export function calledFunctions(options: CalledFunctionsOptions): CalledFunctions {
  const random = seededRandom(options.seed)
  let windows = 0
  let runs = 0
  return {
    window: (document, count) => {
      const window = windows++
      return Array.from({ length: count }, () => playedRun(options, { document, window, number: runs++, random }))
    },
  }
}

interface At {
  readonly document: ConfigDocument | null
  readonly window: number
  readonly number: number
  readonly random: Random
}

/** Runs follow each other at this distance, ms: they do not overlap much. */
const EVERY_MS = 60_000
const START_MS = Date.UTC(2026, 0, 1)

function playedRun({ functions, noise, defaultMB }: CalledFunctionsOptions, at: At): GatheredRun {
  const { document, window, number, random } = at
  const tries = document?.canary !== undefined && random.next() < document.canary.sharePercent / 100
  const runId = `run-${number}`
  const ends = new Map<string, number>()
  const invocations: ObservedInvocation[] = []
  for (const one of functions) {
    const draw = normalQuantile(0.0005 + 0.999 * random.next())
    const has = random.next() < (one.probability ?? 1) && window >= (one.since ?? 0)
    if (!has) continue
    const config = (tries ? document?.canary?.configs[one.name] : undefined) ?? document?.configs[one.name]
    const memoryMB = config?.memoryMB ?? defaultMB
    const factor = (one.truth?.({ memoryMB, window }) ?? 1) * Math.exp(noise * draw)
    const durationMs = msAt(one.curve, memoryMB) * factor
    const startMs = Math.max(START_MS + number * EVERY_MS, ...one.after.map((parent) => ends.get(parent) ?? 0)) + 5
    ends.set(one.name, startMs + durationMs)
    const billedMs = Math.ceil(durationMs)
    invocations.push({
      requestId: `${runId}-${one.name}`,
      runId,
      functionName: one.name,
      memoryMB,
      startMs,
      endMs: startMs + durationMs,
      durationMs,
      billedMs,
      initMs: 0,
      ...(one.peakMB === null ? {} : { maxMemoryMB: one.peakMB ?? 90 }),
      outcome: memoryMB < (one.killedBelowMB ?? 0) ? "out-of-memory" : "ok",
      costUsd: (billedMs / 1000) * (memoryMB / 1024) * RATES.usdPerGbSecond + RATES.usdPerRequest,
      source: one.name,
    })
  }
  return { runId, joinedBy: "id", invocations }
}
