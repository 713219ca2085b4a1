import { describe, expect, it } from "vitest"
import { awsLambdaPricing, awsPrices } from "./aws-lambda.ts"
import { monthBill } from "./bill.ts"
import type { MonthBill, MonthOptions } from "./bill.ts"
import { billedMs } from "./billed-duration.ts"
import { invocationMeters } from "./lambda-meters.ts"
import { exactUsd, formatPicoUsd } from "./money.ts"
import type { Bill, Meters } from "./pricing.ts"
import { expressMeters, logMeters, s3ExpressMeters, s3Meters, standardTransitionMeters } from "./service-meters.ts"

const file = awsPrices()
const month = (meters: Meters, options?: MonthOptions): MonthBill => monthBill(file, meters, options)
const run = (meters: Meters): Bill => awsLambdaPricing().bill(meters)
/** Of all lines before rounding. */
const exactTotal = (bill: MonthBill): string[] =>
  bill.lines.map((line) => (line.exact === null ? "unknown" : exactUsd(line.exact)))
const linesOf = (bill: Bill): Record<string, bigint | null> =>
  Object.fromEntries(bill.lines.map((line) => [line.meter, line.picoUsd]))

describe("golden bills of Step Functions", () => {
  it("G9: Standard transitions, without and with the free ones", () => {
    const meters = standardTransitionMeters(10_000)
    expect(exactTotal(month(meters))).toEqual(["0.25"])
    expect(formatPicoUsd(month(meters).picoUsd)).toBe("0.25")
    expect(exactTotal(month(meters, { freeTier: "apply" }))).toEqual(["0.15"])
    expect(formatPicoUsd(month(meters, { freeTier: "apply" }).picoUsd)).toBe("0.15")
  })

  it.each([
    { executions: 1e5, durationMs: 123, memoryMB: 0, exact: "0.1208375", shown: "0.12" },
    { executions: 1e7, durationMs: 800, memoryMB: 512, exact: "73.344", shown: "73.34" },
    { executions: 1e8, durationMs: 801, memoryMB: 1200, exact: "685.234", shown: "685.23" },
  ])("G10: Express $executions x $durationMs ms x $memoryMB MB", ({ exact, shown, ...use }) => {
    const bill = month(expressMeters(use))
    expect(exactUsd({ numerator: bill.picoUsd, divisor: 1n })).toBe(exact)
    expect(formatPicoUsd(bill.picoUsd)).toBe(shown)
  })

  it("G10: the metered memory and time are whole chunks", () => {
    const duration = (memoryMB: number, durationMs: number): bigint | undefined =>
      expressMeters({ executions: 1, durationMs, memoryMB }).at(1)?.quantity
    expect(duration(0, 123)).toBe(64n * 200n)
    expect(duration(512, 800)).toBe(512n * 800n)
    expect(duration(1200, 801)).toBe(1216n * 900n)
  })

  it("G11: Express through three tiers", () => {
    const bill = month(expressMeters({ executions: 1e8, durationMs: 10_000, memoryMB: 62.85 }))
    const duration = bill.lines.find((line) => line.meter === "stepfunctions.express.duration")
    expect(duration?.shares.map((share) => exactUsd(share.amount))).toEqual(["60.012", "119.952", "202.92"])
    expect(bill.picoUsd).toBe(482_884_000_000_000n)
    expect(formatPicoUsd(bill.picoUsd)).toBe("482.88")
  })

  it("G26: ten transitions against one Express execution", () => {
    const standard = run(standardTransitionMeters(10)).picoUsd
    const express = run(expressMeters({ executions: 1, durationMs: 1000, memoryMB: 64 })).picoUsd
    expect(exactUsd({ numerator: standard, divisor: 1n })).toBe("0.00025")
    expect(exactUsd({ numerator: express, divisor: 1n })).toBe("0.000002041875")
    expect((Number(standard) / Number(express)).toFixed(1)).toBe("122.4")
    expect(formatPicoUsd(1_000_000n * standard)).toBe("250.00")
    expect(formatPicoUsd(1_000_000n * express)).toBe("2.04")
  })
})

describe("golden bills of stores and logs", () => {
  it("G17: S3 Express One Zone", () => {
    const bill = month(
      s3ExpressMeters({
        storedGBMonths: 10,
        puts: 1e6,
        gets: 9e6,
        uploadBytes: 1e6 * 10 * 1024,
        downloadBytes: 9e6 * 10 * 1024,
      }),
    )
    expect(exactTotal(bill).toSorted()).toEqual(
      ["1.1", "1.13", "0.27", "0.030517578125", "0.0514984130859375"].toSorted(),
    )
    expect(formatPicoUsd(bill.picoUsd)).toBe("2.58")
  })

  it("G27: logs and S3 Standard", () => {
    const logs = month(logMeters({ ingestedBytes: 1000 * 1024 ** 3, keptGBMonths: 500 }))
    expect(exactTotal(logs)).toEqual(["500", "15"])
    expect(formatPicoUsd(logs.picoUsd)).toBe("515.00")
    expect(exactTotal(month(s3Meters({ puts: 10_000 })))).toEqual(["0.05"])
    expect(formatPicoUsd(month(s3Meters({ puts: 10_000 })).picoUsd)).toBe("0.05")
    expect(exactTotal(month(s3Meters({ gets: 10_000 })))).toEqual(["0.004"])
    expect(formatPicoUsd(month(s3Meters({ gets: 10_000 })).picoUsd)).toBe("0.00")
  })
})

describe("golden bills of runs", () => {
  /** One step, forty instances of the next, one of the last. */
  const steps = [
    ...invocationMeters({ memoryMB: 1024, billedMs: 800 }),
    ...invocationMeters({ memoryMB: 2048, billedMs: 1500, count: 40 }),
    ...invocationMeters({ memoryMB: 3008, billedMs: 2250 }),
    ...s3Meters({ puts: 41, gets: 81 }),
  ]

  it("G22: a step of sixteen instances costs the same with any number of processes", () => {
    const bill = run(invocationMeters({ memoryMB: 1769, billedMs: 1234, count: 16 }))
    expect(bill.lines.find((line) => line.meter === "lambda.duration.x86_64")?.quantity).toBe(34_927_136n)
    expect(linesOf(bill)).toEqual({ "lambda.duration.x86_64": 568_476_658n, "lambda.requests": 3_200_000n })
    expect(formatPicoUsd(bill.picoUsd)).toBe("0.00")
  })

  it("G23: three steps and their store", () => {
    const bill = run(steps)
    expect(linesOf(bill)).toEqual({
      "lambda.duration.x86_64": 2_123_493_830n,
      "lambda.requests": 8_400_000n,
      "s3.standard.put": 205_000_000n,
      "s3.standard.get": 32_400_000n,
    })
    expect(bill.picoUsd).toBe(2_369_293_830n)
    expect(formatPicoUsd(bill.picoUsd)).toBe("0.00")
    expect(formatPicoUsd(1000n * bill.picoUsd)).toBe("2.37")
  })

  it("G24: the same under Step Functions Standard", () => {
    const bill = run([...steps, ...standardTransitionMeters(44)])
    expect(linesOf(bill)["stepfunctions.standard.transitions"]).toBe(1_100_000_000n)
    expect(bill.picoUsd).toBe(3_469_293_830n)
    expect(((100 * 1_100_000_000) / Number(bill.picoUsd)).toFixed(1)).toBe("31.7")
    expect(formatPicoUsd(1000n * bill.picoUsd)).toBe("3.47")
  })

  it("G25: twenty prewarms", () => {
    const billed = billedMs({ initMs: 388.4, durationMs: 1.75 })
    const bill = run(invocationMeters({ memoryMB: 1024, billedMs: billed, count: 20 }))
    expect(billed).toBe(391)
    expect(linesOf(bill)).toEqual({ "lambda.duration.x86_64": 130_333_594n, "lambda.requests": 4_000_000n })
    expect(formatPicoUsd(1000n * bill.picoUsd)).toBe("0.13")
  })
})
