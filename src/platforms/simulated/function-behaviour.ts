import type { Json } from "../../base/json.ts"
import type { Burst } from "../../estimation/operation/quota-simulation.ts"
import type { Distribution } from "../../statistics/distribution.ts"
import type { TaskError } from "../../protocol/envelope.ts"
import type { PackageKind } from "./parameters.ts"

/** What a simulated function is: how it starts, what it asks of its instance, and what it answers. */
export interface FunctionBehaviour {
  /** A runtime of the platform's parameters (`nodejs`, `python`, ...). */
  readonly runtime: string
  readonly packageKind: PackageKind
  readonly packageMB: number
  /** What its own initialisation adds, ms on one vCPU. */
  readonly initWorkMs: number
  /** One invocation of the handler. Pure: the same call gives the same answer. */
  handle(call: HandlerCall): Handled
  /** How its starts were measured, in place of the platform's parameters. */
  startLaw?(at: StartPoint): StartLaw
  /** Why its initialisation fails, if it does. */
  failsInit?(environment: Readonly<Record<string, string>>): FunctionError | null
}

/** Where a start is asked about. */
export interface StartPoint {
  readonly functionName: string
  readonly memoryMB: number
  readonly processes: number
  readonly key: string
  /** Instances of its step. */
  readonly count: number
}

/** Delays of the last of so many instances, ms. */
export interface StartLaw {
  readonly warm: Distribution
  readonly cold: Distribution
  /** Of the cold delay, what is init and billed, ms. */
  readonly initMs: number
}

export interface FunctionError {
  readonly errorType: string
  readonly message: string
}

/** What an invocation asks of the handler. */
export interface HandlerCall {
  readonly functionName: string
  readonly memoryMB: number
  /** vCPUs of that size, u. */
  readonly vcpus: number
  readonly processes: number
  readonly tasks: readonly Json[]
  /** The export that is called: `handler`, or that of a split or merge. */
  readonly export: string
  /** A split only hands files on; everything else loads them. */
  readonly files: "download" | "leave"
  /** Idempotency key: it names run, step and part. */
  readonly key: string
  readonly part: readonly [index: number, count: number]
  /** First invocation of its instance. */
  readonly cold: boolean
  /** Name of the instance, and its invocations so far, this one included. */
  readonly instance: string
  readonly calls: number
  /** The whole payload where it is no envelope of ours. */
  readonly payload: unknown
}

/** What an invocation takes and answers. */
export interface Handled extends Work {
  /** One per task; null where the task failed. */
  readonly results: readonly Json[]
  readonly errors: readonly TaskError[]
  /** The handler itself throws. */
  readonly thrown?: FunctionError
  /** The answer to a payload that is no envelope of ours. */
  readonly payload?: unknown
}

/** What an invocation asks of its instance. */
export interface Work {
  /** Median of compute on a warm instance by the smooth law, ms. */
  readonly computeMs: number
  /** The same as CPU time and waits, where it is short enough for the periods of the scheduler to matter. */
  readonly bursts?: readonly Burst[]
  /** What the first call of an instance takes longer, ms. */
  readonly coldExtraMs: number
  readonly download: Volume
  readonly upload: Volume
  /** Times of the transfers in place of what the platform makes of their volumes, ms. */
  readonly downloadMs?: Distribution
  readonly uploadMs?: Distribution
  /** Peak resident memory of the instance, MB. */
  readonly peakMB: number
  /** Peak of one of its processes, MB. */
  readonly peakProcessMB: number
  /** Factor on compute in place of the platform's noise, median 1; the platform's where absent. */
  readonly spread?: Distribution
}

export interface Volume {
  readonly objects: number
  readonly bytes: number
}

export const NOTHING_MOVED: Volume = { objects: 0, bytes: 0 }
