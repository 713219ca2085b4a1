// npm run bench -- estimation --only distributions
// How well the laws of a time say what the next ones will be, and how exactly sums and whole workflows are computed.
import { fromSamples } from "../../src/statistics/from-samples.ts"
import { randomTable } from "../../src/statistics/monte-carlo.ts"
import { mean } from "../../src/statistics/order-statistics.ts"
import { momentsOf } from "../../src/statistics/quantile-table.ts"
import { scale } from "../../src/statistics/quantile-table-operations.ts"
import type { Bench } from "../bench.ts"
import { fitAll, type FitResult, round } from "./distributions/fits.ts"
import { GRAPHS } from "./distributions/graphs.ts"
import { scenarioErrors, scenariosMs } from "./distributions/scenarios.ts"
import { sampleSets, type SampleSet } from "./distributions/sets.ts"
import { sumMs, sums, workflowsOf } from "./distributions/sums.ts"

const REFERENCE_DRAWS = 400_000

export const bench: Bench = async () => {
  const sets = await sampleSets()
  const fits = fitAll(sets)
  const tables = sets.map(tableOf)
  const workflows = workflowsOf(tables, 12)
  const [reference, second] = [1, 2].map((seed) => randomTable({ seed: -seed, scenarios: REFERENCE_DRAWS }))
  const sumRows = sums(workflows, reference!, second!)
  const p99Errors = sumRows.filter((row) => row.method === "FFT").map((row) => Math.abs(row.errorPct["p99"]!))
  const scenarioRows = scenarioErrors(tables, reference!)
  const crn = scenarioRows.filter((row) => row.draws === "latin hypercube")
  return {
    summary: {
      ksOverEmpirical: ratio(fits, "quantile table"),
      ksBlendOverEmpirical: ratio(fits, "ConfigNavigator's blend"),
      ksLikelihoodOverEmpirical: ratio(fits, "normal + Pareto, likelihood"),
      blendUnsolvable: round(fits.blendUnsolvable, 4),
      momentsImpossible: round(fits.momentsImpossible, 4),
      sum8P99ErrorPct: round(Math.max(...p99Errors), 3),
      sum8Ms: round(sumMs(workflows), 2),
      crn1500P95ErrorPct: round(mean(crn.map((row) => row.p95ErrorPct)), 3),
      crn1500Dag16Ms: round(scenariosMs(tables, GRAPHS["dag16"]!), 2),
    },
    reasons: {},
    rows: [...fits.rows, ...sumRows, ...scenarioRows],
  }
}

/** Stages of like length with the shape of the set: in real workflows no stage is a hundred times another. */
function tableOf({ ms }: SampleSet, i: number): ReturnType<typeof fromSamples> {
  const d = fromSamples(ms)
  return scale(d, (100 * (1 + (i % 10))) / momentsOf(d).mean)
}

/** Mean KS of a law over that of the empirical distribution, over all sets. */
function ratio({ rows }: FitResult, law: string): number {
  const ks = (of: string): number => rows.find((row) => row.kind === "all" && row.law === of)!.ks
  return round(ks(law) / ks("empirical"), 3)
}
