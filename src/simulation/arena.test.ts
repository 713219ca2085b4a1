import { expect, test } from "vitest"
import { fakePolicy } from "../engine/testing/fake-policy.ts"
import { DEFAULT_LAW, lawFunction } from "../platforms/simulated/law-function.ts"
import { testParameters } from "../platforms/simulated/testing/test-parameters.ts"
import { chain } from "../workflow/testing/workflows.ts"
import { type ArenaRow, attains, type Contender, leaderboard, playArena } from "./arena.ts"
import { poisson } from "./arrivals/poisson.ts"
import { shapedResults } from "./shaped-results.ts"
import { simulate } from "./simulate.ts"
import { openWorld } from "./world.ts"

const GOAL = { kind: "cost", sloMs: 2_000, percentile: 0.95 } as const
const RUNS = 40

/** A strategy that gives every step so much memory. */
function always(memoryMB: number): Contender {
  const policy = fakePolicy({ forget: true, config: () => ({ memoryMB }) })
  return { name: `${memoryMB} MB`, kind: "static", create: () => policy }
}

const OUT: Contender = {
  name: "lost",
  kind: "search",
  create: () => {
    throw new Error("no plan finishes in time")
  },
}

function setting(): Pick<
  Parameters<typeof playArena>[0],
  "worldOf" | "workflow" | "goal" | "input" | "load" | "runs" | "seed"
> {
  const shaped = shapedResults(chain, () => 1)
  const { resultsOf } = shaped
  const worldOf = {
    workflow: chain,
    parameters: testParameters(),
    seed: 3,
    behaviourOf: () => lawFunction({ ...DEFAULT_LAW, taskMs: 200, fixedMs: 0 }, { mbPerVcpu: 1769, resultsOf }),
    prewarm: "none" as const,
  }
  const load = { kind: "open", arrivals: poisson(5) } as const
  return { worldOf, workflow: chain, goal: GOAL, input: shaped.input, load, runs: RUNS, seed: 3 }
}

test("strategies play the same runs; what one costs more than the first is told run by run", async () => {
  const played: string[] = []
  const rows = await playArena({
    ...setting(),
    contenders: [always(1792), OUT, always(512), always(1792)],
    onProgress: ({ contender, ended }) => {
      if (ended === RUNS) played.push(contender)
    },
  })
  expect(played).toEqual(["1792 MB", "512 MB", "1792 MB"])
  const [first, lost, small, again] = rows as [ArenaRow, ArenaRow, ArenaRow, ArenaRow]
  expect(lost).toMatchObject({ out: "no plan finishes in time", costOverFirst: null })
  expect(first.costOverFirst).toBeNull()
  // The same strategy under another name has the same runs to the last digit.
  expect(again).toMatchObject({ latencyMs: first.latencyMs, costUsd: first.costUsd })
  expect(again.costOverFirst).toEqual({ mean: 0, low: 0, high: 0 })
  expect(small.latencyMs.p50).toBeGreaterThan(2 * first.latencyMs.p50)
  const over = small.costOverFirst!
  expect(over.mean).toBeCloseTo(small.costUsd.mean / first.costUsd.mean - 1, 9)
  expect(over.low).toBeLessThanOrEqual(over.mean)
  expect(over.high).toBeGreaterThanOrEqual(over.mean)
})

test("a strategy in the arena has the runs that it has alone", async () => {
  const { worldOf, ...rest } = setting()
  const [row] = await playArena({ ...rest, worldOf, contenders: [always(1024)] })
  const contender = always(1024)
  const world = await openWorld({ ...worldOf, policyFor: () => contender.create() })
  const { runs } = await simulate({ ...rest, world })
  await world.close()
  expect(row!.costUsd.mean).toBe(runs.reduce((sum, run) => sum + run.costUsd, 0) / runs.length)
})

test("the leaderboard has those that attain the goal by cost, then the others by how often, then those that are out", () => {
  const spread = (mean: number): ArenaRow["costUsd"] => ({
    mean,
    p50: mean,
    p90: mean,
    p95: mean,
    p99: mean,
    max: mean,
  })
  const row = (name: string, share: number, usd: number, out: string | null = null): ArenaRow => ({
    name,
    kind: "online",
    out,
    attainment: { share, low: share - 0.02, high: share + 0.02, wanted: 0.95 },
    latencyMs: spread(1),
    costUsd: spread(usd),
    costOverFirst: null,
    coldShare: 0,
    queueMs: 0,
    prewarmUsd: 0,
    infeasible: 0,
  })
  const rows = [
    row("out", 0, 0, "why"),
    row("rare", 0.5, 1),
    row("dear", 0.99, 9),
    row("often", 0.9, 1),
    row("good", 0.94, 2),
  ]
  expect(leaderboard(rows, GOAL).map(({ name }) => name)).toEqual(["good", "dear", "often", "rare", "out"])
  expect(attains(rows[4]!)).toBe(true)
  expect(attains(rows[3]!)).toBe(false)
})
