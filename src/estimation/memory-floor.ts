import { fitLogistic, logisticInverse } from "../statistics/logistic.ts"
import { median, sampleQuantile } from "../statistics/order-statistics.ts"
import type { Selection } from "./sample-selection.ts"
import type { InstanceSample } from "./sample.ts"

/** How much memory a function needs for q processes. */
export interface MemoryFloor {
  /** Least memory in MB that is expected to run `processes` processes; 0 when nothing is known. */
  needMB(processes: number): number
}

/** Room above the highest peak seen of one process. */
const PEAK_MARGIN = 1.1

/** Where sizes both ran and were killed, the floor is the size that is killed this seldom. */
const ACCEPTED_KILLS = 0.001
/** Before outcomes are seen, P(kill) falls from 90 to 10 % within a third of the memory, give or take as much. */
const KILL_PRIOR = { slope: { mean: -15, sd: 10 }, interceptSd: 10 } as const
const KILLS_FOR_LAW = 2
/** However mixed the outcomes: beyond this multiple of the largest size killed nobody extrapolates. */
const MOST_ABOVE_KILL = 2

/**
 * The memory floor from peaks, kills and successes. Expected need: base + q * peak * 1.1, the peak as P99 of the
 * smallest size that ran (runtimes take more where there is more). A kill at (m, q) puts the floor above m for q and
 * more processes; a success at (m, q) puts it at m or below for q and fewer. Where kills lie among successes, the floor
 * is where P(kill) < 0.1 % by logistic regression in ln m. Answers are kept per number of processes.
 */
export function fitMemoryFloor(selection: Selection, stepMB: number): MemoryFloor {
  const expected = expectedNeed(selection.ok)
  const kills = selection.outOfMemory.filter((kill) => isTrusted(kill, selection))
  const known = new Map<number, number>()
  const needOf = (processes: number): number => {
    const ok = selection.ok.filter((sample) => sample.processes >= processes)
    const killed = kills.filter((kill) => kill.processes <= processes)
    const need = ok.reduce((least, sample) => Math.min(least, sample.memoryMB), expected(processes))
    return killed.length === 0 ? need : Math.max(need, largestOf(killed) + stepMB, mixedNeed(ok, killed))
  }
  return {
    needMB: (processes) => {
      const need = known.get(processes) ?? needOf(processes)
      known.set(processes, need)
      return need
    },
  }
}

/** The size with P(kill) < 0.1 %, or 0 where every kill lies below every success. */
function mixedNeed(ok: readonly InstanceSample[], killed: readonly InstanceSample[]): number {
  const largestKill = largestOf(killed)
  if (killed.length < KILLS_FOR_LAW || !ok.some((sample) => sample.memoryMB <= largestKill)) return 0
  const observations = [...ok, ...killed].map((sample) => ({
    x: Math.log(sample.memoryMB),
    happened: sample.outcome === "out-of-memory",
  }))
  const fit = fitLogistic(observations, KILL_PRIOR)
  const most = MOST_ABOVE_KILL * largestKill
  // Kills that grow likelier with memory have another cause than its size.
  return fit.slope >= 0 ? most : Math.min(most, Math.ceil(Math.exp(logisticInverse(fit, ACCEPTED_KILLS))))
}

function largestOf(samples: readonly InstanceSample[]): number {
  return samples.reduce((most, { memoryMB }) => Math.max(most, memoryMB), 0)
}

/** One kill counts unless at least twenty times as many runs of that or a harder kind went well. */
function isTrusted(kill: InstanceSample, selection: Selection): boolean {
  const covers = (sample: InstanceSample): boolean =>
    sample.processes >= kill.processes && sample.memoryMB <= kill.memoryMB
  const kills = selection.outOfMemory.filter(covers).length
  return selection.ok.filter(covers).length < 20 * kills
}

function expectedNeed(ok: readonly InstanceSample[]): (processes: number) => number {
  const measured = ok.filter((sample) => sample.peakProcessMB > 0)
  if (measured.length === 0) return () => 0
  const smallest = Math.min(...measured.map((sample) => sample.memoryMB))
  const peak = sampleQuantile(
    measured.filter((sample) => sample.memoryMB === smallest).map((sample) => sample.peakProcessMB),
    0.99,
  )
  const several = measured.filter((sample) => sample.processes > 1)
  const base = median(
    (several.length > 0 ? several : measured)
      // The platform reports at most the size: what was used may have been more.
      .filter((sample) => sample.maxMemoryUsedMB > 0 && sample.maxMemoryUsedMB < sample.memoryMB)
      .map((sample) => Math.max(0, sample.maxMemoryUsedMB - sample.processes * sample.peakProcessMB)),
  )
  return (processes) => (Number.isNaN(base) ? 0 : base) + processes * peak * PEAK_MARGIN
}
