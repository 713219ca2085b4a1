import { DEFAULT_SETTINGS } from "../../src/tuner/adjustment/settings.ts"
import type { Bench } from "../bench.ts"
import { HIGH } from "./clips.ts"
import { offlinePlan } from "./offline.ts"
import { playWorld } from "./tuned-world.ts"
import { VIDEO_PIPELINES } from "./video-pipelines.ts"

const WINDOWS = 1000
const RUNS_PER_WINDOW = 25

/**
 * A thousand windows of the same content: how often the tuner publishes other sizes. A change that is tried out and then
 * reaches all runs is one change in two versions; one that is taken back is two. The worst of the pipelines counts.
 */
export const bench: Bench = async ({ full }) => {
  const seeds = full ? [1, 2, 3, 4, 5] : [1]
  const rows: {
    section: string
    pipeline: string
    seed: number
    versions: number
    changes: number
    why: readonly string[]
  }[] = []
  for (const seed of seeds)
    for (const pipeline of VIDEO_PIPELINES) {
      const plan = await offlinePlan(pipeline, { regime: HIGH, seed, over: 0.3, headroom: DEFAULT_SETTINGS.headroom })
      const { versions, audit } = await playWorld({
        pipeline,
        seed,
        runsPerWindow: RUNS_PER_WINDOW,
        regimes: Array.from({ length: WINDOWS }, () => HIGH),
        published: plan.configs,
        tuner: { goal: { kind: "latency", budgetUsd: plan.budgetUsd, percentile: 0.95 }, profiles: plan.profiles },
        onWindow: (done) => {
          if (done % 250 === 0) process.stderr.write(`  ${pipeline.name}, seed ${seed}: ${done} windows\n`)
        },
      })
      const changes = audit.filter((entry) => entry.kind === "published" && entry.how !== "promote").length
      const why = audit.flatMap((entry) => (entry.kind === "published" ? [`${entry.how}: ${entry.why}`] : []))
      rows.push({ section: "stationary", pipeline: pipeline.name, seed, versions, changes, why })
    }
  return {
    summary: {
      changesIn1000StationaryWindows: Math.max(...rows.map(({ changes }) => changes)),
      versionsIn1000StationaryWindows: Math.max(...rows.map(({ versions }) => versions)),
    },
    reasons: {},
    rows,
  }
}
