import { mean, median } from "../../src/statistics/order-statistics.ts"
import type { Bench, BenchResult } from "../bench.ts"
import { errorSummary, type GridCell, gridCells, halvesErrorPct } from "./grid/cells.ts"
import { perfectModelFloor } from "./grid/floor.ts"
import { type FittedProgram, type PredictedCell, predictGrid } from "./grid/compute.ts"
import { estimateSteps, type StepRow } from "./grid/steps.ts"
import { type MeasuredData, readNewestData } from "./measure/data-file.ts"

/**
 * Compute times of an is-prime program under CPU quotas (StepConf Figs. 6, 16, 17; RQ1): models fitted on five memory
 * sizes and three task counts, scored on the cell medians of all other cells; then mean time and mean cost of a step.
 */
export const bench: Bench = async () => {
  const data = readNewestData("grid")
  return data === null ? UNMEASURED : scoreGrid(data)
}

const KEYS = [
  "gridWithin4Pct",
  "gridMaxErrorPct",
  "gridMeanErrorPct",
  "gridSingleWithin4Pct",
  "gridMultiWithin4Pct",
  "gridNoiseWithin4Pct",
  "gridNoiseMaxPct",
  "gridPerfectWithin4Pct",
  "gridPerfectMaxErrorPct",
  "gridPaperWithin4Pct",
  "gridPaperMeanErrorPct",
  "gridPaperMaxErrorPct",
  "gridPublishedWithin4Pct",
  "gridPublishedMeanErrorPct",
  "gridCells",
  "stepTimeWithin4Pct",
  "stepTimeMaxErrorPct",
  "stepCostWithin4Pct",
  "stepCostMaxErrorPct",
  "stepTimeNoiseWithin4Pct",
  "stepTimePerfectWithin4Pct",
  "stepTimePerfectMaxErrorPct",
  "stepCostPerfectWithin4Pct",
] as const

type Key = (typeof KEYS)[number]

const WHY = "no data file; npm run bench -- estimation --measure grid"

const UNMEASURED: BenchResult = {
  summary: Object.fromEntries(KEYS.map((key) => [key, null])),
  reasons: Object.fromEntries(KEYS.map((key) => [key, WHY])),
  rows: [],
}

/** Scores a measured grid. */
export function scoreGrid(data: MeasuredData): BenchResult {
  const cells = gridCells(data)
  const { predicted, fits } = predictGrid(cells)
  const steps = estimateSteps(cells)
  return {
    summary: rounded({ ...computeFigures(predicted), ...noiseFigures(cells), ...stepFigures(steps) }),
    reasons: {},
    rows: [
      { table: "grid origin", ...data.origin },
      ...fits.map((fit: FittedProgram) => ({ table: "grid fit", ...fit })),
      ...predicted.map(cellRow),
      ...steps.map(stepRow),
    ],
  }
}

function computeFigures(predicted: readonly PredictedCell[]): Partial<Record<Key, number>> {
  const unseen = predicted.filter(({ cell }) => !cell.fitted)
  const of = (model: keyof PredictedCell["ms"], some: readonly PredictedCell[]): ReturnType<typeof errorSummary> =>
    errorSummary(some.map(({ cell, ms }) => errorPct(ms[model], cell.ms)))
  const ours = of("ours", unseen)
  const repaired = of("repaired", unseen)
  const published = of("published", unseen)
  const kind = (name: string): PredictedCell[] => unseen.filter(({ cell }) => cell.program.kind === name)
  return {
    gridWithin4Pct: ours.withinPct,
    gridMaxErrorPct: ours.maxPct,
    gridMeanErrorPct: ours.meanPct,
    gridSingleWithin4Pct: of("ours", kind("single")).withinPct,
    gridMultiWithin4Pct: of("ours", kind("multi")).withinPct,
    gridPaperWithin4Pct: repaired.withinPct,
    gridPaperMeanErrorPct: repaired.meanPct,
    gridPaperMaxErrorPct: repaired.maxPct,
    gridPublishedWithin4Pct: published.withinPct,
    gridPublishedMeanErrorPct: published.meanPct,
    gridCells: unseen.length,
  }
}

/** Over the cells that are scored: what even a measurement says of itself. */
function noiseFigures(cells: readonly GridCell[]): Partial<Record<Key, number>> {
  const unseen = cells.filter((cell) => !cell.fitted)
  const errors = unseen.map((cell) => halvesErrorPct(cell, (run) => run.computeMs)).filter((error) => error !== null)
  const noise = errorSummary(errors)
  const perfect = perfectModelFloor(
    unseen.map(({ runs }) => runs.map((run) => run.computeMs)),
    median,
  )
  return {
    gridNoiseWithin4Pct: noise.withinPct,
    gridNoiseMaxPct: noise.maxPct,
    gridPerfectWithin4Pct: perfect.withinPct,
    gridPerfectMaxErrorPct: perfect.maxPct,
  }
}

function stepFigures(steps: readonly StepRow[]): Partial<Record<Key, number>> {
  const unseen = steps.filter((step) => !step.fitted)
  const time = errorSummary(unseen.map((step) => errorPct(step.estimatedMs, step.meanMs)))
  const cost = errorSummary(unseen.map((step) => errorPct(step.estimatedUsd, step.meanUsd)))
  const perfect = perfectModelFloor(
    unseen.map((step) => step.wallMs),
    mean,
  )
  const noise = errorSummary(unseen.flatMap((step) => (step.halvesErrorPct === null ? [] : [step.halvesErrorPct])))
  return {
    stepTimeWithin4Pct: time.withinPct,
    stepTimeMaxErrorPct: time.maxPct,
    stepCostWithin4Pct: cost.withinPct,
    stepCostMaxErrorPct: cost.maxPct,
    stepTimeNoiseWithin4Pct: noise.withinPct,
    stepTimePerfectWithin4Pct: perfect.withinPct,
    stepTimePerfectMaxErrorPct: perfect.maxPct,
    stepCostPerfectWithin4Pct: perfectModelFloor(
      unseen.map((step) => step.billedMs),
      mean,
    ).withinPct,
  }
}

function cellRow({ cell, ms }: PredictedCell): object {
  const { program, memoryMB, tasks, fitted, runs } = cell
  const noise = halvesErrorPct(cell, (run) => run.computeMs)
  return {
    table: "grid",
    program: program.name,
    memoryMB,
    processes: program.processes,
    ratio: program.ratio,
    tasks,
    fitted,
    runs: runs.length,
    medianMs: round(cell.ms),
    predictedMs: round(ms.ours),
    errorPct: round(errorPct(ms.ours, cell.ms)),
    repairedMs: round(ms.repaired),
    publishedMs: round(ms.published),
    noisePct: noise === null ? null : round(noise),
  }
}

function stepRow(step: StepRow): object {
  const { program, memoryMB, tasks, fitted, meanMs, estimatedMs, meanUsd, estimatedUsd } = step
  return {
    table: "grid step",
    program,
    memoryMB,
    tasks,
    fitted,
    meanMs: round(meanMs),
    estimatedMs: round(estimatedMs),
    timeErrorPct: round(errorPct(estimatedMs, meanMs)),
    meanUsd,
    estimatedUsd,
    costErrorPct: round(errorPct(estimatedUsd, meanUsd)),
  }
}

function errorPct(predicted: number, measured: number): number {
  return 100 * (predicted / measured - 1)
}

function rounded(values: Partial<Record<Key, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, round(value)]))
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
