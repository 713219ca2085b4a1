import {
  fitMlpModel,
  fitOperationModel,
  mean,
  type MeasuredFunction,
  momentsOf,
  momentsOfRuns,
  operationEstimator,
  type OperationModel,
  quantile,
  splitByFunction,
  type TimeMoments,
} from "../../src/index.ts"
import { figureSheet, type SheetChart } from "../../src/report/figure-sheet.ts"
import { groupChart, type GroupValue } from "../../src/report/group-chart.ts"
import type { Experiment } from "../experiment.ts"
import { composedFunctions, faceFunctions } from "./function-sets.ts"

const SIZES_MB = [128, 256, 512, 1024, 2048, 4096]

/** Table 5: error of the mean, %, by size. */
const PAPER: Readonly<Record<string, readonly number[]>> = {
  "face-detection": [37.5, 29.7, 20.4, 17.6, 16.9, 12.3],
  beautification: [8.9, 7.3, 5.6, 5.8, 5.1, 3.9],
  restore: [27.8, 23.4, 15.6, 10.9, 12.7, 12.3],
  hd: [9.7, 9.5, 6.7, 4.3, 4.7, 3.9],
}

/** 8:2, by function: what is predicted was never seen (section 3.1). */
const SPLIT = { testShare: 0.2, seed: 20_251_122 }

type Moment = "mean" | "p95" | "variance"
const MOMENTS: readonly Moment[] = ["mean", "p95", "variance"]

interface Predictor {
  readonly name: string
  readonly predict: (one: MeasuredFunction, memoryMB: number) => TimeMoments
}

interface ErrorRow {
  readonly table: string
  readonly predictor: string
  readonly function: string
  readonly memoryMB: number
  readonly meanPct: number
  readonly p95Pct: number
  readonly variancePct: number
}

/** ConfigNavigator, Table 5 and Fig. 8: times of functions that were never measured, from one local run of each. */
export const table5: Experiment = {
  name: "confignavigator-table-5",
  of: "ConfigNavigator, Table 5 and Fig. 8 (section 4.3): functions predicted from one local run",
  run: ({ size, progress }) => {
    const { platform, functions } = composedFunctions()
    const { train, test } = splitByFunction(functions, SPLIT)
    const smoke = size === "smoke"
    progress(`training on ${train.length} functions`)
    const training = smoke ? train.slice(0, 24) : train
    const predictors = predictorsOf(training, fitOperationModel({ platform, functions: training }), smoke)
    const face = faceFunctions()
    const onFace = predictors.map((one) => (one.model === undefined ? one : withPlatform(one.model, face.platform)))
    const faceRows = onFace.flatMap((predictor) => errorsOf("ConfigNavigator table 5", predictor, face.functions))
    const heldOut = predictors.flatMap((predictor) => errorsOf("ConfigNavigator fig. 8b", predictor, test))
    return Promise.resolve({
      figures: {
        "confignavigator-table-5": tableSheet(faceRows),
        "confignavigator-fig-8": momentsSheet(faceRows, heldOut),
      },
      claims: [
        ...Object.entries(PAPER).map(([name, paper]) => ({
          claim: `Table 5: error of the mean of ${name} at ${SIZES_MB.join("/")} MB`,
          paper: `${paper.join("/")} %`,
          ours: predictors
            .map(
              ({ name: who }) =>
                `${who} ${SIZES_MB.map((mb) => text(meanOf(faceRows, { who, name, mb }))).join("/")} %`,
            )
            .join("; "),
        })),
        {
          claim: "Fig. 8: errors of mean, p95 and variance fall with memory (128 MB to 4,096 MB, held-out functions)",
          paper: "falls, no number",
          ours: predictors
            .map(
              ({ name: who }) =>
                `${who} ${MOMENTS.map((moment) => `${moment} ${text(momentOf(heldOut, { who, moment, mb: 128 }))} to ${text(momentOf(heldOut, { who, moment, mb: 4096 }))} %`).join(", ")}`,
            )
            .join("; "),
        },
      ],
      summary: {
        table5MeanErrorPct: Object.fromEntries(
          predictors.map(({ name: who }) => [
            who,
            Object.fromEntries(
              Object.keys(PAPER).map((name) => [name, SIZES_MB.map((mb) => meanOf(faceRows, { who, name, mb }))]),
            ),
          ]),
        ),
      },
      rows: [...faceRows, ...heldOut],
    })
  },
}

function predictorsOf(
  train: readonly MeasuredFunction[],
  law: OperationModel,
  smoke: boolean,
): readonly (Predictor & { readonly model?: OperationModel })[] {
  const quick = { hidden: [8], epochs: 2, batch: 16, learningRate: 2e-3, weightDecay: 3e-4 }
  const mlp = (preset: "published" | "repaired"): Predictor["predict"] => {
    const model = fitMlpModel(train, { preset, seed: 1, ...(smoke ? { training: quick } : {}) })
    return ({ operations }, memoryMB) => model.predict(operations, memoryMB)
  }
  const repaired = mlp("repaired")
  const within = withinRange(train)
  return [
    { name: "networks as published", predict: mlp("published") },
    { name: "networks repaired", predict: repaired },
    {
      name: "networks repaired, counters held within the range learned",
      predict: (one, memoryMB) => repaired({ ...one, operations: within(one.operations) }, memoryMB),
    },
    { ...ofLaw(law), model: law },
  ]
}

type Operations = MeasuredFunction["operations"]

/** A controlled change: counters beyond what any function of the training set had become its largest or smallest. */
function withinRange(train: readonly MeasuredFunction[]): (operations: Operations) => Operations {
  const known = new Map<string, number[]>()
  for (const { operations } of train)
    for (const [name, value] of Object.entries(operations.counters))
      known.set(name, [...(known.get(name) ?? []), value])
  const hold = (name: string, value: number): number => {
    const values = known.get(name)
    return values === undefined ? value : Math.min(Math.max(...values), Math.max(Math.min(...values), value))
  }
  return (operations) => ({
    ...operations,
    counters: Object.fromEntries(Object.entries(operations.counters).map(([name, value]) => [name, hold(name, value)])),
  })
}

/** Our model: a law of the platform, and one local run of the function. */
function ofLaw(model: OperationModel): Predictor {
  return {
    name: "Trimtab",
    predict: ({ operations }, memoryMB) => {
      const { times } = operationEstimator(model, operations).predict(memoryMB)
      const { mean: meanMs, sd } = momentsOf(times)
      return { meanMs, p95Ms: quantile(times, 0.95), variance: sd * sd }
    },
  }
}

function withPlatform(model: OperationModel, platform: OperationModel["platform"]): Predictor {
  return ofLaw({ ...model, platform })
}

function errorsOf(table: string, { name, predict }: Predictor, functions: readonly MeasuredFunction[]): ErrorRow[] {
  const error = (value: number, truth: number): number => Math.round(1000 * Math.abs(value / truth - 1)) / 10
  return functions.flatMap((one) =>
    one.cells.map(({ memoryMB, warmMs }) => {
      const [predicted, truth] = [predict(one, memoryMB), momentsOfRuns(warmMs)]
      return {
        table,
        predictor: name,
        function: one.id,
        memoryMB,
        meanPct: error(predicted.meanMs, truth.meanMs),
        p95Pct: error(predicted.p95Ms, truth.p95Ms),
        variancePct: error(predicted.variance, truth.variance),
      }
    }),
  )
}

function meanOf(
  rows: readonly ErrorRow[],
  { who, name, mb }: { readonly who: string; readonly name: string; readonly mb: number },
): number | null {
  return rows.find((row) => row.predictor === who && row.function === name && row.memoryMB === mb)?.meanPct ?? null
}

function momentOf(
  rows: readonly ErrorRow[],
  { who, moment, mb }: { readonly who: string; readonly moment: Moment; readonly mb: number },
): number | null {
  const own = rows.filter((row) => row.predictor === who && row.memoryMB === mb)
  const value = (row: ErrorRow): number => ({ mean: row.meanPct, p95: row.p95Pct, variance: row.variancePct })[moment]
  return own.length === 0 ? null : Math.round(10 * mean(own.map(value))) / 10
}

function text(value: number | null): string {
  return value === null ? "-" : String(value)
}

function predictorNames(rows: readonly ErrorRow[]): readonly string[] {
  return [...new Set(rows.map(({ predictor }) => predictor))]
}

function tableSheet(rows: readonly ErrorRow[]): ReturnType<typeof figureSheet> {
  const size = { width: 520, height: 310 }
  return figureSheet({
    id: "confignavigator-table-5",
    title: "ConfigNavigator, Table 5: error of the mean time, predicted from one local run",
    notes: [
      "Functions of face-beautification, measured on the local platform; learned from 320 other functions. Errors above 100 % are cut off.",
    ],
    charts: Object.entries(PAPER).map(([name, paper]): SheetChart => ({
      heading: name,
      ...size,
      chart: groupChart({
        id: `table-5-${name}`,
        title: `Error of the mean, ${name}`,
        description: "Bars by size and predictor, the paper's value as a line.",
        ...size,
        groups: SIZES_MB.map((mb) => `${mb} MB`),
        series: [
          ...predictorNames(rows).map((who) => ({
            name: who,
            values: SIZES_MB.map((mb): GroupValue => {
              const error = meanOf(rows, { who, name, mb })
              return error === null ? null : Math.min(100, error)
            }),
          })),
          { name: "paper", colour: "bad", values: paper.map((pct): GroupValue => [pct, pct]) },
        ],
        y: { label: "error of the mean, %", from: 0, to: 100 },
      }),
    })),
    columns: 2,
  })
}

function momentsSheet(face: readonly ErrorRow[], heldOut: readonly ErrorRow[]): ReturnType<typeof figureSheet> {
  const size = { width: 470, height: 310 }
  const charts = [
    { heading: "(a) pipeline functions", rows: face },
    { heading: "(b) held-out functions", rows: heldOut },
  ].flatMap(({ heading, rows }) =>
    MOMENTS.map((moment): SheetChart => ({
      heading: `${heading}: ${moment}`,
      ...size,
      chart: groupChart({
        id: `fig-8-${heading}-${moment}`,
        title: `${heading}: error of the ${moment}`,
        description: "Mean error over the functions by size.",
        ...size,
        groups: SIZES_MB.map((mb) => `${mb} MB`),
        series: predictorNames(rows).map((who) => ({
          name: who,
          values: SIZES_MB.map((mb): GroupValue => {
            const error = momentOf(rows, { who, moment, mb })
            return error === null ? null : Math.min(150, error)
          }),
        })),
        y: { label: `mean error of the ${moment}, %`, from: 0 },
      }),
    })),
  )
  return figureSheet({
    id: "confignavigator-fig-8",
    title: "ConfigNavigator, Fig. 8: errors of mean, p95 and variance by memory",
    notes: ["In the paper all fall with memory; no numbers are given beyond Table 5. Errors above 150 % are cut off."],
    charts,
    columns: 3,
  })
}
