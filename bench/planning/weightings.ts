// What sub-SLOs are shared out by: eq. (13) of StepConf read as argmin c*t, as printed, and fastest times instead.
import { sequentialRun } from "../../src/optimization/baselines/stepconf/sequential-run.ts"
import { searchCost } from "../../src/optimization/branch-and-bound/search-cost.ts"
import { schedule } from "../../src/workflow/critical-path.ts"
import type { BenchOptions } from "../bench.ts"
import { drawLaw, EVEN_LOAD, MEDIUM_AXES, rawSpace, type StepLaw } from "./generator.ts"
import { chanceOf, type Family, type Instance, instanceOf, SLO_FACTORS, sloOf, STEPCONF_FAMILIES } from "./instances.ts"

const INSTANCES = { quick: 10, full: 60 }

const EXACT = { gap: 1e-4, maxNodes: 100_000 }

/** Weights of the steps of an instance, ms; absent: Algorithm 1's own. */
const WEIGHTS: Readonly<Record<string, (instance: Instance, laws: readonly StepLaw[]) => Float64Array | undefined>> = {
  "argmin c*t": () => undefined,
  "argmax c*t, as printed": (_, laws) => Float64Array.from(laws, leastCostEffectiveMs),
  "fastest time": ({ curves }) => Float64Array.from(curves, (curve) => curve.latencyMs[0]!),
}

/** One row by weights and workflow, over all deadlines; Algorithm 1 as published. */
export function weightings({ full }: BenchOptions): unknown[] {
  return Object.keys(WEIGHTS).flatMap((weights) =>
    STEPCONF_FAMILIES.map((family) => rowOf(weights, family, full ? INSTANCES.full : INSTANCES.quick)),
  )
}

function rowOf(weights: string, family: Family, count: number): unknown {
  let met = 0
  let sumPct = 0
  let maxPct = 0
  for (let seed = 1; seed <= count; seed++) {
    const instance = instanceOf(family, seed)
    const weightMs = WEIGHTS[weights]!(instance, lawsOf(family, seed))
    for (const factor of SLO_FACTORS) {
      const sloMs = sloOf(instance, factor)
      const selection = sequentialRun(instance, sloMs, "published", weightMs)
      const times = instance.curves.map((curve, i) => curve.latencyMs[selection[i]!]!)
      if (schedule(instance.graph, times).length > sloMs * (1 + 1e-9)) continue
      const costUsd = instance.curves.reduce((sum, curve, i) => sum + curve.costUsd[selection[i]!]!, 0)
      const gapPct = 100 * (costUsd / searchCost(instance, sloMs, EXACT)!.costUsd - 1)
      met++
      sumPct += gapPct
      maxPct = Math.max(maxPct, gapPct)
    }
  }
  const round = (value: number): number => Math.round(100 * value) / 100
  const metPct = round((100 * met) / (count * SLO_FACTORS.length))
  return {
    table: "weights of the sub-SLOs",
    weights,
    workflow: family.name,
    meanPct: met > 0 ? round(sumPct / met) : null,
    maxPct: met > 0 ? round(maxPct) : null,
    metPct,
    instances: count,
  }
}

function lawsOf(family: Family, seed: number): StepLaw[] {
  const chance = chanceOf(family, seed)
  return family.graph(chance).names.map(() => drawLaw(chance, EVEN_LOAD))
}

/** Time at the configuration that eq. (13) names as printed: the worst product of all. */
function leastCostEffectiveMs(law: StepLaw): number {
  const { count, latencyMs, costUsd } = rawSpace(law, MEDIUM_AXES)
  let worst = 0
  for (let i = 1; i < count; i++) if (latencyMs[i]! * costUsd[i]! > latencyMs[worst]! * costUsd[worst]!) worst = i
  return latencyMs[worst]!
}
