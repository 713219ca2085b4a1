import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus"

/** Chance as an argument: a stream of uniform numbers in [0, 1). */
export interface Random {
  next(): number
}

/** A deterministic stream: the same seed gives the same numbers on every machine. */
export function seededRandom(seed: number): Random {
  const generator = xoroshiro128plus(seed | 0)
  // 26 + 27 bits make one double with all 53 bits of precision.
  return {
    next: () => {
      const high = generator.next() >>> 6
      const low = generator.next() >>> 5
      return (high * 2 ** 27 + low) / 2 ** 53
    },
  }
}

/** A 32-bit seed from a text, by FNV-1a. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash | 0
}
