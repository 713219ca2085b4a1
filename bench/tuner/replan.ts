import { awsLambdaPricing } from "../../src/pricing/aws-lambda.ts"
import { sampleQuantile } from "../../src/statistics/order-statistics.ts"
import { beginning } from "../../src/tuner/adjustment/absorb.ts"
import { decide, type WindowView } from "../../src/tuner/adjustment/decide.ts"
import { DEFAULT_SETTINGS } from "../../src/tuner/adjustment/settings.ts"
import { reconstruct } from "../../src/tuner/reconstruction/reconstruct.ts"
import type { Bench } from "../bench.ts"
import { HIGH, MIDDLE } from "./clips.ts"
import { type OfflinePlan, offlinePlan } from "./offline.ts"
import { curvesOf, openPlatform, playWorld, type WindowOfRuns } from "./tuned-world.ts"
import { VIDEO_PIPELINES, type VideoPipeline } from "./video-pipelines.ts"

/** Plans made of the same window, of which the first warm up. */
const PLANS = 80
const WARM_UP = 20

/** What a new plan takes when the content changed, by the clock: from the window's runs to the sizes. The slowest pipeline. */
export const bench: Bench = async () => {
  const rows: { section: string; pipeline: string; medianMs: number; p95Ms: number; firstMs: number }[] = []
  for (const pipeline of VIDEO_PIPELINES) {
    const plan = await offlinePlan(pipeline, { regime: HIGH, seed: 1, over: 0.3, headroom: DEFAULT_SETTINGS.headroom })
    const { windows } = await playWorld({
      pipeline,
      seed: 3,
      runsPerWindow: 25,
      regimes: [HIGH, HIGH, HIGH, MIDDLE, MIDDLE],
      published: plan.configs,
    })
    const times = await planTimes(windows, { pipeline, plan })
    const warm = times.slice(WARM_UP)
    rows.push({
      section: "replan",
      pipeline: pipeline.name,
      firstMs: times[0]!,
      medianMs: sampleQuantile(warm, 0.5),
      p95Ms: sampleQuantile(warm, 0.95),
    })
  }
  return {
    summary: {
      replanMs: Math.max(...rows.map(({ medianMs }) => medianMs)),
      replanP95Ms: Math.max(...rows.map(({ p95Ms }) => p95Ms)),
    },
    reasons: {},
    rows,
  }
}

async function planTimes(
  windows: readonly WindowOfRuns[],
  { pipeline, plan }: { readonly pipeline: VideoPipeline; readonly plan: OfflinePlan },
): Promise<readonly number[]> {
  const platform = await openPlatform(pipeline, 1)
  const views = windows.map(({ runs }): WindowView => {
    const { pipeline: seen, runs: observed } = reconstruct(runs.map(({ gathered }) => gathered))
    return {
      window: { observed },
      pipeline: seen!,
      curves: curvesOf(seen!, plan.profiles, platform),
      goal: { kind: "latency", budgetUsd: plan.budgetUsd, percentile: 0.95 },
      rates: awsLambdaPricing(),
      settings: DEFAULT_SETTINGS,
    }
  })
  await platform.close()
  const state = views.slice(0, 3).reduce((before, view) => decide(before, view).state, beginning(plan.configs, 1))
  return Array.from({ length: PLANS }, () => {
    const startedMs = performance.now()
    const { changes } = decide(state, views[4]!)
    const ms = performance.now() - startedMs
    if (changes.length === 0) throw new Error(`${pipeline.name}: the change of content was not seen`)
    return ms
  })
}
