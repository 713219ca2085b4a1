import { formatMs } from "../base/format.ts"
import type { StepConfig } from "../workflow/config.ts"

/** How figures of a report are written, beside those of base/format.ts. */

/** `+4 %`, `-12 %`, `0 %`: how far `value` is from `base`. Empty where there is no base. */
export function formatDeviation(value: number, base: number): string {
  if (base === 0 || !Number.isFinite(value / base)) return ""
  const percent = Math.round(100 * (value / base - 1))
  return `${percent > 0 ? "+" : ""}${percent === 0 ? 0 : percent} %`
}

/** `94 %`, `0.5 %`, of a ratio. */
export function formatShare(ratio: number): string {
  const percent = 100 * ratio
  if (percent > 0 && percent < 0.05) return "under 0.1 %"
  if (percent !== 0 && Math.abs(percent) < 9.95) return `${Number(percent.toFixed(1))} %`
  return `${Math.round(percent)} %`
}

/** `p95` of 0.95, `p99.9` of 0.999. */
export function formatPercentile(percentile: number): string {
  return `p${Number((100 * percentile).toFixed(2))}`
}

/**
 * One number of decimals for a whole column of dollars, so that it aligns: enough for three digits of the smallest
 * amount, at most nine.
 */
export function usdFormatter(amounts: readonly number[]): (usd: number) => string {
  const positive = amounts.map(Math.abs).filter((usd) => usd > 0)
  const least = positive.length === 0 ? 1 : Math.min(...positive)
  const decimals = Math.min(9, Math.max(2, 2 - Math.floor(Math.log10(least))))
  return (usd) => `${usd < 0 ? "-" : ""}$${Math.abs(usd).toFixed(decimals)}`
}

/** Thousands in an integer that is written as text; anything else stays as it is. */
export function groupDigits(integer: string): string {
  return /^\d+$/.test(integer) ? BigInt(integer).toLocaleString("en-US") : integer
}

/** `1 instance`, `12 instances`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`
}

/** `864 ms`, `5.95 s`, `17.9 s`: at most three digits, for places where room is short. */
export function shortMs(ms: number): string {
  if (!Number.isFinite(ms)) return "-"
  if (Math.abs(ms) < 999.5) return `${Math.round(ms)} ms`
  if (Math.abs(ms) < 99_950) return `${(ms / 1000).toFixed(Math.abs(ms) < 9995 ? 2 : 1)} s`
  return formatMs(ms)
}

/** `1,769 MB × 6 × 1`, for pages and figures. */
export function prettyConfig(config: StepConfig): string {
  return `${config.memoryMB.toLocaleString("en-US")} MB × ${config.instances} × ${config.processes}`
}

/** `$0.0000314`, `$5.45`: three significant digits below a dollar. */
export function shortUsd(usd: number): string {
  if (usd === 0) return "$0"
  const size = Math.abs(usd)
  if (size >= 0.995) return `$${usd.toFixed(2)}`
  return `$${usd.toFixed(Math.min(12, Math.max(2, 2 - Math.floor(Math.log10(size)))))}`
}
