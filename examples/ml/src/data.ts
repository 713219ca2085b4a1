import { seededRandom } from "../../../src/index.ts"

/** Raw features of a sample, and the classes that samples fall into. */
export const FEATURES = 64
export const CLASSES = 4

/** A part of the data set: it is made from a seed, so that nothing has to be shipped. */
export interface Shard {
  readonly seed: number
  readonly rows: number
}

export interface Samples {
  readonly features: number[][]
  readonly labels: number[]
}

/** Directions along which the classes differ: few of the features tell them apart, as in data that PCA is meant for. */
const DIRECTIONS = 6

/** Samples of four overlapping classes. The same shard gives the same samples. */
export function samplesOf({ seed, rows }: Shard): Samples {
  const shape = seededRandom(7)
  const directions = Array.from({ length: DIRECTIONS }, () => Array.from({ length: FEATURES }, () => normal(shape)))
  const centres = Array.from({ length: CLASSES }, () => Array.from({ length: DIRECTIONS }, () => 2 * normal(shape)))
  const random = seededRandom(seed)
  const labels = Array.from({ length: rows }, () => Math.floor(random.next() * CLASSES))
  const features = labels.map((label) => {
    const weights = centres[label]!.map((centre) => centre + 1.5 * normal(random))
    return Array.from({ length: FEATURES }, (_, f) =>
      weights.reduce((sum, weight, d) => sum + weight * directions[d]![f]!, normal(random)),
    )
  })
  return { features, labels }
}

/** Box and Muller. */
function normal(random: { next(): number }): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}
