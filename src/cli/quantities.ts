import { InvalidArgumentError } from "commander"

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 }

/** `800ms`, `20s`, `1.5m`, or a plain number of milliseconds. For commander: throws InvalidArgumentError. */
export function parseDurationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h)?$/.exec(text.trim())
  const value = match === null ? Number.NaN : Number(match[1]) * (UNIT_MS[match[2] ?? "ms"] ?? Number.NaN)
  if (!(value > 0)) throw new InvalidArgumentError("a duration is a positive number with ms, s, m or h: 800ms, 20s")
  return value
}

/** `0.002`, `$0.002`. */
export function parseUsd(text: string): number {
  const value = Number(/^\$?(\d+(?:\.\d+)?(?:e-?\d+)?)$/.exec(text.trim())?.[1] ?? Number.NaN)
  if (!(value > 0)) throw new InvalidArgumentError("a budget is a positive amount of USD: 0.002")
  return value
}

/** `0.95`, `95`, `p95`. */
export function parsePercentile(text: string): number {
  const number = Number(/^p?(\d+(?:\.\d+)?)$/.exec(text.trim())?.[1] ?? Number.NaN)
  const value = number > 1 ? number / 100 : number
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError("a percentile is between 0 and 1: 0.95 or p95")
  return value
}

/** `1%`, `0.01`: a share. */
export function parseShare(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(%)?$/.exec(text.trim())
  const value = match === null ? Number.NaN : Number(match[1]) / (match[2] === undefined ? 1 : 100)
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError("a share is above 0 and at most 100 %: 1% or 0.01")
  return value
}

/** `4`: a whole number from 1 on. */
export function parseCount(text: string): number {
  const value = Number(/^\d{1,9}$/.exec(text.trim())?.[0] ?? Number.NaN)
  if (!(value >= 1)) throw new InvalidArgumentError("a whole number from 1 on is wanted")
  return value
}

/** `0`, `4`. */
export function parseWarm(text: string): number {
  const value = Number(/^\d{1,9}$/.exec(text.trim())?.[0] ?? Number.NaN)
  if (!(value >= 0)) throw new InvalidArgumentError("a whole number from 0 on is wanted")
  return value
}

/** `25`, `25%`: of a hundred runs, 0 to 99. */
export function parseCanary(text: string): number {
  const value = Number(/^(\d{1,2})\s*%?$/.exec(text.trim())?.[1] ?? Number.NaN)
  if (!(value >= 0)) throw new InvalidArgumentError("a whole number of percent from 0 to 99 is wanted")
  return value
}

/** `1024`, `1024MB`, `128` to `10240`. */
export function parseMemoryMB(text: string): number {
  const value = Number(/^(\d{1,6})(?:\s*MB)?$/i.exec(text.trim())?.[1] ?? Number.NaN)
  if (!(value >= 128 && value <= 10_240)) throw new InvalidArgumentError("a memory size is 128 to 10240 MB: 1024")
  return value
}

/** `512,1024,2048`: memory sizes. */
export function parseMemoryList(text: string): readonly number[] {
  return [...new Set(text.split(",").map(parseMemoryMB))].sort((a, b) => a - b)
}

/** `a,b,c`, without empty names. */
export function parseNames(text: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim())
  if (names.includes("")) throw new InvalidArgumentError("names separated by commas are needed")
  return names
}
