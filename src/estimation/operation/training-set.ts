import { TrimtabError } from "../../base/errors.ts"
import { type Random, seededRandom } from "../../base/random.ts"
import type { OperationProfile, OperationSource } from "../operation-profile.ts"

/** What the law of a platform needs to know of it. */
export interface OperationPlatform {
  /** Scheduler period of the quota, ms. */
  readonly periodMs: number
  /** Memory that is granted one vCPU, MB. */
  readonly mbPerVcpu: number
  /** Cores of one vCPU: below 1 where big sizes must fit a small machine. */
  readonly vcpuScale: number
  /** Cores of the machine; no quota grants more. The local runs had them too. */
  readonly cores: number
}

/** Warm invocations of one function at one memory size. */
export interface MeasuredCell {
  readonly memoryMB: number
  /** Durations in ms as billed before rounding, at least one, all positive. */
  readonly warmMs: readonly number[]
}

/** A function with its profile and what it took on the platform. */
export interface MeasuredFunction {
  readonly id: string
  readonly operations: OperationProfile
  readonly cells: readonly MeasuredCell[]
}

export interface TrainingSet {
  readonly platform: OperationPlatform
  readonly functions: readonly MeasuredFunction[]
}

/**
 * The quota of a memory size in cores of the machine. Where a vCPU is less than a core, a process of single-thread code
 * is held to one vCPU: its thread could use more.
 */
export function quotaCores(
  { cores, mbPerVcpu, vcpuScale }: OperationPlatform,
  memoryMB: number,
  threads: OperationProfile["threads"] = "multi",
): number {
  const most = threads === "single" && vcpuScale < 1 ? vcpuScale : cores
  return Math.min(most, (memoryMB / mbPerVcpu) * vcpuScale)
}

/** The kernel refuses quotas below this, ms of CPU time a period: small shares get longer periods. */
const LEAST_QUOTA_MS = 1

/** Scheduler period of a quota, ms. */
export function periodAt({ periodMs }: OperationPlatform, quotaCores: number): number {
  return Math.max(periodMs, LEAST_QUOTA_MS / quotaCores)
}

/**
 * The one source of all profiles. Counters of different sources count different things: valgrind's instructions are
 * not perf's, and neither is CPU time. Throws `unsupported` for a mixed set and `no-profile` for an empty one.
 */
export function sourceOf(functions: readonly MeasuredFunction[]): OperationSource {
  const first = functions[0]
  if (first === undefined)
    throw new TrimtabError("no-profile", "a model of operations needs at least one measured function")
  for (const { id, operations } of functions) assertSource(operations, first.operations.source, id)
  return first.operations.source
}

/** Throws `unsupported` unless the profile comes from the wanted source. */
export function assertSource(profile: OperationProfile, wanted: OperationSource, name: string): void {
  if (profile.source === wanted) return
  throw new TrimtabError(
    "unsupported",
    `the profile of ${name} has ${profile.source} counters, the model was made from ${wanted} ones; they are never mixed`,
    { fix: `profile the function with the ${wanted} source` },
  )
}

/** Without times that are no times, without cells that are empty then, and without functions that have no cell left. */
export function usableFunctions(functions: readonly MeasuredFunction[]): readonly MeasuredFunction[] {
  return functions
    .map((one) => ({
      ...one,
      cells: one.cells
        .map((cell) => ({ ...cell, warmMs: cell.warmMs.filter((ms) => ms > 0 && Number.isFinite(ms)) }))
        .filter((cell) => cell.warmMs.length > 0 && cell.memoryMB > 0),
    }))
    .filter((one) => one.cells.length > 0)
}

/** Throws unless the profile's local run can be used: positive wall time, CPU times that are not negative. */
export function assertLocalRun({ local }: OperationProfile, name: string): void {
  const usable =
    Number.isFinite(local.wallMs) &&
    local.wallMs > 0 &&
    local.userMs >= 0 &&
    local.systemMs >= 0 &&
    Number.isFinite(local.userMs + local.systemMs)
  if (usable) return
  throw new TrimtabError("profile-corrupt", `the local run of ${name} has no usable times`, {
    fix: "run it again, warm and at full CPU",
  })
}

export interface Split<F> {
  readonly train: readonly F[]
  readonly test: readonly F[]
}

/** Splits by function: all cells of a function are on one side. The same seed gives the same split. */
export function splitByFunction<F extends { readonly id: string }>(
  functions: readonly F[],
  options: { readonly testShare: number; readonly seed: number },
): Split<F> {
  const order = shuffled(functions, seededRandom(options.seed))
  const count = Math.round(order.length * options.testShare)
  const split = { train: order.slice(count), test: order.slice(0, count) }
  assertDisjoint(split)
  return split
}

/** Folds for cross-validation by function. */
export function foldsByFunction<F extends { readonly id: string }>(
  functions: readonly F[],
  options: { readonly folds: number; readonly seed: number },
): readonly Split<F>[] {
  const order = shuffled(functions, seededRandom(options.seed))
  return Array.from({ length: Math.min(options.folds, order.length) }, (_, fold) => ({
    train: order.filter((_unused, i) => i % options.folds !== fold),
    test: order.filter((_unused, i) => i % options.folds === fold),
  }))
}

/** Throws if a function is on both sides: what is tested would have been seen. */
export function assertDisjoint<F extends { readonly id: string }>({ train, test }: Split<F>): void {
  const seen = new Set(train.map((one) => one.id))
  const shared = test.filter((one) => seen.has(one.id)).map((one) => one.id)
  if (shared.length > 0) throw new Error(`functions on both sides of the split: ${shared.slice(0, 5).join(", ")}`)
}

function shuffled<T>(values: readonly T[], random: Random): T[] {
  const out = [...values]
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1))
    const swap = out[i]!
    out[i] = out[j]!
    out[j] = swap
  }
  return out
}
