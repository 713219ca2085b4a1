import { memoryCurve, memoryLawS, drawMemoryLaw, LATENCY_MEMORY_MB } from "../memory-stairs.ts"
import { USD_PER_GB_SECOND } from "../generator.ts"
import { chanceOf, type Family } from "../instances.ts"
import type { NavigatedSpace } from "../../../src/optimization/confignavigator/config-navigator.ts"
import { reduceWorkflow } from "../../../src/optimization/frontier-merge/reduce.ts"
import type { EstimatedOptions } from "../../../src/optimization/searches/search-space.ts"
import type { SelectionProblem } from "../../../src/optimization/selection-problem.ts"

/** A pipeline with all 32 sizes of every step, as searches see it, and with the useful ones, as planners do. */
export interface Pipeline {
  readonly name: string
  readonly instance: number
  readonly space: NavigatedSpace
  readonly problem: SelectionProblem
  readonly cheapestUsd: number
  /** Least latency within a budget, exact: read off the merged frontier of the whole pipeline. */
  fastestMs(budgetUsd: number): number
}

/** Times without noise: percentile and median are the same. */
export function pipelineOf(family: Family, instance: number): Pipeline {
  const chance = chanceOf(family, instance)
  const graph = family.graph(chance)
  const laws = graph.names.map(() => drawMemoryLaw(chance))
  const problem = { graph, curves: laws.map(memoryCurve) }
  const whole = reduceWorkflow({ graph, frontiers: problem.curves })
  if (whole === null || whole.error > 1) throw new Error(`${family.name} is not reduced exactly`)
  return {
    name: family.name,
    instance,
    space: { graph, steps: laws.map(optionsOf), percentile: 0.95, margins: new Float64Array(graph.names.length) },
    problem,
    cheapestUsd: problem.curves.reduce((sum, { costUsd }) => sum + costUsd.at(-1)!, 0),
    fastestMs: (budgetUsd) => whole.latencyMs[whole.costUsd.findIndex((usd) => usd <= budgetUsd * (1 + 1e-9))]!,
  }
}

function optionsOf(law: Parameters<typeof memoryLawS>[0]): EstimatedOptions {
  const latencyMs = Float64Array.from(LATENCY_MEMORY_MB, (memoryMB) => 1000 * memoryLawS(law, memoryMB))
  const [low, high] = [Math.log2(LATENCY_MEMORY_MB[0]!), Math.log2(LATENCY_MEMORY_MB.at(-1)!)]
  return {
    configs: LATENCY_MEMORY_MB.map((memoryMB) => ({ memoryMB, instances: 1, processes: 1 })),
    inputs: LATENCY_MEMORY_MB.map((memoryMB) => [(Math.log2(memoryMB) - low) / (high - low)]),
    latencyMs,
    costUsd: latencyMs.map((ms, k) => (ms / 1000) * (LATENCY_MEMORY_MB[k]! / 1024) * USD_PER_GB_SECOND),
    medianMs: latencyMs,
    logSd: new Float64Array(latencyMs.length),
  }
}
