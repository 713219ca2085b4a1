import type { PlatformParameters } from "../platforms/simulated/parameters.ts"
import type { PrewarmRuleName } from "../engine/prewarm-rule.ts"
import { simulationPage } from "../report/simulation-page.ts"
import type { SimulationFigures, SimulationReport } from "../report/simulation-report.ts"
import type { Simulated, SimulatedRun } from "../simulation/simulate.ts"
import { attainmentOf, medianRun, statusCounts, stepSummaries } from "../simulation/simulation-summary.ts"
import type { World } from "../simulation/world.ts"
import { spreadOf } from "../statistics/spread.ts"
import type { Goal } from "../workflow/goal.ts"
import type { Terminal } from "./terminal.ts"
import { writeAskedFiles } from "./text-output.ts"

export interface SimulationOutcome {
  readonly workflow: string
  readonly goal: Goal
  readonly policy: string
  readonly load: string
  readonly seed: number
  /** What --platform says. */
  readonly platform: string
  readonly parameters: PlatformParameters
  readonly prewarm: PrewarmRuleName
  readonly world: World
  readonly simulated: Simulated
}

export function reportOf(outcome: SimulationOutcome): SimulationReport {
  const { workflow, goal, policy, load, seed, platform, parameters, prewarm, world, simulated } = outcome
  const { runs } = simulated
  const sum = (of: (run: SimulatedRun) => number): number => runs.reduce((total, run) => total + of(run), 0)
  const spread = (of: (run: SimulatedRun) => number): SimulationReport["latencyMs"] => spreadOf(runs.map(of))
  const { throttled, faults, mostBusy } = world.platform.counts
  return {
    schemaVersion: 1,
    workflow,
    goal,
    policy,
    platform,
    parametersDate: parameters.date,
    load,
    seed,
    runs: runs.length,
    virtualMs: simulated.virtualMs,
    statuses: statusCounts(runs),
    attainment: attainmentOf(runs, goal),
    latencyMs: spread((run) => run.latencyMs),
    costUsd: spread((run) => run.costUsd),
    totalUsd: sum((run) => run.costUsd),
    prewarmUsd: sum((run) => run.prewarmUsd),
    prewarm: {
      rule: prewarm,
      warmed: sum((run) => run.prewarmed),
      hits: sum((run) => run.prewarmHits),
      avoidedMs: sum((run) => run.avoidedMs),
      mappingShare:
        sum((run) => run.mappingDelayMs) /
        Math.max(
          1,
          sum((run) => run.latencyMs),
        ),
      costUsd: sum((run) => run.prewarmUsd),
    },
    hedges: {
      sent: sum((run) => run.hedges),
      won: sum((run) => run.hedgesWon),
      costUsd: sum((run) => run.hedgeUsd),
    },
    queueMs: spread((run) => run.queueMs),
    invocations: sum((run) => run.invocations),
    coldStarts: sum((run) => run.coldStarts),
    retries: sum((run) => run.retries),
    throttled,
    faults,
    mostBusy,
    infeasible: runs.filter((run) => run.infeasible).length,
    steps: stepSummaries(simulated.whole),
  }
}

export type DrawnRun = "median" | "slowest" | "first"

function figuresOf({ simulated }: SimulationOutcome, report: SimulationReport, drawn: DrawnRun): SimulationFigures {
  const { runs, whole, slowest } = simulated
  const chosen = { median: medianRun(whole, report.latencyMs.p50), slowest, first: whole[0] ?? null }[drawn]
  return {
    latencyMs: runs.map((run) => run.latencyMs),
    costUsd: runs.map((run) => run.costUsd),
    arrivedAtMs: runs.map((run) => run.arrivedAtMs),
    run: chosen === null ? null : { result: chosen, chosen: CHOSEN[drawn] },
  }
}

const CHOSEN: Readonly<Record<DrawnRun, string>> = {
  median: "the one nearest to the median",
  slowest: "the slowest",
  first: "the first",
}

const CSV_COLUMNS = [
  "arrivedAtMs",
  "status",
  "latencyMs",
  "costUsd",
  "invocations",
  "coldStarts",
  "retries",
  "queueMs",
  "prewarmUsd",
  "prewarmed",
  "prewarmHits",
  "avoidedMs",
  "mappingDelayMs",
  "infeasible",
  "hedges",
  "hedgesWon",
  "hedgeUsd",
] as const satisfies readonly (keyof SimulatedRun)[]

/** A line a run, in the order of their arrival. */
export function runsCsv(runs: readonly SimulatedRun[]): string {
  const lines = runs.map((run) => CSV_COLUMNS.map((column) => String(run[column])).join(","))
  return `${[CSV_COLUMNS.join(","), ...lines].join("\n")}\n`
}

/** Writes the files that were asked for, and says where. */
export async function writeSimulation(
  outcome: SimulationOutcome,
  report: SimulationReport,
  to: {
    readonly terminal: Terminal
    readonly cwd: string
    readonly html?: string | undefined
    readonly csv?: string | undefined
    readonly draw: DrawnRun
  },
): Promise<void> {
  const { html, csv, draw } = to
  await writeAskedFiles(
    [
      [html, () => simulationPage(report, figuresOf(outcome, report, draw))],
      [csv, () => runsCsv(outcome.simulated.runs)],
    ],
    to,
  )
}
