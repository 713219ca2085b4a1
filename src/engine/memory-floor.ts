import type { Range } from "../workflow/config.ts"
import type { InvokeRecord } from "./records.ts"
import type { StepRun } from "./state.ts"

/** Attempts of one step, the first included: at a growth of 1.5 they span 128 MB to 3 GB. */
const MAX_ATTEMPTS = 8

/** From the second failure on the size grows by at least this factor, so that a large need is met in few attempts. */
const GROWTH = 1.5

/** The largest value of a range that its steps reach. */
export function largest(range: Range): number {
  return range.min + Math.floor((range.max - range.min) / range.step) * range.step
}

/** The smallest value of a range above `floor`; the largest where none is. */
export function smallestAbove(range: Range, floor: number): number {
  if (floor < range.min) return range.min
  const steps = Math.floor((floor - range.min) / range.step) + 1
  return Math.min(largest(range), range.min + steps * range.step)
}

/**
 * What the step is known to need more than, after parts ended: a size that ran out of memory or time, or the peak
 * that was seen there. A timeout counts too: more memory is more CPU.
 */
export function raisedFloor(run: StepRun, record: InvokeRecord): number {
  let floor = run.memoryFloorMB
  const memoryMB = run.decisions.at(-1)?.config.memoryMB ?? 0
  for (const part of record.parts) {
    if (part.openCause === null) continue
    const peak = Math.max(memoryMB, ...part.invocations.map((entry) => entry.maxMemoryUsedMB))
    floor = Math.max(floor, run.attempt > 1 ? Math.max(peak, memoryMB * GROWTH) : peak)
  }
  // The largest size is tried before the step gives up.
  const range = run.step.configSpace.memoryMB
  return memoryMB < largest(range) ? Math.min(floor, largest(range) - range.step) : floor
}

/** True while another attempt, above the floor, makes sense. */
export function canGrow(run: StepRun): boolean {
  const tried = run.decisions.at(-1)?.config.memoryMB ?? 0
  return run.attempt < MAX_ATTEMPTS && tried < largest(run.step.configSpace.memoryMB)
}
