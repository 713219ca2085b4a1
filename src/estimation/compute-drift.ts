import { median } from "../statistics/order-statistics.ts"
import { type DriftState, NO_DRIFT, observe } from "./drift.ts"
import type { InstanceSample } from "./sample.ts"

/** Whether a function's compute times changed while it was measured. */
export interface ComputeDrift {
  readonly state: DriftState
  /** Time of the first sample after the newest change; null where there was none. */
  readonly changedAtMs: number | null
  /** How much longer the same configurations take since then. */
  readonly ratio: number
  /** Samples compared with earlier ones since the newest alarm. */
  readonly since: number
}

/** Jitter of timers and schedulers, ms, as in cells.ts, which depends on this file. */
const JITTER_MS = 5
/** Spread of ln t below which a change is not worth an alarm. */
const LEAST_SD = 0.02
const PRIOR_SD = 0.05
const PRIOR_PAIRS = 4
/** Differences beyond so many robust sd count as that many. */
const CLIP = 4

/** Newest samples of a configuration that a sample is compared with. */
const COMPARED_WITH = 25
/** Fewer than these have a median that one wild sample can spoil: nothing is compared with them. */
const ENOUGH = 3
/** Variance of a median over that of a mean. */
const MEDIAN_VARIANCE = Math.PI / 2

/** Log times of each configuration, oldest first. */
type Centres = Map<string, number[]>

/**
 * Compares each warm sample with the median of earlier ones of its configuration, in order of time: a self-starting
 * CUSUM (Hawkins 1987), which needs no model. z = (ln t - median so far) / (sd sqrt(1 + pi / 2n)) is about standard normal
 * while nothing changes. Where the medians since the estimated change do not bear an alarm out, single wild samples rang
 * it and it is dropped. After an alarm the comparison begins anew with the samples since the change.
 */
export function detectDrift(samples: readonly InstanceSample[]): ComputeDrift {
  const ordered = pointsOf(samples)
  const spreadOf = spreadsOf(ordered)
  let centres: Centres = new Map()
  let state = NO_DRIFT
  let began = 0
  let before: Centres = new Map()
  /** Index in `ordered` of each z. */
  const compared: number[] = []
  for (const [i, point] of ordered.entries()) {
    const earlier = centres.get(point.key)
    if (earlier === undefined) {
      centres.set(point.key, [point.log])
      continue
    }
    if (earlier.length < ENOUGH) {
      earlier.push(point.log)
      continue
    }
    compared.push(i)
    const latest = earlier.slice(-COMPARED_WITH)
    const z = (point.log - median(latest)) / (spreadOf(point.key) * Math.sqrt(1 + MEDIAN_VARIANCE / latest.length))
    const next = observe(state, z)
    earlier.push(point.log)
    if (next.epoch === state.epoch) {
      state = next
      continue
    }
    const from = compared[next.last!.from] ?? i
    const since = centresOf(ordered.slice(from, i + 1))
    const old = centresOf(ordered.slice(began, from))
    const change = changeOf(old, since)
    if (next.last!.alarm !== "wider" && Math.abs(change) < BORNE_OUT * spreadOf(point.key)) {
      state = withoutAlarm(state, next)
      continue
    }
    state = next
    centres = since
    before = old
    began = from
  }
  const { last } = state
  if (last === undefined) return { state, changedAtMs: null, ratio: 1, since: state.seen }
  return {
    state,
    changedAtMs: ordered[began]!.atMs,
    ratio: Math.exp(changeOf(before, centres)),
    since: state.seen - last.at - 1,
  }
}

/** Medians must have moved by so many sd. */
const BORNE_OUT = 0.4

/** The sums begin anew, the epoch goes on. */
function withoutAlarm(before: DriftState, { seen, slower, faster, window }: DriftState): DriftState {
  return { ...before, seen, slower, faster, window }
}

function pointsOf(samples: readonly InstanceSample[]): readonly Point[] {
  return (
    samples
      // A mean of several runs varies less than one, around another centre than their median.
      .filter(
        (sample) => !sample.cold && !sample.contended && sample.aggregate === undefined && sample.outcome === "ok",
      )
      .toSorted((a, b) => a.atMs - b.atMs)
      .map((sample) => ({
        atMs: sample.atMs,
        key: keyOf(sample),
        log: Math.log(Math.max(0, sample.computeMs) + JITTER_MS),
      }))
  )
}

interface Point {
  readonly atMs: number
  readonly key: string
  readonly log: number
}

function keyOf({ memoryMB, processes, tasks }: InstanceSample): string {
  return `${memoryMB}/${processes}/${tasks}`
}

function centresOf(points: readonly Point[]): Centres {
  const centres: Centres = new Map()
  for (const { key, log } of points) {
    const logs = centres.get(key)
    if (logs === undefined) centres.set(key, [log])
    else logs.push(log)
  }
  return centres
}

/** Median of ln(after / before) over the samples after whose configuration has enough before; 0 of fewer than four. */
function changeOf(before: Centres, after: Centres): number {
  const changes = [...after].flatMap(([key, logs]) => {
    const old = before.get(key) ?? []
    if (old.length < ENOUGH) return []
    const centre = median(old)
    return logs.map((log) => log - centre)
  })
  return changes.length > ENOUGH ? median(changes) : 0
}

/** Neighbours of one configuration that the spread of all counts for. */
const POOLED_PAIRS = 6

/**
 * Sd of ln t from differences of neighbours in time in one configuration: a change of level spoils only one of them.
 * Configurations differ in noise; each has its own, shrunk to that of all.
 */
function spreadsOf(points: readonly Point[]): (key: string) => number {
  const last = new Map<string, number>()
  const pairs = new Map<string, number[]>()
  for (const { key, log } of points) {
    const previous = last.get(key)
    if (previous !== undefined) {
      const sizes = pairs.get(key) ?? []
      sizes.push(Math.abs(log - previous))
      pairs.set(key, sizes)
    }
    last.set(key, log)
  }
  const pooled = varianceOf([...pairs.values()].flat(), { variance: PRIOR_SD ** 2, weight: PRIOR_PAIRS })
  const spreads = new Map(
    [...pairs].map(([key, sizes]) => [key, varianceOf(sizes, { variance: pooled, weight: POOLED_PAIRS })]),
  )
  return (key) => Math.max(LEAST_SD, Math.sqrt(spreads.get(key) ?? pooled))
}

function varianceOf(sizes: readonly number[], prior: { readonly variance: number; readonly weight: number }): number {
  const bound = sizes.length > 0 ? Math.max(CLIP * 1.4826 * median(sizes), LEAST_SD) : 0
  const squares = sizes.reduce((sum, size) => sum + Math.min(size, bound) ** 2 / 2, 0)
  return (prior.weight * prior.variance + squares) / (prior.weight + sizes.length)
}
