import { seededRandom } from "../base/random.ts"
import type { Json } from "../base/json.ts"
import type { Goal } from "../workflow/goal.ts"
import type { RunResult, RunStatus } from "../workflow/run-result.ts"
import type { Workflow } from "../workflow/workflow.ts"
import type { Arrivals } from "./arrivals/arrivals.ts"
import { exponential } from "./arrivals/arrivals.ts"
import type { World } from "./world.ts"

/** When runs begin: at their own instants, or one after the other by so many clients. */
export type Load =
  | { readonly kind: "open"; readonly arrivals: Arrivals }
  | { readonly kind: "closed"; readonly clients: number; readonly thinkMs: number }

export interface SimulateOptions {
  readonly world: World
  readonly workflow: Workflow
  readonly goal: Goal
  readonly input: Json
  readonly load: Load
  readonly runs: number
  readonly seed: number
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: {
    readonly ended: number
    readonly runs: number
    readonly virtualMs: number
  }) => void
}

/** What is kept of every run. */
export interface SimulatedRun {
  readonly arrivedAtMs: number
  readonly status: RunStatus
  readonly latencyMs: number
  readonly costUsd: number
  readonly invocations: number
  readonly coldStarts: number
  /** Invocations beyond the first of their part. */
  readonly retries: number
  /** Waits for room: the engine's and the platform's, of the longest waits of the steps, summed. */
  readonly queueMs: number
  readonly prewarmUsd: number
  /** Instances that were started ahead, and those of them that were used. */
  readonly prewarmed: number
  readonly prewarmHits: number
  /** Mapping delay that was avoided by it, ms. */
  readonly avoidedMs: number
  /** Mapping delay along the longest measured path, ms. */
  readonly mappingDelayMs: number
  readonly infeasible: boolean
  /** Duplicates of late invocations, those that came first, and what the answers cost that were not needed. */
  readonly hedges: number
  readonly hedgesWon: number
  readonly hedgeUsd: number
}

export interface Simulated {
  /** In the order of their arrival. */
  readonly runs: readonly SimulatedRun[]
  /** Some runs whole: the first ones, and the slowest of all. */
  readonly whole: readonly RunResult[]
  readonly slowest: RunResult | null
  readonly virtualMs: number
}

/** Runs that are kept whole, so that one near the median is among them. */
const MOST_WHOLE = 400

/**
 * Plays so many runs in virtual time. The same seed, load and world give the same runs, byte for byte.
 * @throws TrimtabError `internal` when the simulation stands still; what aborted `signal`
 */
export async function simulate(options: SimulateOptions): Promise<Simulated> {
  const { world, runs: count, load, signal } = options
  const { clock } = world.platform
  const kept: (SimulatedRun | undefined)[] = []
  const whole: RunResult[] = []
  let slowest: RunResult | null = null
  let ended = 0
  const one = async (index: number): Promise<void> => {
    const arrivedAtMs = clock.monotonicMs()
    const { workflow, goal, input } = options
    const { result } = await world.engine.start({ workflow, input, goal })
    const run = await result
    kept[index] = summaryOf(run, arrivedAtMs)
    if (whole.length < MOST_WHOLE) whole.push(run)
    if (slowest === null || run.latencyMs > slowest.latencyMs) slowest = run
    options.onProgress?.({ ended: ++ended, runs: count, virtualMs: clock.monotonicMs() })
  }
  const all = load.kind === "open" ? openLoop(options, load.arrivals, one) : closedLoop(options, load, one)
  await clock.run(all, signal)
  return { runs: kept.filter((run) => run !== undefined), whole, slowest, virtualMs: clock.monotonicMs() }
}

/** Runs begin when they arrive, however many are under way. */
async function openLoop(
  { world, runs, seed }: SimulateOptions,
  arrivals: Arrivals,
  one: (index: number) => Promise<void>,
): Promise<void> {
  const { clock } = world.platform
  const under: Promise<void>[] = []
  const fromMs = clock.monotonicMs()
  let index = 0
  for (const atMs of arrivals(seededRandom(seed))) {
    if (index >= runs) break
    await clock.sleep(fromMs + atMs - clock.monotonicMs())
    under.push(one(index++))
  }
  await Promise.all(under)
}

/** Each client begins its next run when its last one has ended and it has thought for a while. */
async function closedLoop(
  { world, runs, seed }: SimulateOptions,
  { clients, thinkMs }: Extract<Load, { kind: "closed" }>,
  one: (index: number) => Promise<void>,
): Promise<void> {
  const { clock } = world.platform
  const random = seededRandom(seed)
  let next = 0
  const client = async (): Promise<void> => {
    while (next < runs) {
      await one(next++)
      if (thinkMs > 0) await clock.sleep(exponential(thinkMs, random))
    }
  }
  await Promise.all(Array.from({ length: Math.min(clients, runs) }, client))
}

function summaryOf(run: RunResult, arrivedAtMs: number): SimulatedRun {
  let invocations = 0
  let coldStarts = 0
  let retries = 0
  let queueMs = 0
  for (const step of run.steps) {
    let longest = 0
    for (const one of step.invocations) {
      invocations++
      if (one.coldStart) coldStarts++
      if (one.repeat > 0 && one.hedge !== true) retries++
      if (one.queueMs > longest) longest = one.queueMs
    }
    queueMs += longest
  }
  const { status, latencyMs, costUsd, infeasible, prewarm } = run
  return {
    arrivedAtMs,
    status,
    latencyMs,
    costUsd,
    invocations,
    coldStarts,
    retries,
    queueMs,
    prewarmUsd: prewarm.costUsd,
    prewarmed: prewarm.warmed,
    prewarmHits: prewarm.hits,
    avoidedMs: prewarm.avoidedMs ?? 0,
    mappingDelayMs: mappingDelayOf(run),
    infeasible,
    hedges: run.hedges?.sent ?? 0,
    hedgesWon: run.hedges?.won ?? 0,
    hedgeUsd: run.hedges?.costUsd ?? 0,
  }
}

function mappingDelayOf({ steps, criticalPath }: RunResult): number {
  const path = new Set(criticalPath)
  return steps.reduce((sum, step) => sum + (path.has(step.name) ? step.mappingDelayMs : 0), 0)
}
