import { readFileSync } from "node:fs"
import { join } from "node:path"

/** Where rows come from, beside them in their file. */
export interface Origin {
  readonly repository: string
  readonly commit: string
  readonly path: string
  readonly licence: string
  readonly kept: string
}

export interface InitData {
  readonly origin: Origin
  readonly dates: readonly string[]
  /** By date, ms. */
  readonly sets: readonly { readonly runtime: string; readonly package: "zip" | "image"; readonly ms: number[][] }[]
}

export interface Burst {
  readonly experiment: string
  readonly concurrency: number
  /** When each request was sent, ms after the first. */
  readonly sentMs: readonly number[]
  /** How long after that its function began, ms. */
  readonly delayMs: readonly number[]
}

export interface StartData {
  readonly origin: Origin
  readonly bursts: readonly Burst[]
}

export interface IdleData {
  readonly origin: Origin
  /** Seconds since the call before, and 1 where the instance was warm. */
  readonly calls: readonly (readonly [idleS: number, warm: number])[]
}

export interface CpuData {
  readonly origin: Origin
  /** MB, then P10, P50, P90, P99 of all batches, of the even and of the odd ones, ms. */
  readonly sizes: readonly (readonly number[])[]
}

const FOLDER = join(import.meta.dirname, "..", "data")

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(FOLDER, name), "utf8"))
}

// Written once from the public data that each file names.
export const initData = (): InitData => read("init.json") as InitData
export const startData = (): StartData => read("starts.json") as StartData
export const idleData = (): IdleData => read("idle.json") as IdleData
export const cpuData = (): CpuData => read("cpu.json") as CpuData

/** Rows that no fit sees: every third date, every third size, every third call, bursts of 100. */
export const HELD_OUT = {
  date: (index: number): boolean => index % 3 === 2,
  size: (index: number): boolean => index % 3 === 2,
  call: (index: number): boolean => index % 3 === 2,
  burst: (burst: Burst): boolean => burst.concurrency === 100,
} as const
