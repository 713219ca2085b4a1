import type { Random } from "../../../src/base/random.ts"

/**
 * A function composed of basic operations (ConfigNavigator 3.1, decomposition-recomposition): what each of its modules
 * does in all four slices together. An absent module does nothing.
 */
export interface FunctionSpec {
  readonly id: string
  readonly modules: FunctionModules
}

export interface FunctionModules {
  readonly float?: { readonly flops: number }
  readonly cache?: { readonly operations: number; readonly bytes: number }
  /** Written to remote storage and read back. */
  readonly storage?: { readonly bytes: number }
  /** Requests for bodies of `bytes`, each answered after `delayMs` at the median. */
  readonly network?: { readonly requests: number; readonly bytes: number; readonly delayMs: number }
  /** Share of floating point and cache work that two threads divide; 0 for code with one thread. */
  readonly parallelShare: number
}

/** Slices in which the modules take turns. */
export const SLICES = 4

/** Size of the set of the paper. */
export const FUNCTION_COUNT = 400

const MODULE_PROBABILITY = 0.5
const PARALLEL_PROBABILITY = 0.2

const KB = 1024
const MB = 1024 * KB

type Size = "flops" | "cacheOperations" | "cacheBytes" | "storageBytes" | "requests" | "requestBytes" | "delayMs"

/** Smallest and largest of each size, log-uniform in between. */
export const RANGES: Readonly<Record<Size, readonly [number, number]>> = {
  flops: [1e7, 8e8],
  cacheOperations: [1e5, 6e6],
  cacheBytes: [64 * KB, 32 * MB],
  storageBytes: [256 * KB, 8 * MB],
  requests: [1, 40],
  requestBytes: [KB / 2, 2 * MB],
  delayMs: [1, 8],
}

/** The set: each function a random non-empty subset of the modules. Deterministic in `random`. */
export function functionSet(random: Random, count: number = FUNCTION_COUNT): readonly FunctionSpec[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `f${String(index).padStart(3, "0")}`,
    modules: modulesOf(random),
  }))
}

function modulesOf(random: Random): FunctionModules {
  for (;;) {
    const [float, cache, storage, network] = [0, 1, 2, 3].map(() => random.next() < MODULE_PROBABILITY)
    const size = (name: Size): number => Math.round(logUniform(random, RANGES[name]))
    // All are drawn whether used or not: what one function is does not move the sizes of the next.
    const flops = size("flops")
    const inCache = { operations: size("cacheOperations"), bytes: size("cacheBytes") }
    const stored = { bytes: size("storageBytes") }
    const requested = { requests: size("requests"), bytes: size("requestBytes"), delayMs: size("delayMs") }
    const isParallel = random.next() < PARALLEL_PROBABILITY
    const share = Math.round(100 * (0.3 + 0.6 * random.next())) / 100
    if (!float && !cache && !storage && !network) continue
    return {
      ...(float && { float: { flops } }),
      ...(cache && { cache: inCache }),
      ...(storage && { storage: stored }),
      ...(network && { network: requested }),
      parallelShare: isParallel && (float || cache) ? share : 0,
    }
  }
}

function logUniform(random: Random, [least, most]: readonly [number, number]): number {
  return least * (most / least) ** random.next()
}
