// Whole planners on whole problems: spaces to frontiers, plans from them, and the first plan of a process.
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { seededRandom } from "../../src/base/random.ts"
import { frontierOf } from "../../src/optimization/frontier.ts"
import { trimtabPlanner } from "../../src/optimization/trimtab-planner.ts"
import { sampleQuantile } from "../../src/statistics/order-statistics.ts"
import type { Bench } from "../bench.ts"
import { drawLaw, FULL_AXES, MEDIUM_AXES } from "./generator.ts"
import { chanceOf, DAG16, SLO_FACTORS } from "./instances.ts"
import { compiledSpace, OPEN_LIMITS, problemOf } from "./spaces.ts"
import { rounded, timed } from "./timing.ts"

export const bench: Bench = ({ full }) => {
  const frontiers = frontierTimes(full ? 400 : 100)
  const plans = planTimes(full ? 50 : 10)
  const first = Array.from({ length: full ? 15 : 5 }, firstPlan)
  return Promise.resolve({
    summary: {
      frontier61kMs: rounded(sampleQuantile(frontiers, 0.5)),
      wholePlan16Ms: rounded(sampleQuantile(plans.cached, 0.5)),
      infeasible16Ms: rounded(sampleQuantile(plans.infeasible, 0.5)),
      firstPlan16Ms: rounded(
        sampleQuantile(
          first.map(({ planMs }) => planMs),
          0.5,
        ),
      ),
    },
    reasons: {},
    rows: [
      row("frontier of 61,056 configurations", frontiers),
      row("plan of 16 steps, frontiers not known", plans.fresh),
      row("plan of 16 steps, frontiers known", plans.cached),
      row("answer to a goal out of reach", plans.infeasible),
      row(
        "first plan of a process, frontiers known",
        first.map(({ planMs }) => planMs),
      ),
      row(
        "first 16 frontiers of a process",
        first.map(({ frontiersMs }) => frontiersMs),
      ),
    ],
  })
}

function row(what: string, values: readonly number[]): Record<string, unknown> {
  return {
    table: "whole planner",
    what,
    count: values.length,
    p50Ms: rounded(sampleQuantile(values, 0.5)),
    p99Ms: rounded(sampleQuantile(values, 0.99)),
  }
}

/** The first half warms the code. */
function frontierTimes(count: number): number[] {
  const random = seededRandom(1)
  const times = Array.from({ length: 2 * count }, () => {
    const space = compiledSpace("s", drawLaw(random), FULL_AXES)
    return timed(() => frontierOf({ space, limits: OPEN_LIMITS })).ms
  })
  return times.slice(count)
}

function planTimes(seeds: number): Record<"fresh" | "cached" | "infeasible", number[]> {
  const times = { fresh: [] as number[], cached: [] as number[], infeasible: [] as number[] }
  const graph = DAG16.graph(seededRandom(0))
  for (let seed = 0; seed < 2 * seeds; seed++) {
    const chance = chanceOf(DAG16, seed)
    const laws = graph.names.map(() => drawLaw(chance))
    const within = (sloMs: number): Parameters<typeof problemOf>[2] => ({
      axes: MEDIUM_AXES,
      goal: { kind: "cost", sloMs, percentile: 0.5 },
    })
    const early = problemOf(graph, laws, within(1))
    const planner = trimtabPlanner()
    const refused = planner.plan(early)
    if (refused.feasible) throw new Error("nothing ends within a millisecond")
    const infeasible = timed(() => planner.plan(early)).ms
    const spaces = early.spaces
    const cached = SLO_FACTORS.map((factor) => {
      const problem = { ...early, spaces, goal: within(factor * refused.fastest.latencyMs).goal }
      return timed(() => planner.plan(problem)).ms
    })
    const again = { ...early, goal: within(1.5 * refused.fastest.latencyMs).goal }
    const fresh = timed(() => trimtabPlanner().plan(again)).ms
    if (seed < seeds) continue
    times.infeasible.push(infeasible)
    times.cached.push(...cached)
    times.fresh.push(fresh)
  }
  return times
}

interface First {
  readonly frontiersMs: number
  readonly planMs: number
}

/** In a process of its own; what it takes to load the code is not counted. */
function firstPlan(_: unknown, seed: number): First {
  const script = fileURLToPath(new URL("./first-plan.ts", import.meta.url))
  // What the script prints is of this type.
  return JSON.parse(
    execFileSync(process.execPath, [script, String(seed)], { encoding: "utf8", timeout: 60_000 }),
  ) as First
}
