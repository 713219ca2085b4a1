/**
 * Compute time of one instance: a roofline with Amdahl's and the universal scalability law (USL).
 *
 *   T = phi + f0 S + w max( ceil(n/P) A,  n / Sp(min(u, L P)) )
 *   A = (1-r) / min(1, u) + r / Sp(min(u, L))                     long phases
 *   A = max( ((1-r) + r k / Sp(k)) / u,  (1-r) + r / Sp(c) )      short phases, u > 1;  k = min(u, L), c = min(ceil u, L)
 *   S = P / min(u, P) with several processes, 0 with one
 *   u = m / m_s, below one vCPU (m / m_s)^e where e was learned;  P = min(q, n)
 *   Sp(k) = k for k <= 1, else k / (1 + s (k-1) + kappa k (k-1));  w = w0, with several processes w0 + wp
 *
 * phi is a fixed time, f0 the start of one process (they start side by side and load the handler each; a single one is
 * the instance's own and runs already), w0 one task on one vCPU, wp what it takes more where processes share an instance
 * (messages, caches), r the share of a task that runs on several cores, L the cores that a process can use: 1 for single-thread code (r = 0), else unlimited or the number of its
 * threads. The maximum is a roofline: the longest process against the cores available. With one process it is Amdahl's
 * law, below one vCPU exactly phi + w0 n / u. A platform grants ceil(u) cores and stops them when CPU time of u periods of
 * its scheduler is used up. Phases longer than a period meet that limit each on its own; over shorter ones it averages, and
 * a serial phase leaves CPU time to the parallel one.
 *
 * C1. More memory is never slower: kappa <= (1 - s) / u_max^2 puts the peak of Sp outside the space.
 * C2. No tasks take phi.
 */

export type ThreadKind = "single" | "multi"

export interface ComputeParameters {
  readonly kind: ThreadKind
  /** Fixed time, ms. */
  readonly phiMs: number
  /** Start of one process on one vCPU, ms. */
  readonly f0Ms: number
  /** One task on one vCPU, ms. */
  readonly w0Ms: number
  /** What one task takes more in each of several processes, ms on one vCPU; 0 where absent. */
  readonly processTaskMs?: number
  /** Parallel share of a task, r; 0 for single-thread code. */
  readonly parallelShare: number
  /** Contention of the USL, s. */
  readonly contention: number
  /** Coherence of the USL, kappa. */
  readonly coherence: number
  /** Memory of one vCPU as this function feels it, m_s in MB: learned, near the platform's for CPU-bound code. */
  readonly mbPerVcpu: number
  /** Below one vCPU time goes as u^-e; 1 where absent. */
  readonly exponent?: number
  /** How the platform grants vCPUs: a share of m / m_s (also where absent), or whole ones, m / m_s rounded up. */
  readonly cores?: CoreGrant
  /** vCPUs that one process can use, L: code with a fixed number of threads. Unlimited where absent. */
  readonly mostVcpus?: number
  /** Serial and parallel phases against the period of the platform's scheduler; long where absent. */
  readonly phases?: PhaseLength
}

export type PhaseLength = "long" | "short"

export type CoreGrant = "share" | "whole"

/** What decides the shape of the curve; given it, time is linear in phi, f0, w0 and wp. */
export type ComputeShape = Omit<ComputeParameters, "phiMs" | "f0Ms" | "w0Ms" | "processTaskMs">

/** Where a time is asked: one instance with `memoryMB` runs `tasks` tasks in `processes` processes. */
export interface ComputePoint {
  readonly memoryMB: number
  readonly processes: number
  readonly tasks: number
}

/** Speed of k cores over one, by the USL. */
export function speedup(k: number, contention: number, coherence: number): number {
  return k <= 1 ? k : k / (1 + contention * (k - 1) + coherence * k * (k - 1))
}

/** What a memory size is worth in vCPUs, u; below one vCPU u^e. */
export function vcpus(shape: Pick<ComputeShape, "mbPerVcpu" | "exponent" | "cores">, memoryMB: number): number {
  const u = memoryMB / shape.mbPerVcpu
  if (shape.cores === "whole") return Math.max(1, Math.ceil(u - 1e-9))
  return u >= 1 || shape.exponent === undefined ? u : u ** shape.exponent
}

/** The factors of f0 and w0 at a point; that of phi is 1, that of wp with several processes the same as of w0, else 0. */
export function computeColumns(shape: ComputeShape, point: ComputePoint): readonly [start: number, work: number] {
  const u = vcpus(shape, point.memoryMB)
  const { tasks } = point
  const processes = Math.min(point.processes, tasks)
  if (processes <= 0) return [0, 0]
  const speed = speedup(Math.min(u, threadLimit(shape) * processes), shape.contention, shape.coherence)
  return [startFactor(u, processes), Math.max(Math.ceil(tasks / processes) * taskFactor(shape, u), tasks / speed)]
}

/** Start of the processes in units of one process on one vCPU. */
function startFactor(u: number, processes: number): number {
  return processes <= 1 ? 0 : processes / Math.min(u, processes)
}

/** Time of all tasks in units of one task on one vCPU: the longest process against the cores available. */
function workFactor(shape: ComputeShape, u: number): (processes: number, tasks: number) => number {
  const { contention: s, coherence: kappa } = shape
  const limit = threadLimit(shape)
  const perTask = taskFactor(shape, u)
  return (processes, tasks) =>
    Math.max(Math.ceil(tasks / processes) * perTask, tasks / speedup(Math.min(u, limit * processes), s, kappa))
}

/** One task in units of one task on one vCPU. */
function taskFactor(shape: ComputeShape, u: number): number {
  const { contention: s, coherence: kappa, parallelShare: r } = shape
  if (shape.phases === "short" && u > 1) {
    const k = Math.min(u, threadLimit(shape))
    const granted = Math.min(Math.ceil(u - 1e-9), threadLimit(shape))
    const quota = (1 - r + (r * k) / speedup(k, s, kappa)) / u
    return Math.max(quota, 1 - r + r / speedup(granted, s, kappa))
  }
  return (1 - r) / Math.min(1, u) + (r === 0 ? 0 : r / speedup(Math.min(u, threadLimit(shape)), s, kappa))
}

function threadLimit({ kind, mostVcpus = Infinity }: ComputeShape): number {
  return kind === "single" ? 1 : mostVcpus
}

/** Median compute time in ms. */
export function computeMs(parameters: ComputeParameters, point: ComputePoint): number {
  return computeCurve(parameters, point.memoryMB)(point.processes, point.tasks)
}

/** Median compute times in ms at one memory size, for loops over processes and tasks. */
export function computeCurve(
  parameters: ComputeParameters,
  memoryMB: number,
): (processes: number, tasks: number) => number {
  const { phiMs, f0Ms } = parameters
  const u = vcpus(parameters, memoryMB)
  const work = workFactor(parameters, u)
  return (wanted, tasks) => {
    const processes = Math.min(wanted, tasks)
    if (processes <= 0) return phiMs
    return phiMs + f0Ms * startFactor(u, processes) + taskMs(parameters, processes) * work(processes, tasks)
  }
}

/** One task on one vCPU, ms, in one of so many processes. */
function taskMs({ w0Ms, processTaskMs = 0 }: ComputeParameters, processes: number): number {
  return processes > 1 ? w0Ms + processTaskMs : w0Ms
}

/** Axes of a table of times. */
export interface ComputeAxes {
  readonly memoryMB: readonly number[]
  readonly processes: readonly number[]
  /** Of an instance. */
  readonly tasks: readonly number[]
}

/** Median compute times in ms at every point of the axes, tasks changing fastest. Some 4 ns per point. */
export function computeTable(parameters: ComputeParameters, axes: ComputeAxes): Float64Array {
  const { contention: s, coherence: kappa, phiMs, f0Ms } = parameters
  const { longest, busy, tasks, most } = busiest(axes)
  const limit = threadLimit(parameters)
  const out = new Float64Array(axes.memoryMB.length * longest.length)
  // By processes that have a task: everything but the tasks themselves depends on these alone.
  const fixed = new Float64Array(most + 1)
  const perWork = new Float64Array(most + 1)
  const speed = new Float64Array(most + 1)
  let at = 0
  for (const memoryMB of axes.memoryMB) {
    const u = vcpus(parameters, memoryMB)
    const perTask = taskFactor(parameters, u)
    fixed[0] = phiMs
    speed[0] = 1
    for (let processes = 1; processes <= most; processes++) {
      fixed[processes] = phiMs + f0Ms * startFactor(u, processes)
      perWork[processes] = taskMs(parameters, processes)
      speed[processes] = speedup(Math.min(u, limit * processes), s, kappa)
    }
    for (let i = 0; i < longest.length; i++) {
      const q = busy[i]!
      const own = longest[i]! * perTask
      const shared = tasks[i]! / speed[q]!
      out[at++] = fixed[q]! + perWork[q]! * (own > shared ? own : shared)
    }
  }
  return out
}

interface Busiest {
  /** Processes that have a task, by processes and tasks. */
  readonly busy: Int32Array
  /** Tasks of the busiest of them. */
  readonly longest: Float64Array
  /** Of the instance. */
  readonly tasks: Float64Array
  readonly most: number
}

function busiest(axes: ComputeAxes): Busiest {
  const width = axes.tasks.length
  const size = axes.processes.length * width
  const out = { busy: new Int32Array(size), longest: new Float64Array(size), tasks: new Float64Array(size) }
  let most = 0
  for (let i = 0; i < size; i++) {
    const tasks = Math.max(0, axes.tasks[i % width]!)
    const busy = Math.max(0, Math.min(axes.processes[Math.floor(i / width)]!, tasks))
    out.busy[i] = busy
    out.tasks[i] = tasks
    out.longest[i] = busy === 0 ? 0 : Math.ceil(tasks / busy)
    most = Math.max(most, busy)
  }
  return { ...out, most }
}

/** The smallest number of processes, at most `most`, from which on more make nothing faster on a curve. */
export function maxUsefulProcesses(
  curve: (processes: number, tasks: number) => number,
  tasks: number,
  most: number,
): number {
  let best = 1
  let bestMs = curve(1, tasks)
  for (let processes = 2; processes <= Math.min(most, tasks); processes++) {
    const ms = curve(processes, tasks)
    // Rounding must not make a useless process look useful.
    if (ms < bestMs * (1 - 1e-12)) {
      best = processes
      bestMs = ms
    }
  }
  return best
}

/** Largest coherence for which speed rises up to `maxVcpus` cores (C1). */
export function maxCoherence(contention: number, maxVcpus: number): number {
  return (1 - contention) / Math.max(1, maxVcpus) ** 2
}
