/**
 * The basic-operation profile of a function (ConfigNavigator, Table 2): what one local run at full CPU did. It tells
 * how the function would run at any size before it has run there.
 */

/**
 * Where the counters come from: `portable` ones any instance can read about itself; `extended` ones need perf or
 * valgrind on the profiling machine. Profiles of different sources are never mixed in one model.
 */
export type OperationSource = "portable" | "extended"

/** Counters of Table 2. What a source cannot count is absent from its set, never zero. */
export type OperationCounter =
  | "instructions"
  | "branches"
  | "contextSwitches"
  | "memorySnapshots"
  | "heapBytes"
  | "stackBytes"
  | "peakMemoryBytes"
  | "bytesSent"
  | "bytesReceived"
  | "packetsSent"
  | "packetsReceived"
  | "ioReadBytes"
  | "ioWriteBytes"

export interface OperationProfile {
  readonly source: OperationSource
  /** One timed warm run at full CPU, ms. Not in the paper: ours. */
  readonly local: {
    readonly wallMs: number
    readonly userMs: number
    readonly systemMs: number
    /** Cores that the run had; those of the model's platform where absent. */
    readonly cores?: number
  }
  readonly counters: Readonly<Partial<Record<OperationCounter, number>>>
  /** As the workflow declares the code; `multi` where absent. */
  readonly threads?: "single" | "multi"
}

/** Sizes of memory: they do not grow with the work. */
const SIZES: readonly OperationCounter[] = ["heapBytes", "stackBytes", "peakMemoryBytes"]

/** The profile of a run that does so many times the work: times and counts go with it, sizes of memory do not. */
export function withWork(profile: OperationProfile, work: number): OperationProfile {
  if (work === 1) return profile
  const { wallMs, userMs, systemMs } = profile.local
  const counters = Object.entries(profile.counters).map(([name, value]) => [
    name,
    // The names are those of the counters.
    SIZES.includes(name as OperationCounter) ? value : value * work,
  ])
  return {
    ...profile,
    local: { ...profile.local, wallMs: wallMs * work, userMs: userMs * work, systemMs: systemMs * work },
    counters: Object.fromEntries(counters) as OperationProfile["counters"],
  }
}
