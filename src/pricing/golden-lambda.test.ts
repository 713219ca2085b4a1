import { describe, expect, it } from "vitest"
import { awsLambdaPricing, awsPrices } from "./aws-lambda.ts"
import { monthBill } from "./bill.ts"
import type { MonthBill, MonthOptions } from "./bill.ts"
import { billedMs } from "./billed-duration.ts"
import {
  asyncEventRequests,
  invocationMeters,
  provisionedInvocationMeters,
  provisionedMeters,
} from "./lambda-meters.ts"
import type { InvocationUse } from "./lambda-meters.ts"
import { exactUsd, formatPicoUsd, roundToPico } from "./money.ts"
import type { Meters } from "./pricing.ts"

/*
 * Bills that others published (Infracost's golden files, AWS pages, measured reports) and bills worked out by hand,
 * with every digit before the rounding to a pico-dollar and as shown to the cent.
 */

const file = awsPrices()
const month = (meters: Meters, options?: MonthOptions): MonthBill => monthBill(file, meters, options)
const lambda = (use: InvocationUse, options?: MonthOptions): MonthBill => month(invocationMeters(use), options)
const pico = (meters: Meters): Record<string, bigint | null> =>
  Object.fromEntries(
    awsLambdaPricing()
      .bill(meters)
      .lines.map((line) => [line.meter, line.picoUsd]),
  )
const exact = (bill: MonthBill, meter: string): string => {
  const amount = bill.lines.find((line) => line.meter === meter)?.exact
  return amount === null || amount === undefined ? "unknown" : exactUsd(amount)
}
const tiers = (bill: MonthBill, meter: string): string[] =>
  bill.lines.find((line) => line.meter === meter)?.shares.map((share) => exactUsd(share.amount)) ?? []
const shown = (bill: MonthBill): string[] => bill.lines.map((line) => formatPicoUsd(line.picoUsd ?? 0n))
const X86 = "lambda.duration.x86_64"
const ARM = "lambda.duration.arm64"
const REQUESTS = "lambda.requests"
const HOUR_MS = 3_600_000

describe("golden bills of Lambda", () => {
  it.each([
    { name: "G1", memoryMB: 128, duration: "0.0729168125", lines: ["0.02", "0.07"], total: "0.09" },
    { name: "G2", memoryMB: 512, duration: "0.29166725", lines: ["0.02", "0.29"], total: "0.31" },
  ])("$name: 100k x 350 ms x $memoryMB MB", ({ memoryMB, duration, lines, total }) => {
    const bill = lambda({ memoryMB, billedMs: 350, count: 100_000 })
    expect(exact(bill, X86)).toBe(duration)
    expect(exact(bill, REQUESTS)).toBe("0.02")
    expect(shown(bill)).toEqual(lines)
    expect(formatPicoUsd(bill.picoUsd)).toBe(total)
  })

  it.each([
    { memoryMB: 128, duration: "0.058333625", cents: "0.06" },
    { memoryMB: 512, duration: "0.2333345", cents: "0.23" },
  ])("G3: arm64 100k x 350 ms x $memoryMB MB", ({ memoryMB, duration, cents }) => {
    const bill = lambda({ memoryMB, billedMs: 350, count: 100_000, architecture: "arm64" })
    expect(exact(bill, ARM)).toBe(duration)
    expect(shown(bill)).toEqual(["0.02", cents])
  })

  it("G4: two tiers", () => {
    const bill = lambda({ memoryMB: 1024, billedMs: 1024, count: 9e9 })
    expect(tiers(bill, X86)).toEqual(["100000.2", "48240"])
    expect(exact(bill, REQUESTS)).toBe("1800")
    expect(formatPicoUsd(bill.picoUsd)).toBe("150,040.20")
  })

  it("G5: three tiers", () => {
    const bill = lambda({ memoryMB: 2048, billedMs: 2048, count: 15e9 })
    expect(tiers(bill, X86)).toEqual(["100000.2", "135000", "619203.096"])
    expect(exact(bill, REQUESTS)).toBe("3000")
    expect(bill.picoUsd).toBe(857_203_296_000_000_000n)
    expect(formatPicoUsd(bill.picoUsd)).toBe("857,203.30")
  })

  it("G6: arm64, three tiers, the cent half up", () => {
    const bill = lambda({ memoryMB: 2048, billedMs: 2048, count: 18.25e9, architecture: "arm64" })
    expect(tiers(bill, ARM)).toEqual(["100000.5", "135001.125", "597356.5334"])
    const shares = bill.lines.find((line) => line.meter === ARM)?.shares ?? []
    expect(shares.map((share) => formatPicoUsd(roundToPico(share.amount)))).toEqual([
      "100,000.50",
      "135,001.13",
      "597,356.53",
    ])
    expect(exact(bill, REQUESTS)).toBe("3650")
    expect(bill.picoUsd).toBe(836_008_158_400_000_000n)
    expect(formatPicoUsd(bill.picoUsd)).toBe("836,008.16")
  })

  it("G7: the whole file of Infracost, each function on tiers of its own", () => {
    const uses: InvocationUse[] = [
      { memoryMB: 128, billedMs: 350, count: 100_000 },
      { memoryMB: 512, billedMs: 350, count: 100_000 },
      { memoryMB: 128, billedMs: 350, count: 100_000, architecture: "arm64" },
      { memoryMB: 512, billedMs: 350, count: 100_000, architecture: "arm64" },
      { memoryMB: 1024, billedMs: 1024, count: 9e9 },
      { memoryMB: 2048, billedMs: 2048, count: 15e9 },
      { memoryMB: 2048, billedMs: 2048, count: 18.25e9, architecture: "arm64" },
      { memoryMB: 1024, billedMs: 1024, count: 11.25e9, architecture: "arm64" },
      { memoryMB: 512, billedMs: 1024, count: 6e9 },
      { memoryMB: 512, billedMs: 1024, count: 7.5e9, architecture: "arm64" },
    ]
    const total = uses.map((use) => lambda(use).picoUsd).reduce((sum, line) => sum + line, 0n)
    expect(exactUsd({ numerator: total, divisor: 1n })).toBe("2098843.6510521875")
    expect(formatPicoUsd(total)).toBe("2,098,843.65")
  })

  it("G8: provisioned concurrency on arm64", () => {
    const bill = month([
      ...provisionedMeters({ memoryMB: 512, instances: 50, enabledMs: 100 * HOUR_MS, architecture: "arm64" }),
      ...provisionedInvocationMeters({ memoryMB: 512, billedMs: 350, count: 1e7, architecture: "arm64" }),
    ])
    expect(exact(bill, "lambda.provisioned.arm64")).toBe("29.9997")
    expect(exact(bill, "lambda.provisioned.duration.arm64")).toBe("13.61115")
    expect(exact(bill, REQUESTS)).toBe("2")
    expect(shown(bill).toSorted()).toEqual(["13.61", "2.00", "30.00"])
    expect(bill.picoUsd).toBe(45_610_850_000_000n)
    expect(formatPicoUsd(bill.picoUsd)).toBe("45.61")
  })

  it.each([
    { initMs: 1307.68, durationMs: 1058.15, billed: 2366 },
    { initMs: 1293.83, durationMs: 1049.63, billed: 2344 },
    { initMs: 1258.24, durationMs: 1002.25, billed: 2261 },
  ])("G12: init $initMs + duration $durationMs ms", ({ billed, ...times }) => {
    expect(billedMs(times)).toBe(billed)
  })

  it("G12: what the first of them costs at 1,024 MB", () => {
    expect(exact(lambda({ memoryMB: 1024, billedMs: 2366 }), X86)).toBe("0.0000394334122")
  })

  it("G13: each invocation is rounded by itself", () => {
    const meters = [100.01, 100.99, 101].flatMap((durationMs) =>
      invocationMeters({ memoryMB: 512, billedMs: billedMs({ initMs: 0, durationMs }) }),
    )
    expect(pico(meters)).toEqual({ [X86]: 2_525_005n, [REQUESTS]: 600_000n })
    expect(formatPicoUsd(awsLambdaPricing().bill(meters).picoUsd)).toBe("0.00")
  })

  it("G14: a month with the free tier", () => {
    const bill = lambda({ memoryMB: 1536, billedMs: 120, count: 3e6 }, { freeTier: "apply" })
    expect(exact(bill, X86)).toBe("2.333338")
    expect(exact(bill, REQUESTS)).toBe("0.4")
    expect(formatPicoUsd(bill.picoUsd)).toBe("2.73")
  })

  it("G15: ephemeral storage above 512 MB", () => {
    const bill = lambda({ memoryMB: 2048, billedMs: 1000, storageMB: 2048, count: 1e6 })
    expect(exact(bill, X86)).toBe("33.3334")
    expect(exact(bill, "lambda.storage")).toBe("0.04635")
    expect(bill.picoUsd).toBe(33_579_750_000_000n)
    expect(formatPicoUsd(bill.picoUsd)).toBe("33.58")
  })

  it.each([
    { durationMs: 0.1, duration: "0.0020833375" },
    { durationMs: 1.0001, duration: "0.004166675" },
  ])("G16: 1M x $durationMs ms x 128 MB", ({ durationMs, duration }) => {
    const bill = lambda({ memoryMB: 128, billedMs: billedMs({ initMs: 0, durationMs }), count: 1e6 })
    expect(exact(bill, X86)).toBe(duration)
    expect(exact(bill, REQUESTS)).toBe("0.2")
    expect(formatPicoUsd(bill.picoUsd)).toBe("0.20")
  })

  it.each([
    { busy: 0.6, provisioned: "0.036000072", onDemand: "0.036000072" },
    { busy: 0.5, provisioned: "0.03250008", onDemand: "0.03000006" },
    { busy: 0.7, provisioned: "0.039500064", onDemand: "0.042000084" },
  ])("G18: provisioned against on demand at a busy share of $busy", ({ busy, provisioned, onDemand }) => {
    const use: InvocationUse = { memoryMB: 1024, billedMs: busy * HOUR_MS }
    const withoutRequests = (meters: Meters): Meters => meters.filter(({ meter }) => meter !== REQUESTS)
    const ready = month(
      withoutRequests([
        ...provisionedMeters({ memoryMB: 1024, instances: 1, enabledMs: HOUR_MS }),
        ...provisionedInvocationMeters(use),
      ]),
    )
    expect(exactUsd({ numerator: ready.picoUsd, divisor: 1n })).toBe(provisioned)
    expect(exact(month(withoutRequests(invocationMeters(use))), X86)).toBe(onDemand)
  })

  it("G19: provisioned time is rounded up to 5 minutes", () => {
    const bill = month(provisionedMeters({ memoryMB: 1024, instances: 2, enabledMs: 301_000 }))
    expect(exact(bill, "lambda.provisioned.x86_64")).toBe("0.00500004")
    expect(formatPicoUsd(bill.picoUsd)).toBe("0.01")
  })

  it("G20: a quantity that crosses a tier", () => {
    const gbSeconds = (count: bigint): Meters => [{ meter: X86, quantity: count * 1_024_000n }]
    const bill = month(gbSeconds(2n), { used: gbSeconds(5_999_999_999n) })
    expect(tiers(bill, X86)).toEqual(["0.0000166667", "0.000015"])
    expect(bill.picoUsd).toBe(31_666_700n)
    expect(formatPicoUsd(bill.picoUsd)).toBe("0.00")
  })

  it("G21: large asynchronous events are several requests", () => {
    const requests = [256, 257, 320, 321, 1024].map((kB) => asyncEventRequests(kB * 1024))
    expect(requests).toEqual([1, 2, 2, 3, 13])
  })
})
