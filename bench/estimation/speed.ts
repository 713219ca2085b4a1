import { seededRandom } from "../../src/base/random.ts"
import type { EstimateRequest } from "../../src/estimation/estimator.ts"
import { createEstimator, type ProfileEstimator } from "../../src/estimation/profile-estimator.ts"
import { optionsFor } from "../../src/estimation/testing/one-step.ts"
import { SYNTHETIC, syntheticProfile } from "../../src/estimation/testing/synthetic-profile.ts"
import { median } from "../../src/statistics/order-statistics.ts"
import { DEFAULT_CONFIG_SPACE, valuesOf } from "../../src/workflow/config.ts"
import type { Bench } from "../bench.ts"

/** What a campaign leaves of one function: 4 sizes, 3 task counts, 2 process counts. */
const CAMPAIGN = { memoriesMB: [256, 768, 1792, 3008], tasks: [2, 6, 12], processes: [1, 2], repetitions: 3, seed: 1 }

/** Configurations of one try, and tries; the least counts, since other work only adds. */
const BATCH = 400
const TRIES = 120

/** Task counts of spaces compiled: each is compiled once, after those that warm the code up. */
const SPACES = { warm: 200, timed: 25, tasksFrom: 60 } as const

/** How long an estimate and a compiled space of 61,056 configurations take, in code that is warm. */
export const bench: Bench = async () => {
  const estimator = freshEstimator()
  const step = estimator.steps[0]!
  const random = seededRandom(3)
  const distinct = (): readonly EstimateRequest[] =>
    Array.from({ length: BATCH }, () => requestOf(step, () => random.next()))
  const same = distinct()[0]!
  const repeated = Array.from({ length: BATCH }, () => same)
  const estimateUs = least(() => estimateMs(estimator, repeated)) / BATCH
  const estimateDistinctUs = least(() => estimateMs(estimator, distinct())) / BATCH
  const first = compileMs(freshEstimator(), SPACES.tasksFrom)
  for (let i = 0; i < SPACES.warm; i++) compileMs(estimator, SPACES.tasksFrom + SPACES.timed + i)
  const spaces = Array.from({ length: SPACES.timed }, (_, i) => compileMs(estimator, SPACES.tasksFrom + i))
  const points = Object.values(DEFAULT_CONFIG_SPACE).reduce((product, range) => product * valuesOf(range).length, 1)
  const summary = {
    estimateUs: round(1000 * estimateUs),
    estimateDistinctUs: round(1000 * estimateDistinctUs),
    compileSpaceMs: round(Math.min(...spaces)),
    compileSpaceMedianMs: round(median(spaces)),
    compileFirstSpaceMs: round(first),
  }
  const row = { table: "speed of the estimator", points, batch: BATCH, tries: TRIES, spacesMs: spaces.map(round) }
  return { summary, reasons: {}, rows: [{ ...row, ...summary }] }
}

/** An estimator whose fit is made, and which has compiled nothing. */
function freshEstimator(): ProfileEstimator {
  const estimator = createEstimator(optionsFor([syntheticProfile(SYNTHETIC, CAMPAIGN)]))
  const config = { memoryMB: 1024, instances: 1, processes: 1 }
  estimator.estimate({ step: estimator.steps[0]!, config, tasks: 1, warmInstances: 1 })
  return estimator
}

/** Any configuration of the default space, of 1 to 200 tasks, with any number of warm instances. */
function requestOf(step: string, next: () => number): EstimateRequest {
  const pick = (values: readonly number[]): number => values[Math.floor(next() * values.length)]!
  const { memoryMB, instances, processes } = DEFAULT_CONFIG_SPACE
  const config = {
    memoryMB: pick(valuesOf(memoryMB)),
    instances: pick(valuesOf(instances)),
    processes: pick(valuesOf(processes)),
  }
  const tasks = 1 + Math.floor(200 * next())
  return { step, config, tasks, warmInstances: Math.floor((config.instances + 1) * next()) }
}

function estimateMs(estimator: ProfileEstimator, requests: readonly EstimateRequest[]): number {
  const startMs = performance.now()
  for (const request of requests) estimator.estimate(request)
  return performance.now() - startMs
}

function compileMs(estimator: ProfileEstimator, tasks: number): number {
  const startMs = performance.now()
  estimator.compile({ step: estimator.steps[0]!, space: DEFAULT_CONFIG_SPACE, tasks, percentile: 0.95 })
  return performance.now() - startMs
}

function least(measureMs: () => number): number {
  return Math.min(...Array.from({ length: TRIES }, measureMs))
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
