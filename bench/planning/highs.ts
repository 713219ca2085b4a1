// A general solver of mixed-integer programs on the frontiers that our planner sees: the same optimum, how much later.
import * as module from "highs"
import { searchCost } from "../../src/optimization/branch-and-bound/search-cost.ts"
import type { SelectionProblem } from "../../src/optimization/selection-problem.ts"
import { sampleQuantile } from "../../src/statistics/order-statistics.ts"
import type { Bench } from "../bench.ts"
import { DAG16, instanceOf, sloOf } from "./instances.ts"
import { rounded, timed } from "./timing.ts"

// The package declares its CommonJS form; what an ES import gives is the loader itself as the default.
const loadHighs = module.default as unknown as typeof module.default.default

/** Both stop at the same proven gap. */
const GAP = 1e-3

/** Seconds after which HiGHS gives up, with its best so far. */
const TIME_LIMIT_S = 20

const FACTORS = [1.2, 1.5, 2]

const WARM_UP_PLANS = 200

/** Plans in a row whose mean is one time of ours: one alone is at the resolution of the clock. */
const REPEATS = 20

export const bench: Bench = async ({ full }) => {
  const highs = await loadHighs()
  const rows: Record<string, unknown>[] = []
  const ratios: number[] = []
  const warm = instanceOf(DAG16, 0)
  for (let i = 0; i < WARM_UP_PLANS; i++) ours(warm, sloOf(warm, FACTORS[i % FACTORS.length]!))
  for (let seed = 1; seed <= (full ? 10 : 3); seed++) {
    const instance = instanceOf(DAG16, seed)
    for (const factor of FACTORS) {
      const sloMs = sloOf(instance, factor)
      const model = milpOf(instance, sloMs)
      const options = { mip_rel_gap: GAP, threads: 1, time_limit: TIME_LIMIT_S }
      const theirs = timed(() => highs.solve(model, options))
      // The same file without integers and with no iteration: what reading it takes.
      const reading = timed(() => highs.solve(model, { ...options, time_limit: 0 }))
      const own = timed(() => {
        for (let i = 1; i < REPEATS; i++) ours(instance, sloMs)
        return ours(instance, sloMs)
      })
      const ourMs = own.ms / REPEATS
      ratios.push((theirs.ms - reading.ms) / ourMs)
      const scale = cheapestUsd(instance)
      rows.push({
        table: "HiGHS",
        family: "dag16",
        seed,
        slo: factor,
        status: theirs.result.Status,
        highsMs: rounded(theirs.ms),
        readingMs: rounded(reading.ms),
        ourMs: rounded(ourMs),
        ratio: rounded(ratios.at(-1)!),
        // Below 0 where HiGHS found a dearer plan within its gap.
        oursAboveHighsPct: rounded(100 * (own.result.costUsd / (theirs.result.ObjectiveValue * scale) - 1)),
        ourProvenGapPct: rounded(100 * own.result.gap),
        nodes: own.result.nodes,
      })
    }
  }
  return {
    summary: {
      highsOverOurs16: rounded(sampleQuantile(ratios, 0.5)),
      highsOverOurs16Least: rounded(Math.min(...ratios)),
    },
    reasons: {},
    rows,
  }
}

function ours(problem: SelectionProblem, sloMs: number): NonNullable<ReturnType<typeof searchCost>> {
  const found = searchCost(problem, sloMs, { maxNodes: 100_000, gap: GAP })
  if (found === null) throw new Error("a deadline above the fastest time can be kept")
  return found
}

function cheapestUsd({ curves }: SelectionProblem): number {
  return curves.reduce((sum, { costUsd }) => sum + costUsd.at(-1)!, 0)
}

/** One binary per entry of a curve, one end per step; times by the deadline, costs by the cheapest. CPLEX LP format. */
function milpOf(problem: SelectionProblem, deadlineMs: number): string {
  const { graph, curves } = problem
  const scale = cheapestUsd(problem)
  const names = curves.map(({ latencyMs }, i) => Array.from(latencyMs, (_, k) => `w${i}_${k}`))
  const sum = (i: number, sign: string, values: Float64Array, unit: number): string =>
    names[i]!.map((name, k) => `${sign} ${values[k]! / unit} ${name}`).join("\n ")
  const rows = graph.parents.flatMap((parents, i) => {
    const time = sum(i, "-", curves[i]!.latencyMs, deadlineMs)
    const starts = parents.length === 0 ? [""] : parents.map((parent) => `- e${parent}`)
    return [
      ` one${i}: ${names[i]!.map((name) => `+ ${name}`).join("\n ")} = 1`,
      ...starts.map((start, j) => ` row${i}_${j}: e${i} ${start}\n ${time} >= 0`),
    ]
  })
  return [
    "Minimize",
    ` obj: ${curves.map(({ costUsd }, i) => sum(i, "+", costUsd, scale)).join("\n ")}`,
    "Subject To",
    ...rows,
    "Bounds",
    ...curves.map((_, i) => ` 0 <= e${i} <= 1`),
    "Binary",
    ...names.map((list) => ` ${list.join(" ")}`),
    "End",
  ].join("\n")
}
