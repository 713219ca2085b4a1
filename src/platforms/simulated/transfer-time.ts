import type { Distribution } from "../../statistics/distribution.ts"
import type { Chance } from "./chance.ts"
import type { Volume } from "./function-behaviour.ts"
import type { StoreParameters } from "./parameters.ts"
import { draw } from "./quantile-sampler.ts"

/**
 * Time to move objects between an instance and the store, ms: rounds of first bytes, `parallel` at a time, then the bytes
 * at the bandwidth of the instance, times a factor with a long tail. Nothing to move takes nothing. A measured time goes
 * before all that.
 */
export function transferTimeMs(
  volume: Volume,
  store: StoreParameters,
  by: { readonly bandwidthMBps: number; readonly measured: Distribution | undefined },
  chance: Chance,
): number {
  const [first, rest] = [chance.next(), chance.next()]
  if (by.measured !== undefined) return draw(by.measured, first)
  if (volume.objects <= 0) return 0
  const rounds = Math.ceil(volume.objects / store.parallel)
  const bytesMs = volume.bytes / 1e6 / (by.bandwidthMBps / 1000)
  return rounds * draw(store.firstByte, first) + bytesMs * draw(store.spread, rest)
}
