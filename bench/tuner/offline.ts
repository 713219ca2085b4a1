import { seedOf } from "../../src/base/random.ts"
import type { InstanceSample, Profile } from "../../src/estimation/sample.ts"
import { variantOf } from "../../src/platforms/platform.ts"
import type { InvocationRecord } from "../../src/protocol/invocation-record.ts"
import { awsLambdaPricing } from "../../src/pricing/aws-lambda.ts"
import { cheapestOf, searchAnew } from "../../src/tuner/adjustment/new-search.ts"
import { sumsOf } from "../../src/tuner/adjustment/step-sums.ts"
import { costOf, lengthOf, tunedPipeline } from "../../src/tuner/adjustment/tuned-pipeline.ts"
import { figuresOf } from "../../src/tuner/adjustment/window-figures.ts"
import { graphOfPipeline } from "../../src/tuner/adjustment/pipeline-graph.ts"
import type { Configs } from "../../src/tuner/publishing/config-document.ts"
import { reconstruct } from "../../src/tuner/reconstruction/reconstruct.ts"
import { clipOf, type Regime } from "./clips.ts"
import { curvesOf, FALLBACK_MB, openPlatform, playWorld } from "./tuned-world.ts"
import type { VideoPipeline } from "./video-pipelines.ts"

/** Sizes at which functions are measured before anything is planned, MB, and warm runs at each. */
const MEASURED_MB = [256, 512, 1024, 1792, 3072, 5120, 10_240] as const
const WARM_RUNS = 6

/** What a campaign measures of each function on clips of the regime: estimates have real errors. */
export async function profilesOf(
  pipeline: VideoPipeline,
  { regime, seed }: { readonly regime: Regime; readonly seed: number },
): Promise<ReadonlyMap<string, Profile>> {
  const platform = await openPlatform(pipeline, seedOf(`profiles ${seed}`))
  const profiles = new Map<string, Profile>()
  const measure = async (name: string, peakMB: number): Promise<void> => {
    const samples: InstanceSample[] = []
    for (const memoryMB of MEASURED_MB) {
      if (memoryMB < peakMB) continue
      for (let run = 0; run <= WARM_RUNS; run++) {
        const outcome = await platform.invoke(
          {
            variant: variantOf(name, memoryMB),
            payload: { clip: clipOf(regime, seed, run) },
            idempotencyKey: `profile/${name}/${memoryMB}/${run}`,
            repeat: 0,
            timeoutMs: 900_000,
          },
          new AbortController().signal,
        )
        if (outcome.kind !== "ok") throw new Error(`${name} at ${memoryMB} MB: ${outcome.kind}`)
        samples.push(sampleOf(outcome.record))
      }
    }
    profiles.set(name, { functionName: name, samples })
  }
  for (const { name, peakMB } of pipeline.functions) await platform.clock.run(measure(name, peakMB))
  await platform.close()
  return profiles
}

function sampleOf(record: InvocationRecord): InstanceSample {
  return {
    kind: "instance",
    atMs: record.endedAtMs,
    source: "import",
    memoryMB: record.memoryMB,
    processes: 1,
    tasks: 1,
    outcome: "ok",
    cold: record.coldStart,
    initMs: record.initMs,
    downloadMs: 0,
    computeMs: record.durationMs,
    uploadMs: 0,
    downloadBytes: 0,
    uploadBytes: 0,
    downloadObjects: 0,
    uploadObjects: 0,
    durationMs: record.durationMs,
    billedMs: record.billedMs,
    maxMemoryUsedMB: record.maxMemoryUsedMB,
    peakProcessMB: record.maxMemoryUsedMB,
    contended: false,
    enforced: "simulated",
    codeSha256: "simulated",
    id: record.requestId,
  }
}

export interface OfflinePlan {
  readonly profiles: ReadonlyMap<string, Profile>
  readonly configs: Configs
  /** Of a run. */
  readonly budgetUsd: number
  readonly predictedMs: number
}

export interface OfflineOptions {
  readonly regime: Regime
  readonly seed: number
  /** Budget over the cheapest plan's cost, as the paper states budgets: 0.5 is +50 %. */
  readonly over: number
  readonly headroom: number
}

/** The plan before anything runs: profiles, one window of runs at safe sizes, and a search within the budget. */
export async function offlinePlan(
  pipeline: VideoPipeline,
  { regime, seed, over, headroom }: OfflineOptions,
): Promise<OfflinePlan> {
  const profiles = await profilesOf(pipeline, { regime, seed })
  const { windows } = await playWorld({
    pipeline,
    seed: seedOf(`offline ${seed}`),
    runsPerWindow: 60,
    regimes: [regime],
  })
  const { pipeline: seen, runs: observed } = reconstruct(windows[0]!.runs.map(({ gathered }) => gathered))
  const platform = await openPlatform(pipeline, 1)
  const curves = curvesOf(seen!, profiles, platform)
  const sums = sumsOf({ observed }, seen!, curves)
  const graph = graphOfPipeline(seen!, () => true)
  const tuned = tunedPipeline({
    graph,
    figures: new Map([...sums].map(([name, own]) => [name, figuresOf(own)!])),
    curves,
    sizes: new Map(graph.names.map((name) => [name, FALLBACK_MB])),
    neighbourhood: { centre: new Map(), radius: Infinity },
    floorMB: new Map(pipeline.functions.map(({ name, peakMB }) => [name, peakMB * 1.1])),
    rates: awsLambdaPricing(),
    inExpectation: true,
  })
  const budgetUsd = costOf(cheapestOf(tuned)) * (1 + over)
  const chosen = searchAnew(tuned, { kind: "budget", budgetUsd: budgetUsd * (1 - headroom) })!
  const configs = Object.fromEntries(
    graph.names.map((name, i) => [name, { memoryMB: chosen[i]!.memoryMB, instances: 1, processes: 1 }]),
  )
  return { profiles, configs, budgetUsd, predictedMs: lengthOf(tuned, chosen) }
}
