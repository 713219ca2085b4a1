import type { Distribution } from "../../../src/statistics/distribution.ts"
import { ascendingQuantile, sampleEndToEnd } from "../../../src/statistics/end-to-end-sample.ts"
import { sumOf, sumQuantiles } from "../../../src/statistics/fft-convolution.ts"
import type { RandomTable } from "../../../src/statistics/monte-carlo.ts"
import { normalQuantile } from "../../../src/statistics/normal.ts"
import { median } from "../../../src/statistics/order-statistics.ts"
import { momentsOf, quantile } from "../../../src/statistics/quantile-table.ts"
import { round } from "./fits.ts"
import { GRAPHS } from "./graphs.ts"

const STAGES = 8
const LEVELS = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999]

export interface SumRow {
  readonly table: "sums of eight"
  readonly workflow: number
  readonly method: "FFT" | "FFT grid" | "second Monte Carlo" | "normal" | "sum of quantiles"
  /** Relative to 400,000 draws, %, by level. */
  readonly errorPct: Readonly<Record<string, number>>
}

/**
 * Sums of eight stages of every workflow by each method against Monte Carlo; a second table of draws shows its own noise.
 * "FFT grid" reads the convolution itself, "FFT" the table that it is put into, which has one shape beyond P99.
 */
export function sums(
  workflows: readonly (readonly Distribution[])[],
  reference: RandomTable,
  second: RandomTable,
): readonly SumRow[] {
  return workflows.flatMap((parts, workflow) => {
    const [draws, again] = [reference, second].map((table) =>
      sampleEndToEnd(GRAPHS["chain8"]!, (i) => parts[i]!, table),
    )
    const sum = sumOf(parts)
    const moments = parts.map(momentsOf)
    const centre = moments.reduce((total, { mean }) => total + mean, 0)
    const spread = Math.hypot(...moments.map(({ sd }) => sd))
    const methods: readonly (readonly [SumRow["method"], (p: number) => number])[] = [
      ["FFT", (p) => quantile(sum, p)],
      ["FFT grid", (p) => sumQuantiles(parts, [p])[0]!],
      ["second Monte Carlo", (p) => ascendingQuantile(again!, p)],
      ["normal", (p) => centre + spread * normalQuantile(p)],
      ["sum of quantiles", (p) => parts.reduce((total, part) => total + quantile(part, p), 0)],
    ]
    return methods.map(([method, at]) => ({
      table: "sums of eight" as const,
      workflow,
      method,
      errorPct: Object.fromEntries(
        LEVELS.map((p) => [`p${p * 100}`, round(100 * (at(p) / ascendingQuantile(draws!, p) - 1), 3)]),
      ),
    }))
  })
}

/** Median time in ms of one sum of eight, after the compiler has warmed up. */
export function sumMs(workflows: readonly (readonly Distribution[])[]): number {
  const times: number[] = []
  for (let i = 0; i < 120; i++) {
    const parts = workflows[i % workflows.length]!
    const start = performance.now()
    sumOf(parts)
    if (i >= 40) times.push(performance.now() - start)
  }
  return median(times)
}

/** Workflows of eight stages: stages from different sets, far apart in the list. */
export function workflowsOf(tables: readonly Distribution[], count: number): readonly (readonly Distribution[])[] {
  return Array.from({ length: count }, (_, workflow) =>
    Array.from({ length: STAGES }, (_, stage) => tables[(workflow * 5 + stage * 19) % tables.length]!),
  )
}
