import { seededRandom } from "../../src/base/random.ts"
import { normalQuantile } from "../../src/statistics/normal.ts"
import type { DelaySet } from "./delay-sets.ts"

/**
 * A store whose law is known: a latency for each object and a bandwidth that grows with memory to 1,769 MB, lognormal
 * noise of 0.35, and one transfer in fifty three times as long.
 */
export function syntheticStore(): DelaySet {
  const random = seededRandom(2)
  const pick = (values: readonly number[]): number => values[Math.floor(random.next() * values.length)]!
  const rows = Array.from({ length: 4_000 }, () => {
    const memoryMB = pick([256, 512, 1024, 1769, 3008])
    const objects = pick([1, 2, 4, 8, 16])
    const bytes = Math.round(Math.exp(10 + 8 * random.next()))
    const share = Math.min(1, memoryMB / 1769)
    const slow = random.next() < 0.02 ? 3 : 1
    const noise = Math.exp(0.35 * normalQuantile(0.0005 + 0.999 * random.next()))
    const ms = (15 + 12 * objects + (bytes / 1e6) * (12 / share)) * noise * slow
    return { kind: "transfer", memoryMB, objects, bytes, ms } as const
  })
  return { name: "a store whose law is known (synthetic)", rows }
}
