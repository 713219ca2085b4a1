import { type Range, valuesOf, type ConfigSpace, type StepConfig } from "../workflow/config.ts"
import { inRange } from "../workflow/config.ts"
import { maxInstances, type PlatformLimits, vcpus } from "../workflow/limits.ts"

/**
 * What a campaign measures of one function. Form beats repetition: three memory sizes tell more than many runs at
 * one. Each size is visited once, first cold, then warm, so that cold starts stay few; the warm invocations differ
 * in tasks and processes. Sizes that would take too long are left out: below one vCPU time goes with 1 / vCPU.
 */
export interface Visit {
  readonly memoryMB: number
  /** Earlier ones first when time is short. */
  readonly priority: 1 | 2 | 3
  readonly shots: readonly Shot[]
}

/** Some instances started together, each with the same number of tasks. */
export interface Shot {
  readonly instances: number
  readonly processes: number
  readonly tasksPerInstance: number
  /** What it needs to find: a cold start adds to every first shot at a size. */
  readonly warm: boolean
}

/** What is known of a function before its visits are chosen. */
export interface Observed {
  /** One task on one vCPU, ms. */
  readonly workMs: number
  /** Largest memory of an instance seen, MB. */
  readonly peakMB: number
}

export interface DesignRequest {
  readonly space: ConfigSpace
  readonly limits: PlatformLimits
  readonly threads: "single" | "multi"
  /** Tasks of the whole step. */
  readonly tasks: number
  /** The longest that one shot may take, ms. */
  readonly capMs: number
}

/** Instances of the first whole run of a step: enough to see them start together. */
const MAX_REFERENCE_INSTANCES = 8

/** Most instances that a visit starts at once. */
const MAX_INSTANCES = 3

/** A size must hold the memory seen so far with this much room. */
const MEMORY_ROOM = 1.25

/**
 * The configuration in which a step is run as a whole to get its output: fast, but no larger than useful. Code with
 * one thread gets about one vCPU per instance, or what lets two instances run at once; code with many the largest.
 */
export function referenceConfig({ space, limits, threads, tasks }: Omit<DesignRequest, "capMs">): StepConfig {
  const sizes = memoriesOf(space, limits)
  const most = Math.min(largest(space.instances), Math.max(1, tasks), MAX_REFERENCE_INSTANCES)
  const processes = space.processes.min
  const whole = (memoryMB: number): StepConfig => ({
    memoryMB,
    instances: instancesUpTo(space, Math.min(most, maxInstances(limits, memoryMB))),
    processes,
  })
  if (threads === "multi") return whole(sizes.findLast((memoryMB) => fitsAlone(limits, memoryMB)) ?? sizes[0]!)
  const oneVcpu = sizes.find((memoryMB) => memoryMB >= limits.mbPerVcpu) ?? sizes.at(-1)!
  if (most === 1 || maxInstances(limits, oneVcpu) > 1) return whole(oneVcpu)
  return whole(sizes.findLast((memoryMB) => maxInstances(limits, memoryMB) > 1) ?? oneVcpu)
}

/** The visits after the reference run, in the order of their priorities. */
export function visitsOf(request: DesignRequest, reference: StepConfig, observed: Observed): Visit[] {
  const sizes = memoriesOf(request.space, request.limits)
  const small = smallSize(request, reference.memoryMB, observed)
  const big = sizes.findLast((memoryMB) => fitsAlone(request.limits, memoryMB)) ?? sizes.at(-1)!
  const middle = nearest(sizes, Math.sqrt((small ?? sizes[0]!) * big))
  const visits: Visit[] = [{ memoryMB: reference.memoryMB, priority: 1, shots: [referenceShot(request, reference)] }]
  if (small !== null) visits.push({ memoryMB: small, priority: 1, shots: smallShots(request, small, observed) })
  const third = big === reference.memoryMB ? middle : big
  if (third !== small && third !== reference.memoryMB)
    visits.push({ memoryMB: third, priority: 2, shots: bigShots(request, third, observed) })
  visits.push({ memoryMB: reference.memoryMB, priority: 3, shots: [moreShot(request, observed)] })
  return visits.filter((visit) => visit.shots.length > 0)
}

/** Expected time of a shot without starts and transfers, ms: work over the vCPUs that it can use. */
export function expectedMs(
  request: Pick<DesignRequest, "limits" | "threads">,
  visit: Pick<Visit, "memoryMB">,
  shot: Pick<Shot, "processes" | "tasksPerInstance">,
  { workMs }: Observed,
): number {
  const u = vcpus(request.limits, visit.memoryMB)
  const usable = request.threads === "multi" ? u : Math.min(u, shot.processes, shot.tasksPerInstance)
  return (workMs * shot.tasksPerInstance) / usable
}

/** Warm, with fewer tasks than the reference run: their ratio tells the time per task from the fixed one. */
function referenceShot({ tasks }: DesignRequest, reference: StepConfig): Shot {
  const perInstance = Math.ceil(tasks / reference.instances)
  const tasksPerInstance = Math.max(1, Math.floor(perInstance / 3))
  return { instances: reference.instances, processes: reference.processes, tasksPerInstance, warm: true }
}

function smallShots(request: DesignRequest, memoryMB: number, observed: Observed): Shot[] {
  const { space, limits, tasks } = request
  const processes = space.processes.min
  const together = Math.min(tasks, MAX_INSTANCES, maxInstances(limits, memoryMB), largest(space.instances))
  const cold: Shot = { instances: instancesUpTo(space, together), processes, tasksPerInstance: 1, warm: false }
  const quick = expectedMs(request, { memoryMB }, { processes, tasksPerInstance: 2 }, observed) <= request.capMs
  const one = space.instances.min
  return [cold, { instances: one, processes, tasksPerInstance: quick && tasks >= 2 * one ? 2 : 1, warm: true }]
}

function bigShots(request: DesignRequest, memoryMB: number, observed: Observed): Shot[] {
  const { space, limits, tasks, threads } = request
  const first = space.processes.min
  const useful = threads === "multi" ? first : Math.ceil(vcpus(limits, memoryMB))
  const processes = Math.max(first, Math.min(Math.max(2, useful), largest(space.processes), tasks))
  const most = mostTasks(request, { memoryMB, processes, observed })
  const instances = space.instances.min
  const cold: Shot = { instances, processes: first, tasksPerInstance: 1, warm: false }
  return [cold, { instances, processes, tasksPerInstance: Math.min(2 * processes, most), warm: true }]
}

/** One instance, as many tasks as time allows: the other end of the line through the reference shot. */
function moreShot(request: DesignRequest, observed: Observed): Shot {
  const { space } = request
  const processes = space.processes.min
  const memoryMB = request.limits.mbPerVcpu
  const tasksPerInstance = Math.min(6, mostTasks(request, { memoryMB, processes, observed }))
  return { instances: space.instances.min, processes, tasksPerInstance, warm: true }
}

function mostTasks(
  request: DesignRequest,
  { memoryMB, processes, observed }: { memoryMB: number; processes: number; observed: Observed },
): number {
  const all = Math.max(1, Math.floor(request.tasks / request.space.instances.min))
  const one = expectedMs(request, { memoryMB }, { processes, tasksPerInstance: processes }, observed) / processes
  return Math.max(1, Math.min(all, one > 0 ? Math.floor(request.capMs / one) : all))
}

/** The smallest size below the reference that holds the memory seen and ends one task in time; null when none does. */
function smallSize(request: DesignRequest, referenceMB: number, observed: Observed): number | null {
  const { space, limits, capMs } = request
  const holds = (memoryMB: number): boolean => memoryMB >= observed.peakMB * MEMORY_ROOM
  const one = { processes: space.processes.min, tasksPerInstance: 1 }
  const quick = (memoryMB: number): boolean => expectedMs(request, { memoryMB }, one, observed) <= capMs
  const below = memoriesOf(space, limits).filter((memoryMB) => memoryMB < referenceMB && holds(memoryMB))
  return below.find(quick) ?? below.findLast((memoryMB) => memoryMB <= referenceMB * 0.6) ?? null
}

function memoriesOf(space: ConfigSpace, limits: PlatformLimits): number[] {
  const sizes = valuesOf(space.memoryMB)
  const allowed = sizes.filter((memoryMB) => inRange(limits.memoryMB, memoryMB))
  return allowed.length > 0 ? allowed : sizes
}

function fitsAlone(limits: PlatformLimits, memoryMB: number): boolean {
  return limits.vcpuTotal === null || vcpus(limits, memoryMB) <= limits.vcpuTotal
}

/** The largest count of instances in the space that is at most `most`; the smallest of the space at least. */
function instancesUpTo({ instances }: ConfigSpace, most: number): number {
  return valuesOf(instances).findLast((count) => count <= most) ?? instances.min
}

function largest(range: Range): number {
  return valuesOf(range).at(-1) ?? range.min
}

function nearest(sizes: readonly number[], wanted: number): number {
  return sizes.reduce((best, size) => (Math.abs(size - wanted) < Math.abs(best - wanted) ? size : best))
}
