import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { awsLambdaPricing, awsPrices } from "./aws-lambda.ts"
import { monthBill, sumMeters } from "./bill.ts"
import { billedMs, initIsBilled } from "./billed-duration.ts"
import { invocationMeters } from "./lambda-meters.ts"
import { paperCostUsd } from "./paper-cost.ts"
import { marginalTier } from "./price-line.ts"
import { usdOf } from "./pricing.ts"
import type { Meter } from "./pricing.ts"

const file = awsPrices()
const pricing = awsLambdaPricing()
const meter = fc.record({
  meter: fc.constantFrom(...file.prices.keys(), "nobody.knows"),
  quantity: fc.bigInt({ min: 0n, max: 10n ** 15n }),
})
const meters: fc.Arbitrary<Meter[]> = fc.array(meter, { maxLength: 12 })
const use = fc.record({
  memoryMB: fc.integer({ min: 128, max: 10_240 }),
  billedMs: fc.integer({ min: 1, max: 900_000 }),
  count: fc.integer({ min: 1, max: 1000 }),
})

describe("bill", () => {
  it("adds up its lines", () => {
    fc.assert(
      fc.property(meters, (meters) => {
        for (const bill of [pricing.bill(meters), monthBill(file, meters, { freeTier: "apply" })]) {
          expect(bill.picoUsd).toBe(bill.lines.reduce((sum, line) => sum + (line.picoUsd ?? 0n), 0n))
        }
      }),
    )
  })

  it("does not depend on the order of the meters", () => {
    fc.assert(
      fc.property(meters, fc.array(fc.nat(), { minLength: 12, maxLength: 12 }), (meters, keys) => {
        const shuffled = meters
          .map((meter, i) => ({ meter, key: keys[i] ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ meter }) => meter)
        expect(pricing.bill(shuffled)).toEqual(pricing.bill(meters))
        expect(monthBill(file, shuffled, { freeTier: "apply" })).toEqual(monthBill(file, meters, { freeTier: "apply" }))
      }),
    )
  })

  it("doubles with the quantities, to a pico-dollar a line", () => {
    fc.assert(
      fc.property(meters, (meters) => {
        const once = pricing.bill(meters)
        const twice = pricing.bill([...meters, ...meters])
        twice.lines.forEach((line, i) => {
          const difference = Number((line.picoUsd ?? 0n) - 2n * (once.lines[i]?.picoUsd ?? 0n))
          expect(Math.abs(difference)).toBeLessThanOrEqual(1)
        })
      }),
    )
  })

  it("never gets cheaper with more use", () => {
    fc.assert(
      fc.property(meters, meter, (meters, more) => {
        const less = monthBill(file, meters, { freeTier: "apply" }).picoUsd
        expect(monthBill(file, [...meters, more], { freeTier: "apply" }).picoUsd).toBeGreaterThanOrEqual(less)
      }),
    )
  })

  it("prices a month in two halves as in one, to a pico-dollar a line", () => {
    fc.assert(
      fc.property(meters, meters, (first, second) => {
        const whole = monthBill(file, [...first, ...second])
        const halves = monthBill(file, first).picoUsd + monthBill(file, second, { used: first }).picoUsd
        const difference = Number(whole.picoUsd - halves)
        expect(Math.abs(difference)).toBeLessThanOrEqual(whole.lines.length)
      }),
    )
  })

  it("says that a price is unknown instead of charging nothing", () => {
    const bill = pricing.bill([
      { meter: "lambda.requests", quantity: 5n },
      { meter: "lambda.snapstart.restore", quantity: 7n },
    ])
    expect(bill.complete).toBe(false)
    expect(bill.lines).toContainEqual({ meter: "lambda.snapstart.restore", quantity: 7n, picoUsd: null })
    expect(bill.picoUsd).toBe(1_000_000n)
    expect(monthBill(file, bill.lines).complete).toBe(false)
  })

  it("refuses a negative quantity", () => {
    expect(() => pricing.bill([{ meter: "lambda.requests", quantity: -1n }])).toThrow(RangeError)
  })

  it("prices a run at the tier that the month has reached", () => {
    const used = [{ meter: "lambda.duration.x86_64", quantity: 16_000_000_000n * 1_024_000n }]
    const late = awsLambdaPricing({ used })
    expect(late.usdPerGbSecond).toBe(0.0000133334)
    expect(late.bill([{ meter: "lambda.duration.x86_64", quantity: 1_024_000n }]).picoUsd).toBe(13_333_400n)
  })

  it("shares one free tier between the architectures", () => {
    const gbSeconds = 300_000n * 1_024_000n
    const bill = monthBill(
      file,
      [
        { meter: "lambda.duration.x86_64", quantity: gbSeconds },
        { meter: "lambda.duration.arm64", quantity: gbSeconds },
      ],
      { freeTier: "apply" },
    )
    expect(bill.lines.reduce((sum, line) => sum + line.freeQuantity, 0n)).toBe(400_000n * 1_024_000n)
  })

  it("leaves nothing of a free tier that was used earlier in the month", () => {
    const used = [{ meter: "lambda.requests", quantity: 1_000_000n }]
    const bill = monthBill(file, [{ meter: "lambda.requests", quantity: 10n }], { used, freeTier: "apply" })
    expect(bill.picoUsd).toBe(2_000_000n)
  })
})

describe("the floats for search", () => {
  it("agree with the exact bill to 1e-9", () => {
    fc.assert(
      fc.property(use, fc.constantFrom("x86_64" as const, "arm64" as const), (use, architecture) => {
        const pricing = awsLambdaPricing({ architecture })
        const exact = usdOf(pricing.bill(invocationMeters({ ...use, architecture })).picoUsd)
        const gbSeconds = (use.memoryMB / 1024) * (use.billedMs / 1000) * use.count
        const float = gbSeconds * pricing.usdPerGbSecond + use.count * pricing.usdPerRequest
        // Half a pico-dollar of rounding in each of the two lines besides.
        expect(Math.abs(float - exact)).toBeLessThanOrEqual(1e-9 * exact + 1e-12)
      }),
    )
  })

  it("charge the paper's way: the whole time of the step, for every instance", () => {
    const cost = paperCostUsd({ memoryMB: 1024, instances: 4, latencyMs: 2000 }, pricing)
    expect(cost).toBeCloseTo(4 * (2 * 0.0000166667 + 0.0000002), 15)
  })
})

describe("billed duration", () => {
  it("is not fooled by the noise of floats", () => {
    const noisyMs = 301.00000000000006
    expect(noisyMs).toBeGreaterThan(301)
    expect(billedMs({ initMs: 0, durationMs: noisyMs })).toBe(301)
    expect(billedMs({ initMs: 0, durationMs: 301.0001 })).toBe(302)
  })

  it("lies between the sum and one more", () => {
    const cents = fc.integer({ min: 0, max: 1_000_000 })
    fc.assert(
      fc.property(cents, cents, (init, duration) => {
        expect(billedMs({ initMs: init / 100, durationMs: duration / 100 })).toBe(Math.ceil((init + duration) / 100))
      }),
    )
  })

  it("has init in it since August 2025, and always had for images", () => {
    expect(initIsBilled({ date: "2025-07-31", packageType: "zip" })).toBe(false)
    expect(initIsBilled({ date: "2025-08-01", packageType: "zip" })).toBe(true)
    expect(initIsBilled({ date: "2024-01-01", packageType: "image" })).toBe(true)
  })
})

describe("meters", () => {
  it("are summed by name", () => {
    const one = { meter: "a", quantity: 1n }
    expect(sumMeters([one, { meter: "b", quantity: 2n }], [one])).toEqual([
      { meter: "a", quantity: 2n },
      { meter: "b", quantity: 2n },
    ])
  })

  it("know the tier of the next unit", () => {
    const price = file.prices.get("stepfunctions.express.duration")
    if (price === undefined) throw new Error("no price")
    expect(marginalTier(price, 3_600_000n * 1_024_000n - 1n).picoUsd).toBe(16_670_000n)
    expect(marginalTier(price, 3_600_000n * 1_024_000n).picoUsd).toBe(8_330_000n)
  })
})
