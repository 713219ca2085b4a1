import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus"

/** Chance as an argument: a stream of uniform numbers in [0, 1). */
export interface Random {
  next(): number
}

/** Numbers drawn first and thrown away: those of a state that is nearly all zeros or ones lie near 0 or 1. */
const SETTLING_DRAWS = 32

/** A deterministic stream: the same seed gives the same numbers on every machine. */
export function seededRandom(seed: number): Random {
  const generator = xoroshiro128plus(scrambled(seed | 0))
  for (let i = 0; i < SETTLING_DRAWS; i++) generator.next()
  // 26 + 27 bits make one double with all 53 bits of precision.
  return {
    next: () => {
      const high = generator.next() >>> 6
      const low = generator.next() >>> 5
      return (high * 2 ** 27 + low) / 2 ** 53
    },
  }
}

/** Seeds that differ in one bit give states that differ in half of them (the finalizer of MurmurHash3). */
function scrambled(seed: number): number {
  let hash = seed
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

/** A 32-bit seed from a text, by FNV-1a. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash | 0
}
