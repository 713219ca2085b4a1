/** How numbers are shown to people. Data keeps its full precision. */

/** `850 ms`, `12.3 s`, `2 min 05 s`. */
export function formatMs(ms: number): string {
  if (!Number.isFinite(ms)) return "-"
  if (ms < 0) return `-${formatMs(-ms)}`
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < 9_999.5) return `${Math.round(ms).toLocaleString("en-US")} ms`
  if (ms < 119_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`
}

/** `$12.34`, and small amounts with four significant digits: `$0.00002367`. */
export function formatUsd(usd: number): string {
  if (usd === 0) return "$0"
  if (Math.abs(usd) >= 0.995) return `$${usd.toFixed(2)}`
  const digits = Math.min(12, Math.max(2, 3 - Math.floor(Math.log10(Math.abs(usd)))))
  return `$${usd.toFixed(digits)}`
}

/** `12 B`, `3.4 kB`, `5.6 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`
  return `${(bytes / 1e6).toFixed(1)} MB`
}
