/**
 * Money is never a float: amounts are pico-dollars as big integers, and an amount that is not yet rounded is a
 * fraction of them.
 */

/** An amount before rounding: `numerator / divisor` pico-dollars. */
export interface ExactAmount {
  readonly numerator: bigint
  readonly divisor: bigint
}

/** Pico-dollars per cent. */
const PICO_PER_CENT = 10_000_000_000n

/** `numerator / divisor` to the nearest integer, halves away from zero. `divisor` must be positive. */
export function divideHalfUp(numerator: bigint, divisor: bigint): bigint {
  const half = numerator < 0n ? -divisor : divisor
  return (2n * numerator + half) / (2n * divisor)
}

/** The one rounding of a bill line: half up to a pico-dollar. */
export function roundToPico(amount: ExactAmount): bigint {
  return divideHalfUp(amount.numerator, amount.divisor)
}

/** Cents half up, with thousands: `12,345.68`, `0.00`. No currency sign. */
export function formatPicoUsd(picoUsd: bigint): string {
  const cents = divideHalfUp(picoUsd, PICO_PER_CENT)
  const positive = cents < 0n ? -cents : cents
  const dollars = (positive / 100n).toLocaleString("en-US")
  return `${cents < 0n ? "-" : ""}${dollars}.${String(positive % 100n).padStart(2, "0")}`
}

/**
 * Dollars with every digit, before any rounding: `0.0000394334122`. A fraction that never ends is cut after
 * `digits` decimals.
 */
export function exactUsd(amount: ExactAmount, digits = 40): string {
  const negative = amount.numerator < 0n
  const numerator = negative ? -amount.numerator : amount.numerator
  // Pico-dollars are 10^-12 dollars.
  const scaled = (numerator * 10n ** BigInt(digits)) / (amount.divisor * 10n ** 12n)
  const text = scaled.toString().padStart(digits + 1, "0")
  const decimals = text.slice(-digits).replace(/0+$/, "")
  const whole = text.slice(0, -digits)
  return `${negative ? "-" : ""}${whole}${decimals === "" ? "" : `.${decimals}`}`
}
