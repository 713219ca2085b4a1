/** Candidates of one task: some 8 ms on a full core of a server of 2024. */
export const CANDIDATES = 7500

/** Where the candidates begin; odd ones only. All tasks test the same, so all are equally long. */
const FIRST = 1_000_003

/** How many of the odd numbers from the `from`th to before the `to`th candidate are prime, by trial division. */
export function countPrimes(from: number, to: number): number {
  let count = 0
  for (let i = from; i < to; i++) if (isPrime(FIRST + 2 * i)) count++
  return count
}

/** Trial division to the root without an early end: every candidate costs the same. */
function isPrime(n: number): boolean {
  let divisors = 0
  for (let d = 3; d * d <= n; d += 2) if (n % d === 0) divisors++
  return divisors === 0
}
