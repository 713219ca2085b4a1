import { TrimtabError } from "../base/errors.ts"
import { isObject } from "../base/json.ts"
import type { Price, PriceFile, PriceMark, PriceSource, PriceTier } from "./price-file.ts"

const MARKS: readonly PriceMark[] = ["derived", "unconfirmed", "disputed"]

/**
 * Checks a price file and turns its texts into big integers. `where` names the file in messages.
 * @throws TrimtabError `usage` at the first thing that is wrong, with its path inside the file.
 */
export function parsePriceFile(data: unknown, where: string): PriceFile {
  const file = new Reader(data, where, "")
  if (file.at("schemaVersion").value !== 1) file.at("schemaVersion").refuse("must be 1")
  if (file.text("currency") !== "USD") file.at("currency").refuse('must be "USD"')
  const sources = Object.fromEntries(file.at("sources").entries(readSource))
  const prices = new Map(file.at("prices").entries((entry, meter) => readPrice(entry, meter)))
  for (const price of prices.values()) {
    if (!Object.hasOwn(sources, price.source)) {
      file.at("prices").at(price.meter).at("source").refuse(`names no source of the file: ${price.source}`)
    }
  }
  return { name: file.text("name"), region: file.text("region"), date: file.date("date"), sources, prices }
}

function readSource(source: Reader): PriceSource {
  return { what: source.text("what"), url: source.text("url"), licence: source.text("licence") }
}

function readPrice(entry: Reader, meter: string): Price {
  const mark = entry.has("mark") ? readMark(entry.at("mark")) : undefined
  return {
    meter,
    what: entry.text("what"),
    unit: entry.text("unit"),
    meterUnit: entry.text("meterUnit"),
    divisor: entry.whole("divisor", 1n),
    tiers: readTiers(entry.at("tiers")),
    source: entry.text("source"),
    date: entry.date("date"),
    ...(entry.has("free") && { free: readFree(entry.at("free")) }),
    ...(mark !== undefined && { mark }),
    ...(entry.has("note") && { note: entry.text("note") }),
  }
}

function readFree(free: Reader): NonNullable<Price["free"]> {
  return { pool: free.text("pool"), quantity: free.whole("quantity", 0n) }
}

function readMark(reader: Reader): PriceMark {
  return MARKS.find((mark) => mark === reader.value) ?? reader.refuse(`must be one of ${MARKS.join(", ")}`)
}

function readTiers(reader: Reader): PriceTier[] {
  const tiers = reader.list((tier) => ({
    picoUsd: tier.whole("picoUsd", 0n),
    upTo: tier.has("upTo") ? tier.whole("upTo", 1n) : null,
  }))
  tiers.forEach((tier, i) => {
    if ((tier.upTo === null) !== (i === tiers.length - 1)) {
      reader.refuse("every tier but the last needs upTo, and the last must have none")
    }
    const before = tiers[i - 1]?.upTo ?? 0n
    if (tier.upTo !== null && tier.upTo <= before) reader.refuse("upTo must grow from tier to tier")
  })
  if (tiers.length === 0) reader.refuse("must have at least one tier")
  return tiers
}

/** A place inside the file: it knows its path, so that every refusal can say where. */
class Reader {
  readonly value: unknown
  readonly #where: string
  readonly #path: string

  constructor(value: unknown, where: string, path: string) {
    this.value = value
    this.#where = where
    this.#path = path
  }

  at(key: string): Reader {
    if (!isObject(this.value)) return this.refuse("must be an object")
    return this.#inner(this.value[key], `.${key}`)
  }

  has(key: string): boolean {
    return isObject(this.value) && this.value[key] !== undefined
  }

  entries<T>(read: (entry: Reader, key: string) => T): [string, T][] {
    if (!isObject(this.value)) return this.refuse("must be an object")
    return Object.entries(this.value).map(([key, entry]) => [key, read(this.#inner(entry, `.${key}`), key)])
  }

  list<T>(read: (item: Reader) => T): T[] {
    if (!Array.isArray(this.value)) return this.refuse("must be a list")
    return this.value.map((item: unknown, i) => read(this.#inner(item, `[${i}]`)))
  }

  text(key: string): string {
    const { value } = this.at(key)
    return typeof value === "string" && value !== "" ? value : this.at(key).refuse("must be a text")
  }

  date(key: string): string {
    const text = this.text(key)
    return /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : this.at(key).refuse("must be a date like 2026-08-21")
  }

  /** A whole number written as text, so that no digit passes through a float. */
  whole(key: string, least: bigint): bigint {
    const { value } = this.at(key)
    if (typeof value !== "string" || !/^\d{1,30}$/.test(value)) {
      return this.at(key).refuse('must be a whole number written as text, like "200000"')
    }
    const number = BigInt(value)
    return number >= least ? number : this.at(key).refuse(`must be at least ${least}`)
  }

  refuse(problem: string): never {
    const path = this.#path.replace(/^\./, "") || "the file"
    throw new TrimtabError("usage", `price file ${this.#where}: ${path} ${problem}`, {
      where: `${this.#where}: ${path}`,
      fix: "correct the price file",
    })
  }

  #inner(value: unknown, step: string): Reader {
    return new Reader(value, this.#where, this.#path + step)
  }
}
