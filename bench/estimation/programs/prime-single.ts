import { CANDIDATES, countPrimes } from "./primes.ts"

/** Single-thread code: tests the candidates of one task, whatever the task says. Parallel by processes only. */
export function handler(): number {
  return countPrimes(0, CANDIDATES)
}
