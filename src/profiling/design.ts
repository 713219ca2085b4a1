import type { StepConfig } from "../workflow/config.ts"
import { maxInstances, vcpus } from "../workflow/limits.ts"
import { fitsAlone, instancesUpTo, largest, memoriesOf, type ReferenceRequest } from "./reference-config.ts"

/**
 * What a campaign measures of one function. Form beats repetition: three memory sizes tell more than many runs at
 * one. Each size is visited once, so that cold starts stay few; its invocations differ in tasks and processes. Only
 * warm invocations tell the time of the work, so that one is always among them. Sizes that would take too long are
 * left out: below one vCPU time goes with 1 / vCPU.
 */
export interface Visit {
  readonly memoryMB: number
  /** When time is short all visits of the first kind are made before one of the second. */
  readonly priority: 1 | 2
  /** `prewarmed`: an instance is started by a dummy invocation, where work done cold would tell nothing new. */
  readonly start: "as-is" | "prewarmed"
  readonly shots: readonly Shot[]
}

/** Some instances started together, each with the same number of tasks. */
export interface Shot {
  readonly instances: number
  readonly processes: number
  readonly tasksPerInstance: number
  /** What it is to find. The first shot at a size is a cold start. */
  readonly find: "cold" | "warm"
  /** Made although the profile has it already: one more tells how much runs differ. */
  readonly again?: true
}

/** What is known of a function before its visits are chosen. */
export interface Observed {
  /** One task on one vCPU, ms. */
  readonly workMs: number
  /** A cold start, ms. */
  readonly initMs: number
  /** Largest memory of an instance seen, MB. */
  readonly peakMB: number
}

export interface DesignRequest extends ReferenceRequest {
  /** The longest that one shot should take, ms. */
  readonly capMs: number
}

/** Most instances that a visit starts at once. */
const MAX_INSTANCES = 3

/** A size must hold the memory seen so far with this much room. */
const MEMORY_ROOM = 1.25

/** A single shot instead of two may take this many times as long. */
const SINGLE_SHOT = 2.2

/** Part of the longest shot that the second one at the reference size may take. */
const SECOND_SHOT = 0.5

/**
 * The visits after the reference run, the most telling first: its own size, whose instances are warm; several
 * processes, where the step may have them, as their start is in no other sample; a small size; else a third one.
 */
export function visitsOf(request: DesignRequest, reference: StepConfig, observed: Observed): Visit[] {
  const sizes = memoriesOf(request.space, request.limits)
  const small = smallSize(request, reference.memoryMB, observed)
  const big = sizes.findLast((memoryMB) => fitsAlone(request.limits, memoryMB)) ?? sizes.at(-1)!
  const processes = usefulProcesses(request, big)
  const shots = referenceShots(request, reference, observed)
  const visits: Visit[] = [{ memoryMB: reference.memoryMB, priority: 1, start: "as-is", shots }]
  if (processes > request.space.processes.min) visits.push(processesVisit(request, big, { processes, observed }))
  if (small !== null) visits.push(smallVisit(request, small, observed))
  const third = big === reference.memoryMB ? nearest(sizes, Math.sqrt((small ?? sizes[0]!) * big)) : big
  if (!visits.some((visit) => visit.memoryMB === third)) visits.push(oneTaskVisit(request, third, 2))
  return visits
}

/** Expected time of a shot without starts and transfers, ms: work over the vCPUs that it can use. */
export function expectedMs(
  { limits, threads }: Pick<DesignRequest, "limits" | "threads">,
  memoryMB: number,
  shot: Pick<Shot, "processes" | "tasksPerInstance">,
  { workMs }: Pick<Observed, "workMs">,
): number {
  const u = vcpus(limits, memoryMB)
  const usable = threads === "multi" ? u : Math.min(u, shot.processes, shot.tasksPerInstance)
  return (workMs * shot.tasksPerInstance) / usable
}

/** Few tasks in all instances, then more in one: their difference tells the time per task from the fixed one. */
function referenceShots(request: DesignRequest, reference: StepConfig, observed: Observed): Shot[] {
  const { memoryMB, instances, processes } = reference
  const perInstance = Math.ceil(request.tasks / instances)
  const few = Math.max(1, Math.floor(perInstance / 4))
  const capMs = request.capMs * SECOND_SHOT
  const more = Math.min(6, mostTasks({ ...request, capMs }, { memoryMB, processes, observed }))
  const first: Shot = { instances, processes, tasksPerInstance: few, find: "warm" }
  const one = request.space.instances.min
  return more > few || instances === one
    ? [first, { instances: one, processes, tasksPerInstance: Math.max(few, more), find: "warm" }]
    : [first]
}

function smallVisit(request: DesignRequest, memoryMB: number, observed: Observed): Visit {
  const { space, limits, tasks, capMs } = request
  const processes = space.processes.min
  const one = space.instances.min
  const takesMs = expectedMs(request, memoryMB, { processes, tasksPerInstance: 1 }, observed)
  const warm = (tasksPerInstance: number): Shot => ({ instances: one, processes, tasksPerInstance, find: "warm" })
  if (takesMs > capMs) return oneTaskVisit(request, memoryMB, 1)
  const together = Math.min(tasks, MAX_INSTANCES, maxInstances(limits, memoryMB), largest(space.instances))
  const cold: Shot = { instances: instancesUpTo(space, together), processes, tasksPerInstance: 1, find: "cold" }
  return {
    memoryMB,
    priority: 1,
    start: "as-is",
    shots: [cold, warm(2 * takesMs <= capMs && tasks >= 2 * one ? 2 : 1)],
  }
}

/** Processes that code with one thread can use at a size; at least two where the step has tasks for them. */
function usefulProcesses({ space, limits, threads, tasks }: DesignRequest, memoryMB: number): number {
  const first = space.processes.min
  if (threads === "multi") return first
  const useful = Math.max(2, Math.ceil(vcpus(limits, memoryMB)))
  return Math.max(first, Math.min(useful, largest(space.processes), Math.floor(tasks / space.instances.min)))
}

function processesVisit(
  request: DesignRequest,
  memoryMB: number,
  { processes, observed }: { processes: number; observed: Observed },
): Visit {
  const instances = request.space.instances.min
  const tasksPerInstance = Math.min(2 * processes, mostTasks(request, { memoryMB, processes, observed }))
  const shot: Shot = { instances, processes, tasksPerInstance: Math.max(processes, tasksPerInstance), find: "warm" }
  return { memoryMB, priority: 1, start: "prewarmed", shots: [shot] }
}

function oneTaskVisit({ space }: DesignRequest, memoryMB: number, priority: Visit["priority"]): Visit {
  const one = { instances: space.instances.min, processes: space.processes.min, tasksPerInstance: 1 }
  return { memoryMB, priority, start: "prewarmed", shots: [{ ...one, find: "warm" }] }
}

function mostTasks(
  request: DesignRequest,
  { memoryMB, processes, observed }: { memoryMB: number; processes: number; observed: Observed },
): number {
  const all = Math.max(1, Math.floor(request.tasks / request.space.instances.min))
  const eachMs = expectedMs(request, memoryMB, { processes, tasksPerInstance: processes }, observed) / processes
  return Math.max(1, Math.min(all, eachMs > 0 ? Math.floor(request.capMs / eachMs) : all))
}

/** The smallest size below the reference that holds the memory seen and ends one task in time; null when none does. */
function smallSize(request: DesignRequest, referenceMB: number, observed: Observed): number | null {
  const { space, limits, capMs } = request
  const holds = (memoryMB: number): boolean => memoryMB >= observed.peakMB * MEMORY_ROOM
  const one = { processes: space.processes.min, tasksPerInstance: 1 }
  const quick = (memoryMB: number): boolean => expectedMs(request, memoryMB, one, observed) <= capMs * SINGLE_SHOT
  const below = memoriesOf(space, limits).filter((memoryMB) => memoryMB < referenceMB && holds(memoryMB))
  return below.find(quick) ?? below.findLast((memoryMB) => memoryMB <= referenceMB * 0.6) ?? null
}

function nearest(sizes: readonly number[], wanted: number): number {
  return sizes.reduce((best, size) => (Math.abs(size - wanted) < Math.abs(best - wanted) ? size : best))
}
