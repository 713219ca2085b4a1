import { TrimtabError } from "../base/errors.ts"
import { runBill } from "./bill.ts"
import usEast1 from "./data/aws-us-east-1.json" with { type: "json" }
import { durationMeter } from "./lambda-meters.ts"
import type { Architecture } from "./lambda-meters.ts"
import { parsePriceFile } from "./parse-price-file.ts"
import type { Price, PriceFile } from "./price-file.ts"
import { marginalTier } from "./price-line.ts"
import { PICO } from "./pricing.ts"
import type { Meters, Pricing } from "./pricing.ts"

/** The built-in price files, by region. */
const FILES: Readonly<Record<string, unknown>> = { "us-east-1": usEast1 }

export interface AwsLambdaPricingOptions {
  /** Which duration price the floats follow. Default `x86_64`. */
  readonly architecture?: Architecture
  /** Default `us-east-1`, the only region with a price file so far. */
  readonly region?: string
  /** Prices of the user's own instead of the built-in ones (`parsePriceFile`). */
  readonly file?: PriceFile
  /** Used this month already: a run is priced at the tier that it reaches. Default nothing: the first tier. */
  readonly used?: Meters
}

/** The built-in prices of AWS in a region. @throws TrimtabError `unsupported` for a region without a price file. */
export function awsPrices(region = "us-east-1"): PriceFile {
  const data = Object.hasOwn(FILES, region) ? FILES[region] : undefined
  if (data === undefined) {
    throw new TrimtabError("unsupported", `there is no price file for the AWS region ${region}`, {
      fix: `use one of ${Object.keys(FILES).join(", ")}, or give a price file of your own`,
    })
  }
  return parsePriceFile(data, `aws-${region}.json`)
}

/**
 * Prices of AWS Lambda and of what a run uses beside it (S3, Step Functions, logs). The local platform bills with
 * them too. Before tax and discounts, no free tier.
 */
export function awsLambdaPricing(options: AwsLambdaPricingOptions = {}): Pricing {
  const file = options.file ?? awsPrices(options.region)
  const used = options.used ?? []
  const duration = requirePrice(file, durationMeter(options.architecture))
  const requests = requirePrice(file, "lambda.requests")
  return {
    name: file.name,
    date: file.date,
    bill: (meters) => runBill(file, meters, used),
    usdPerGbSecond: usdPerUnit(duration, used),
    usdPerRequest: usdPerUnit(requests, used),
  }
}

function usdPerUnit(price: Price, used: Meters): number {
  const usedQuantity = used.reduce((sum, { meter, quantity }) => (meter === price.meter ? sum + quantity : sum), 0n)
  return Number(marginalTier(price, usedQuantity).picoUsd) / Number(PICO)
}

function requirePrice(file: PriceFile, meter: string): Price {
  const price = file.prices.get(meter)
  if (price !== undefined) return price
  throw new TrimtabError("usage", `price file ${file.name} has no price for ${meter}`, {
    where: file.name,
    fix: `add prices.${meter} to the price file`,
  })
}
