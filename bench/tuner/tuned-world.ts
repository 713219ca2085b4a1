import type { Clock } from "../../src/base/clock.ts"
import { seededRandom, seedOf } from "../../src/base/random.ts"
import { type ConfigClient, configClient } from "../../src/client/client.ts"
import type { Profile } from "../../src/estimation/sample.ts"
import { preset } from "../../src/platforms/simulated/presets.ts"
import { simulatedPlatform, type SimulatedPlatform } from "../../src/platforms/simulated/simulated-platform.ts"
import { awsLambdaPricing } from "../../src/pricing/aws-lambda.ts"
import { mean } from "../../src/statistics/order-statistics.ts"
import { memoryStore } from "../../src/stores/memory-store.ts"
import type { Store } from "../../src/stores/store.ts"
import { azureArrivals } from "../../src/simulation/arrivals/azure.ts"
import type { TunerSettings } from "../../src/tuner/adjustment/settings.ts"
import type { SizeCurve } from "../../src/tuner/adjustment/size-curve.ts"
import type { AuditEntry } from "../../src/tuner/audit-log.ts"
import type { ObservedPipeline } from "../../src/tuner/observation.ts"
import { profileCurves } from "../../src/tuner/profile-curves.ts"
import type { Configs } from "../../src/tuner/publishing/config-document.ts"
import { type ConfigPublisher, configPublisher } from "../../src/tuner/publishing/config-publisher.ts"
import { createTuner, type TunedWindow, type Tuner } from "../../src/tuner/tuner.ts"
import { volatileMemory } from "../../src/tuner/tuner-memory.ts"
import { type Range, valuesOf } from "../../src/workflow/config.ts"
import type { Goal } from "../../src/workflow/goal.ts"
import { calledPipeline, type CalledRun } from "./called-pipeline.ts"
import { type Regime, clipOf } from "./clips.ts"
import { type Clip, type VideoPipeline, videoBehaviour } from "./video-pipelines.ts"

/** Sizes of functions before anything is published, MB: one vCPU. */
export const FALLBACK_MB = 1792

/** Sizes that the tuner may choose: those of AWS Lambda in steps of 128 MB, as the paper has them up to 4,096 MB. */
export const SIZES: Range = { min: 128, max: 10_240, step: 128 }

/** Runs a second at the mean, as Azure's functions are called. */
const RUNS_PER_SECOND = 0.25

/** How often the clients of functions look for a newer version, virtual ms. */
const TTL_MS = 15_000

const RATES = awsLambdaPricing()

export interface WindowOfRuns {
  readonly regime: Regime
  readonly runs: readonly CalledRun[]
  readonly meanLatencyMs: number
  readonly meanCostUsd: number
  /** What the tuner did after it; null without a tuner. */
  readonly tuned: TunedWindow | null
}

export interface WorldOptions {
  readonly pipeline: VideoPipeline
  readonly seed: number
  readonly runsPerWindow: number
  /** The regime of each window. */
  readonly regimes: readonly Regime[]
  /** Published before the first window; sizes stay at the fallback where absent. */
  readonly published?: Configs
  readonly tuner?: {
    readonly goal: Goal
    readonly profiles: ReadonlyMap<string, Profile>
    readonly settings?: Partial<TunerSettings>
  }
  readonly onWindow?: (done: number) => void
}

export interface WorldOutcome {
  readonly windows: readonly WindowOfRuns[]
  readonly audit: readonly AuditEntry[]
  /** Published by the tuner. */
  readonly versions: number
}

/** A simulated platform with the functions of the pipeline at all sizes. */
export async function openPlatform({ functions }: VideoPipeline, seed: number): Promise<SimulatedPlatform> {
  const parameters = preset("lambda")
  const byName = new Map(functions.map((one) => [one.name, videoBehaviour(one, parameters.limits.mbPerVcpu)]))
  const platform = simulatedPlatform({ parameters, seed, behaviourOf: (name) => byName.get(name)!, logRecords: 0 })
  for (const { name } of functions) {
    const pkg = { functionName: name, directory: "", codeSha256: "simulated", threads: "multi" } as const
    await platform.deploy(pkg, valuesOf(SIZES), { timeoutMs: 900_000, environment: {} })
  }
  return platform
}

/** Plays windows of runs whose functions call each other, with or without a tuner that watches them. */
export async function playWorld(options: WorldOptions): Promise<WorldOutcome> {
  const { pipeline, seed, runsPerWindow, regimes } = options
  const platform = await openPlatform(pipeline, seed)
  const { clock } = platform
  const store = memoryStore()
  const publisher = configPublisher({ store, pipeline: pipeline.name, clock })
  if (options.published !== undefined) await publisher.publish({ configs: options.published, reason: "offline plan" })
  const clients = clientsOf(pipeline, { store, clock })
  const audit: AuditEntry[] = []
  const tuner = options.tuner === undefined ? null : tunerOf(options.tuner, { publisher, clock, audit, platform })
  const calls = calledPipeline<Clip>({
    platform,
    clock,
    functions: pipeline.functions,
    clientOf: (name) => clients.get(name)!,
    fallbackMB: FALLBACK_MB,
    payloadOf: (_, clip) => ({ clip }),
    costOf: costOfInvocation,
  })
  const windows: WindowOfRuns[] = []
  const ended: CalledRun[] = []
  const total = regimes.length * runsPerWindow
  const arrivals = azureArrivals({ perSecond: RUNS_PER_SECOND })(seededRandom(seedOf(`arrivals ${seed}`)))[
    Symbol.iterator
  ]()
  const fromMs = clock.monotonicMs()
  const nextArrivalMs = (): number => fromMs + arrivals.next().value!
  let begun = 0
  let nextMs = nextArrivalMs()
  while (windows.length < regimes.length) {
    // Reading a version waits for real work (a checksum): only between stretches of virtual time, so that runs repeat.
    for (const client of clients.values()) await client.decide()
    const untilMs = clock.monotonicMs() + TTL_MS
    for (; begun < total && nextMs <= untilMs; nextMs = nextArrivalMs()) {
      const number = begun++
      const clip = clipOf(regimes[Math.floor(number / runsPerWindow)]!, seed, number)
      clock.at(nextMs, () => void calls.run(`run-${seed}-${number}`, clip).then((run) => ended.push(run)))
    }
    await clock.run(clock.sleep(TTL_MS))
    while (ended.length >= runsPerWindow && windows.length < regimes.length) {
      const runs = ended.splice(0, runsPerWindow)
      const tuned = tuner === null ? null : await tuner.window(runs.map(({ gathered }) => gathered))
      windows.push(windowOf(runs, { regime: regimes[windows.length]!, tuned }))
      options.onWindow?.(windows.length)
    }
  }
  await platform.close()
  return { windows, audit, versions: audit.filter(({ kind }) => kind === "published").length }
}

/** One client in each function, and the caller's. */
function clientsOf(
  { functions, name: pipelineName }: VideoPipeline,
  { store, clock }: { readonly store: Store; readonly clock: Clock },
): ReadonlyMap<string, ConfigClient> {
  const names = ["", ...functions.map(({ name }) => name)]
  const read = async (name: string): Promise<string | null> =>
    (await store.head(name)) === null ? null : new TextDecoder().decode(await store.get(name))
  return new Map(
    names.map((name) => [
      name,
      // Refreshed a moment before each stretch: never within one.
      configClient({ pipeline: pipelineName, read, ttlMs: TTL_MS - 1, nowMs: () => clock.monotonicMs() }),
    ]),
  )
}

interface Around {
  readonly publisher: ConfigPublisher
  readonly clock: Clock
  readonly audit: AuditEntry[]
  readonly platform: SimulatedPlatform
}

function tunerOf(
  { goal, profiles, settings }: NonNullable<WorldOptions["tuner"]>,
  { publisher, clock, audit, platform }: Around,
): Tuner {
  return createTuner({
    publisher,
    goal,
    rates: RATES,
    curvesOf: async (pipeline) => curvesOf(pipeline, profiles, platform),
    memory: volatileMemory(),
    audit: { append: async (entry) => void audit.push(entry) },
    // Instants are virtual, what the tuner itself takes is real.
    clock: { ...clock, monotonicMs: () => performance.now() },
    ...(settings === undefined ? {} : { settings }),
  })
}

const fitted = profileCurves()

/** Profiles do not change while a world is played, and differ in their last sample from those of other worlds. */
export function curvesOf(
  pipeline: Pick<ObservedPipeline, "steps">,
  profiles: ReadonlyMap<string, Profile>,
  { limits }: SimulatedPlatform,
): ReadonlyMap<string, SizeCurve> {
  return fitted.of(pipeline, {
    profiles,
    limits,
    rates: RATES,
    priors: { platform: "aws-lambda", store: "s3" },
    sizesOf: () => SIZES,
  })
}

export function costOfInvocation({
  memoryMB,
  billedMs,
}: {
  readonly memoryMB: number
  readonly billedMs: number
}): number {
  return (billedMs / 1000) * (memoryMB / 1024) * RATES.usdPerGbSecond + RATES.usdPerRequest
}

function windowOf(
  runs: readonly CalledRun[],
  { regime, tuned }: { readonly regime: Regime; readonly tuned: TunedWindow | null },
): WindowOfRuns {
  return {
    regime,
    runs,
    tuned,
    meanLatencyMs: mean(runs.map(({ latencyMs }) => latencyMs)),
    meanCostUsd: mean(runs.map(({ costUsd }) => costUsd)),
  }
}
