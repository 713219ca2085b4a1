import { compute } from "./computing.ts"
import { computeInTwoThreads } from "./in-two-threads.ts"
import { request, store } from "./remote.ts"
import { type FunctionSpec, SLICES } from "./spec.ts"

/** Every function of the set: runs what the spec says, the modules taking turns in four slices. */
export async function handler({ id, modules }: FunctionSpec): Promise<number> {
  const { float, cache, storage, network, parallelShare } = modules
  let sum = 0
  for (let slice = 0; slice < SLICES; slice++) {
    const work = {
      flops: (float?.flops ?? 0) / SLICES,
      cacheOperations: (cache?.operations ?? 0) / SLICES,
      cacheBytes: cache?.bytes ?? 0,
    }
    const share = (part: number): typeof work => ({
      ...work,
      flops: work.flops * part,
      cacheOperations: work.cacheOperations * part,
    })
    sum += compute(share(1 - parallelShare))
    if (parallelShare > 0) sum += await computeInTwoThreads(share(parallelShare))
    if (storage !== undefined) sum += await store(`objects/${id}/${slice}`, Math.ceil(storage.bytes / SLICES))
    if (network !== undefined) sum += await request(inSlice(network.requests, slice), network.bytes, network.delayMs)
  }
  return sum
}

/** The share of a slice in a whole number, as even as can be. */
function inSlice(count: number, slice: number): number {
  return Math.floor(((slice + 1) * count) / SLICES) - Math.floor((slice * count) / SLICES)
}
