import type { Chance } from "./chance.ts"
import type { Volume } from "./function-behaviour.ts"
import type { StoreParameters } from "./parameters.ts"
import { draw } from "./quantile-sampler.ts"

/**
 * Time to move objects between an instance and the store, ms: rounds of first bytes, `parallel` at a time, then the bytes
 * at the bandwidth of the instance, times a factor with a long tail. Nothing to move takes nothing.
 */
export function transferTimeMs(volume: Volume, store: StoreParameters, bandwidthMBps: number, chance: Chance): number {
  if (volume.objects <= 0) return 0
  const rounds = Math.ceil(volume.objects / store.parallel)
  const firstByteMs = draw(store.firstByte, chance.next())
  const bytesMs = volume.bytes / 1e6 / (bandwidthMBps / 1000)
  return rounds * firstByteMs + bytesMs * draw(store.spread, chance.next())
}
