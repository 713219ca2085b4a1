import { seededRandom, seedOf } from "../../../src/base/random.ts"
import type { Distribution } from "../../../src/statistics/distribution.ts"
import { ascendingQuantile, sampleEndToEnd, type StepOrder } from "../../../src/statistics/end-to-end-sample.ts"
import { type RandomTable, randomTable } from "../../../src/statistics/monte-carlo.ts"
import { normalQuantile } from "../../../src/statistics/normal.ts"
import { mean, median } from "../../../src/statistics/order-statistics.ts"
import { round } from "./fits.ts"
import { GRAPHS } from "./graphs.ts"

const SEEDS = 40

export interface ScenarioRow {
  readonly table: "end to end by scenarios"
  readonly graph: string
  readonly scenarios: number
  readonly draws: "latin hypercube" | "independent"
  /** Mean and largest error against 400,000 draws over 40 seeds, %. */
  readonly p95ErrorPct: number
  readonly p95WorstPct: number
  readonly p99ErrorPct: number
}

/** Errors of P95 and P99 end to end over seeds, for the default table and for one of independent draws. */
export function scenarioErrors(tables: readonly Distribution[], reference: RandomTable): readonly ScenarioRow[] {
  return Object.entries(GRAPHS).flatMap(([graph, order], g) => {
    const of = (step: number): Distribution => tables[(g * 7 + step * 19) % tables.length]!
    const exact = sampleEndToEnd(order, of, reference)
    const kinds: readonly (readonly [number, ScenarioRow["draws"], (seed: number) => RandomTable])[] = [
      [1500, "latin hypercube", (seed) => randomTable({ seed })],
      [1500, "independent", (seed) => independentTable(seed, 1500)],
    ]
    return kinds.map(([scenarios, draws, make]) => {
      const errors = Array.from({ length: SEEDS }, (_, seed) => {
        const sample = sampleEndToEnd(order, of, make(seed + 1))
        return [0.95, 0.99].map((p) => Math.abs(ascendingQuantile(sample, p) / ascendingQuantile(exact, p) - 1))
      })
      const [p95, p99] = [errors.map((error) => 100 * error[0]!), errors.map((error) => 100 * error[1]!)]
      return {
        table: "end to end by scenarios" as const,
        graph,
        scenarios,
        draws,
        p95ErrorPct: round(mean(p95), 3),
        p95WorstPct: round(Math.max(...p95), 3),
        p99ErrorPct: round(mean(p99), 3),
      }
    })
  })
}

/** Median time in ms of all scenarios of one plan once the table's columns are there. */
export function scenariosMs(tables: readonly Distribution[], graph: StepOrder): number {
  const table = randomTable({ seed: 1 })
  const times = Array.from({ length: 60 }, (_, i) => {
    const start = performance.now()
    sampleEndToEnd(graph, (step) => tables[(i + step) % tables.length]!, table)
    return performance.now() - start
  })
  return median(times.slice(20))
}

/** Plain draws in place of the hypercube, to see what it is worth. */
function independentTable(seed: number, scenarios: number): RandomTable {
  const random = seededRandom(seedOf(`independent ${seed}`))
  const uniforms = (): Float64Array => Float64Array.from({ length: scenarios }, () => Math.max(random.next(), 1e-12))
  return {
    scenarios,
    uniforms,
    levels: () => {
      const column = uniforms()
      return { z: column.map(normalQuantile), logSurvival: column.map((u) => Math.log1p(-u)) }
    },
  }
}
