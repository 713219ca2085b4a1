import { describe, expect, it } from "vitest"
import { awsLambdaPricing, awsPrices } from "./aws-lambda.ts"
import data from "./data/aws-us-east-1.json" with { type: "json" }
import { formatPicoUsd } from "./money.ts"
import { parsePriceFile } from "./parse-price-file.ts"

type Change = (prices: { [meter: string]: Record<string, unknown> }) => void

/** The message that a damaged copy of the built-in file gets. */
function refusal(change: Change): string {
  const copy = structuredClone(data)
  change(copy.prices)
  try {
    parsePriceFile(copy, "mine.json")
  } catch (error) {
    return String(error)
  }
  return "accepted"
}

describe("price file", () => {
  it("has a source, a date and whole pico-dollars for every price", () => {
    const file = awsPrices()
    expect(file.prices.size).toBeGreaterThan(15)
    for (const price of file.prices.values()) {
      expect(file.sources).toHaveProperty(price.source)
      expect(price.date <= file.date).toBe(true)
    }
    expect(file.prices.get("lambda.provisioned.x86_64")?.mark).toBe("derived")
  })

  it.each([
    { path: "divisor", change: { divisor: "0" }, says: "prices.lambda.requests.divisor must be at least 1" },
    { path: "a float", change: { tiers: [{ picoUsd: 0.2 }] }, says: "tiers[0].picoUsd must be a whole number" },
    { path: "no tier", change: { tiers: [] }, says: "must have at least one tier" },
    { path: "an end", change: { tiers: [{ picoUsd: "1", upTo: "5" }] }, says: "the last must have none" },
    { path: "source", change: { source: "hearsay" }, says: "names no source of the file: hearsay" },
    { path: "date", change: { date: "yesterday" }, says: "date must be a date" },
    { path: "mark", change: { mark: "sure" }, says: "must be one of derived, unconfirmed, disputed" },
  ])("is refused with the place of the mistake: $path", ({ change, says }) => {
    const message = refusal((prices) => {
      prices["lambda.requests"] = { ...prices["lambda.requests"], ...change }
    })
    expect(message).toContain("mine.json")
    expect(message).toContain(says)
  })

  it("refuses tiers that do not grow", () => {
    const message = refusal((prices) => {
      const tiers = [{ picoUsd: "3", upTo: "9" }, { picoUsd: "2", upTo: "9" }, { picoUsd: "1" }]
      prices["lambda.requests"] = { ...prices["lambda.requests"], tiers }
    })
    expect(message).toContain("must grow")
  })

  it("refuses what is not a price file at all", () => {
    expect(() => parsePriceFile([], "x.json")).toThrow("the file must be an object")
    expect(() => parsePriceFile({ schemaVersion: 2 }, "x.json")).toThrow("schemaVersion must be 1")
  })

  it("can be the user's own", () => {
    const own = parsePriceFile({ ...data, name: "mine" }, "mine.json")
    expect(awsLambdaPricing({ file: own }).name).toBe("mine")
  })

  it("does not exist for every region", () => {
    expect(() => awsLambdaPricing({ region: "mars-north-1" })).toThrow("no price file for the AWS region mars-north-1")
    expect(() => awsPrices("constructor")).toThrow("no price file")
  })
})

describe("cents", () => {
  it("are rounded half up when shown", () => {
    expect(formatPicoUsd(4_999_999_999n)).toBe("0.00")
    expect(formatPicoUsd(5_000_000_000n)).toBe("0.01")
    expect(formatPicoUsd(135_001_125_000_000_000n)).toBe("135,001.13")
    expect(formatPicoUsd(-15_000_000_000n)).toBe("-0.02")
  })
})
