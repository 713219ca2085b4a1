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

/**
 * The memory floor from peaks, kills and successes. Expected need: base + q * peak * 1.1, the peak as P99 of the
 * smallest size that ran (runtimes take more where there is more). A kill at (m, q) puts the floor above m for q and
 * more processes; a success at (m, q) puts it at m or below for q and fewer, unless kills there say otherwise.
 */
export function fitMemoryFloor(selection: Selection, stepMB: number): MemoryFloor {
  const expected = expectedNeed(selection.ok)
  const kills = selection.outOfMemory
    .filter((kill) => isTrusted(kill, selection))
    .map((kill) => ({ memoryMB: kill.memoryMB, processes: kill.processes }))
  return {
    needMB: (processes) => {
      let need = expected(processes)
      for (const sample of selection.ok) {
        if (sample.processes >= processes) need = Math.min(need, sample.memoryMB)
      }
      for (const kill of kills) {
        if (kill.processes <= processes) need = Math.max(need, kill.memoryMB + stepMB)
      }
      return need
    },
  }
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
      .filter((sample) => sample.maxMemoryUsedMB > 0)
      .map((sample) => Math.max(0, sample.maxMemoryUsedMB - sample.processes * sample.peakProcessMB)),
  )
  return (processes) => (Number.isNaN(base) ? 0 : base) + processes * peak * PEAK_MARGIN
}
