// The latency goal on ConfigNavigator's pipelines: 32 sizes of memory, budgets above the cheapest cost.
import { searchLatency } from "../../src/optimization/branch-and-bound/search-latency.ts"
import { fastestByEnumeration } from "../../src/optimization/testing/exhaustive.ts"
import { solveBudget } from "../../src/optimization/trimtab/solve.ts"
import { longestPath } from "../../src/optimization/dual/windows.ts"
import { sampleQuantile } from "../../src/statistics/order-statistics.ts"
import type { Bench } from "../bench.ts"
import { budgetOf, type Instance, memoryInstanceOf, NAVIGATOR_FAMILIES } from "./instances.ts"
import { rounded, timed } from "./timing.ts"

const BUDGETS = [0.3, 0.5, 0.8, 1]

/** Pipelines with so many steps are checked by trying everything, on the first instances. */
const ENUMERATED = { steps: 4, instances: 2 }

const REFERENCE = { maxNodes: 20_000, gap: 1e-6 }

interface Cell {
  readonly gapPct: number
  readonly provenPct: number
  readonly ms: number
}

export const bench: Bench = ({ full }) => {
  const rows: unknown[] = []
  const all: Cell[] = []
  for (const family of NAVIGATOR_FAMILIES) {
    const instances = Array.from({ length: full ? 50 : 10 }, (_, i) => memoryInstanceOf(family, i + 1))
    for (const instance of instances) for (const above of BUDGETS) plan(instance, budgetOf(instance, above))
    for (const above of BUDGETS) {
      const cells = instances.map((instance) => cellOf(instance, budgetOf(instance, above)))
      all.push(...cells)
      rows.push({
        table: "latency goal",
        family: family.name,
        budgetAbovePct: 100 * above,
        instances: cells.length,
        gapWorstPct: rounded(Math.max(...cells.map(({ gapPct }) => gapPct))),
        provenWorstPct: rounded(Math.max(...cells.map(({ provenPct }) => provenPct))),
        p50Ms: rounded(
          sampleQuantile(
            cells.map(({ ms }) => ms),
            0.5,
          ),
        ),
        worstMs: rounded(Math.max(...cells.map(({ ms }) => ms))),
      })
    }
  }
  return Promise.resolve({
    summary: {
      latencyGapWorstPct: rounded(Math.max(...all.map(({ gapPct }) => gapPct))),
      latencyPlanP50Ms: rounded(
        sampleQuantile(
          all.map(({ ms }) => ms),
          0.5,
        ),
      ),
      latencyPlanWorstMs: rounded(Math.max(...all.map(({ ms }) => ms))),
    },
    reasons: {},
    rows,
  })
}

function plan(instance: Instance, budgetUsd: number): { readonly latencyMs: number; readonly lowerBound: number } {
  const solved = solveBudget(instance, budgetUsd, { effort: "default" })
  if (solved === null) throw new Error("a budget above the cheapest cost can be kept")
  const times = instance.curves.map(({ latencyMs }, i) => latencyMs[solved.selection[i]!]!)
  return { latencyMs: longestPath(instance.graph, times), lowerBound: solved.lowerBound }
}

/** Above the least latency: enumerated where that is quick, else the best of a long search. */
function cellOf(instance: Instance, budgetUsd: number): Cell {
  const { result, ms } = timed(() => plan(instance, budgetUsd))
  const isEnumerated = instance.curves.length <= ENUMERATED.steps && instance.seed <= ENUMERATED.instances
  const least = isEnumerated
    ? fastestByEnumeration(instance, budgetUsd)!.latencyMs
    : searchLatency(instance, budgetUsd, REFERENCE)!.latencyMs
  return {
    gapPct: 100 * Math.max(0, result.latencyMs / least - 1),
    provenPct: 100 * (result.latencyMs / result.lowerBound - 1),
    ms,
  }
}
