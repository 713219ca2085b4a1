import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { seededRandom, seedOf } from "../../../src/base/random.ts"

/** What was measured, each in a data file: warm runs, init durations, store transfers, starts of a burst. */
export const KINDS = ["compute", "init", "store", "starts"] as const
export type Kind = (typeof KINDS)[number]

export interface SampleSet {
  readonly kind: Kind
  readonly name: string
  readonly ms: readonly number[]
}

/** All sets of 100 samples, about 160. */
export async function sampleSets(): Promise<readonly SampleSet[]> {
  const perKind = await Promise.all(
    KINDS.map(async (kind) => {
      const file = join(import.meta.dirname, "..", "data", `distributions-${kind}.json`)
      const { sets } = JSON.parse(await readFile(file, "utf8")) as { readonly sets: readonly Omit<SampleSet, "kind">[] }
      return sets.map((set) => ({ ...set, kind }))
    }),
  )
  return perKind.flat()
}

export interface Split {
  readonly train: readonly number[]
  readonly test: readonly number[]
}

/**
 * Both directions of `count` random splits into halves, from a seed of the set's name: samples in order (a drifting
 * function, the ranks of a burst) would make the halves differ by more than chance.
 */
export function splitsOf({ name, ms }: SampleSet, count: number): Split[] {
  const random = seededRandom(seedOf(name))
  return Array.from({ length: count }, () => {
    const shuffled = ms.map((value) => ({ value, key: random.next() })).sort((a, b) => a.key - b.key)
    const half = shuffled.length >> 1
    const first = shuffled.slice(0, half).map(({ value }) => value)
    const second = shuffled.slice(half).map(({ value }) => value)
    return [
      { train: first, test: second },
      { train: second, test: first },
    ]
  }).flat()
}
