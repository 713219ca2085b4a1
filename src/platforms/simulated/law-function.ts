import type { Json } from "../../base/json.ts"
import { type ComputeParameters, computeMs } from "../../estimation/compute-model.ts"
import type { Burst } from "../../estimation/operation/quota-simulation.ts"
import { NOTHING_MOVED, type FunctionBehaviour, type HandlerCall, type Volume } from "./function-behaviour.ts"
import type { PackageKind } from "./parameters.ts"

/** A function as a handful of numbers. Times are on one vCPU. */
export interface FunctionLaw {
  readonly threads: "single" | "multi"
  /** Fixed time of an invocation, ms. */
  readonly fixedMs: number
  /** One task, ms. */
  readonly taskMs: number
  /** Start of a process beside the first, ms. */
  readonly processMs: number
  /** Share of a task that uses all cores; 0 for single-thread code. */
  readonly parallelShare: number
  /** What the first call of an instance adds, ms. */
  readonly coldMs: number
  readonly downloadBytesPerTask: number
  readonly uploadBytesPerTask: number
  /** Objects of a task, each way. */
  readonly objectsPerTask: number
  /** Where a task leaves more or fewer objects than it reads. */
  readonly uploadObjectsPerTask?: number
  /** Memory of the instance without work, and of each busy process, MB. */
  readonly baseMB: number
  readonly processMB: number
  readonly runtime: string
  readonly packageKind: PackageKind
  readonly packageMB: number
  readonly initWorkMs: number
}

export const DEFAULT_LAW: FunctionLaw = {
  threads: "single",
  fixedMs: 5,
  taskMs: 100,
  processMs: 30,
  parallelShare: 0,
  coldMs: 0,
  downloadBytesPerTask: 0,
  uploadBytesPerTask: 0,
  objectsPerTask: 0,
  baseMB: 40,
  processMB: 40,
  runtime: "nodejs",
  packageKind: "zip",
  packageMB: 1,
  initWorkMs: 0,
}

export interface LawFunctionOptions {
  readonly mbPerVcpu: number
  /** What a call answers: one result per task. Zeros by default. */
  readonly resultsOf?: (call: HandlerCall) => readonly Json[]
}

/** A function that follows a law: the truth that an estimator can only approach. */
export function lawFunction(law: FunctionLaw, { mbPerVcpu, resultsOf = zeros }: LawFunctionOptions): FunctionBehaviour {
  const parameters: ComputeParameters = {
    kind: law.threads,
    phiMs: law.fixedMs,
    f0Ms: law.processMs,
    w0Ms: law.taskMs,
    parallelShare: law.parallelShare,
    contention: 0,
    coherence: 0,
    mbPerVcpu,
  }
  const works = new Map<number, { readonly ms: number; readonly bursts: readonly Burst[] }>()
  const workOf = ({ memoryMB, processes, tasks }: HandlerCall): { ms: number; bursts: readonly Burst[] } => {
    // Few points are asked for, and very often.
    const key = (memoryMB * 64 + Math.min(63, processes)) * 65_536 + tasks.length
    let work = works.get(key)
    if (work === undefined) {
      const point = { memoryMB, processes, tasks: tasks.length }
      work = {
        ms: computeMs(parameters, point),
        bursts: burstsOf(law, Math.min(processes, tasks.length), tasks.length),
      }
      if (works.size < MOST_WORKS) works.set(key, work)
    }
    return work
  }
  return {
    runtime: law.runtime,
    packageKind: law.packageKind,
    packageMB: law.packageMB,
    initWorkMs: law.initWorkMs,
    handle: (call) => {
      const { ms, bursts } = workOf(call)
      const tasks = call.tasks.length
      const busy = Math.max(1, Math.min(call.processes, tasks))
      const own = call.export === "handler"
      return {
        computeMs: own ? ms : law.fixedMs / Math.min(1, call.vcpus),
        bursts,
        coldExtraMs: law.coldMs / Math.min(1, call.vcpus),
        download: volumeOf(call.files === "leave" ? 0 : tasks, law.objectsPerTask, law.downloadBytesPerTask),
        upload: volumeOf(own ? tasks : 0, law.uploadObjectsPerTask ?? law.objectsPerTask, law.uploadBytesPerTask),
        peakMB: law.baseMB + (busy - 1) * law.processMB,
        peakProcessMB: law.processMB,
        results: resultsOf(call),
        errors: NO_ERRORS,
      }
    },
  }
}

/** Points that a function remembers. */
const MOST_WORKS = 10_000

const NO_ERRORS: readonly never[] = []

/** Serial start, then all processes side by side. */
function burstsOf(law: FunctionLaw, processes: number, tasks: number): readonly Burst[] {
  const work = tasks * law.taskMs
  return [
    { cpuMs: law.fixedMs + (processes > 1 ? processes * law.processMs : 0), cores: 1, waitMs: 0 },
    { cpuMs: work, cores: Math.max(1, processes), waitMs: 0 },
  ]
}

function volumeOf(tasks: number, objectsPerTask: number, bytesPerTask: number): Volume {
  if (tasks * objectsPerTask === 0) return NOTHING_MOVED
  return { objects: tasks * objectsPerTask, bytes: tasks * bytesPerTask }
}

function zeros({ tasks }: HandlerCall): readonly Json[] {
  return tasks.map(() => 0)
}
