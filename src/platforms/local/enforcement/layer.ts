import type { ChildProcess } from "node:child_process"
import type { StartOptions } from "./start.ts"

/**
 * How the local platform holds the processes of one instance under a CPU quota and a memory limit. Several layers
 * implement it, from the kernel's control groups down to none at all; `detect.ts` tries them and keeps the first
 * that holds what it promises.
 */
export type LayerName = "cgroup-v2" | "cgroup-v1" | "systemd-run" | "signals" | "none"

/** From the most to the least exact. */
export const LAYER_NAMES: readonly LayerName[] = ["cgroup-v2", "cgroup-v1", "systemd-run", "signals", "none"]

/** The scheduler period of every quota. The public data of AWS Lambda show stairs of this step. */
export const PERIOD_MS = 20

/** The least quota the kernel takes. */
const MIN_QUOTA_US = 1000

/** The longest period the kernel takes. */
const MAX_PERIOD_US = 1_000_000

/** Quota and period of a CPU limit, in microseconds. A share too small for one period of 20 ms gets a longer one. */
export function quotaOf(cores: number): { readonly quotaUs: number; readonly periodUs: number } {
  const periodUs = Math.min(MAX_PERIOD_US, Math.max(PERIOD_MS * 1000, Math.ceil(MIN_QUOTA_US / cores)))
  return { quotaUs: Math.max(MIN_QUOTA_US, Math.round(cores * periodUs)), periodUs }
}

export interface GroupSpec {
  /** Unique in the life of the server: a file name. */
  readonly id: string
  readonly memoryMB: number
  /** CPU of the whole group, in cores. */
  readonly cores: number
  /** CPU of each process the root process starts, and of itself, in cores; null where only the group is limited. */
  readonly coresPerProcess: number | null
}

/** Counters since the group was made. */
export interface GroupUsage {
  /** Null where the layer cannot tell: the threads' own counters then serve. */
  readonly cpuMs: number | null
  readonly throttledMs: number
  /** The part of it that the kernel also counts as run delay of the threads. */
  readonly throttledDelayMs: number
}

/** The processes of one instance. */
export interface ProcessGroup {
  /**
   * Starts its root process, once: inside the group from its first instruction, leader of a process group of its own,
   * without input, its output in pipes. `pid` is undefined where the machine refuses; the child then tells the error.
   */
  start(command: readonly string[], options: StartOptions): ChildProcess
  setCores(cores: number): void
  /** An instance that starts gives way to those that run: a cold start must not spoil a measurement. */
  setPriority(priority: "starting" | "running"): void
  /** Gives each new child of the root process its own limit. Cheap; called while an invocation runs. */
  capProcesses(): void
  freeze(): void
  thaw(): void
  /** The root process first. */
  pids(): readonly number[]
  usage(): GroupUsage
  /** Processes killed for memory since the group was made. */
  oomKills(): number
  /** Kills every process, waits for their end and removes the group. */
  destroy(): Promise<void>
}

export interface EnforcementLayer {
  readonly name: LayerName
  createGroup(spec: GroupSpec): ProcessGroup
  /** Where its groups lie, each named `<server id>.<group id>`: there a later server looks for what this one left. */
  readonly places: readonly string[]
  close(): Promise<void>
}

/** A layer, or in one clause why this machine does not offer it. */
export type LayerOpening = { readonly layer: EnforcementLayer } | { readonly unavailable: string }
