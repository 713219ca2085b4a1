import { TrimtabError } from "../../base/errors.ts"
import type { OperationCounter, OperationProfile } from "../operation-profile.ts"

/** Order of the counters in every feature row. */
const COUNTERS: readonly OperationCounter[] = [
  "instructions",
  "branches",
  "contextSwitches",
  "memorySnapshots",
  "heapBytes",
  "stackBytes",
  "peakMemoryBytes",
  "bytesSent",
  "bytesReceived",
  "packetsSent",
  "packetsReceived",
  "ioReadBytes",
  "ioWriteBytes",
]

/** Counters that all of the profiles have, in the order of Table 2. */
export function commonCounters(profiles: readonly OperationProfile[]): readonly OperationCounter[] {
  return COUNTERS.filter((counter) => profiles.every((profile) => profile.counters[counter] !== undefined))
}

/** log1p of the counters; one that is missing throws `unsupported`. */
export function counterFeatures(profile: OperationProfile, counters: readonly OperationCounter[]): readonly number[] {
  return counters.map((counter) => {
    const value = profile.counters[counter]
    if (value === undefined)
      throw new TrimtabError("unsupported", `the profile has no ${counter}, which the model was trained with`, {
        fix: "profile the function with the same source",
      })
    return Math.log1p(Math.max(0, value))
  })
}

/**
 * CPU time in place of instructions where the source cannot count them: the portable stand-in of Table 2, still a
 * counter and not a duration.
 */
export function cpuFeatures({ local, counters }: OperationProfile): readonly number[] {
  return counters.instructions === undefined ? [Math.log1p(local.userMs), Math.log1p(local.systemMs)] : []
}

/** Our addition: the local run as logarithms of its times. */
export function localFeatures({ local }: OperationProfile): readonly number[] {
  const wait = Math.max(0, local.wallMs - local.userMs - local.systemMs)
  return [local.wallMs, local.userMs, local.systemMs, wait].map(Math.log1p)
}
