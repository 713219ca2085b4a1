import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { BUCKET_MS, TokenBucket } from "./token-bucket.ts"

describe("the token bucket", () => {
  it("never holds more than its size, and owes what was used too much", () => {
    const bucket = new TokenBucket(0.5)
    bucket.account(10_000, 0)
    expect(bucket.drainMs(1)).toBe(0.5 * BUCKET_MS)
    bucket.account(10, 100)
    expect(bucket.isEmpty).toBe(true)
    // 75 ms are owed and half a bucket is wanted: 150 + 20 ms at half a core.
    expect(bucket.refillMs).toBeCloseTo(150 + 20)
    bucket.forgive()
    expect(bucket.refillMs).toBeCloseTo(20)
  })

  it("gives, over a long time, the rate of its quota whatever the ticks", () => {
    const ticks = fc.array(fc.double({ min: 2, max: 40, noNaN: true }), { minLength: 200, maxLength: 200 })
    fc.assert(
      fc.property(ticks, fc.double({ min: 0.05, max: 0.95, noNaN: true }), (lengths, cores) => {
        const bucket = new TokenBucket(cores)
        let [elapsedMs, usedMs] = [0, 0]
        for (const ms of lengths) {
          const used = bucket.isEmpty ? 0 : ms
          bucket.account(ms, used)
          elapsedMs += ms
          usedMs += used
        }
        expect(Math.abs(usedMs - cores * elapsedMs)).toBeLessThan(BUCKET_MS * 2)
      }),
    )
  })
})
