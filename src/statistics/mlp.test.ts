import { describe, expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { mlpValues, PAPER_MLP, trainMlp } from "./mlp.ts"

const OPTIONS = { ...PAPER_MLP, hidden: [32, 16], epochs: 100, learningRate: 5e-3 }

const random = seededRandom(5)
const rows = Array.from({ length: 500 }, () => [2 * random.next() - 1, 2 * random.next() - 1])
/** Neither is linear, and the first needs both inputs together. */
const truth = (row: readonly number[]): readonly number[] => [row[0]! * row[1]!, Math.abs(row[0]!)]
const targets = rows.map(truth)

function meanSquare(values: readonly (readonly number[])[], right: readonly (readonly number[])[]): number {
  const squares = values.flatMap((value, i) => value.map((one, k) => (one - right[i]![k]!) ** 2))
  return squares.reduce((sum, square) => sum + square, 0) / squares.length
}

describe("an MLP", () => {
  test("learns products and kinks, at rows it has not seen", () => {
    const net = trainMlp({ rows, targets }, OPTIONS, seededRandom(1))
    const unseen = Array.from({ length: 200 }, () => [2 * random.next() - 1, 2 * random.next() - 1])
    const error = meanSquare(
      unseen.map((row) => mlpValues(net, row)),
      unseen.map(truth),
    )
    // The targets have variances of 1/9 and 1/12: 95 % of them must be explained; linear models explain none.
    expect(error).toBeLessThan(0.005)
  })

  test("is the same for the same seed and another for another", () => {
    const quick = { ...OPTIONS, epochs: 2 }
    const values = (seed: number): readonly number[] =>
      mlpValues(trainMlp({ rows, targets }, quick, seededRandom(seed)), rows[0]!)
    expect(values(1)).toEqual(values(1))
    expect(values(1)).not.toEqual(values(2))
  })

  test("with one linear layer finds the least squares", () => {
    const linear = { ...PAPER_MLP, hidden: [], epochs: 100, learningRate: 5e-2, weightDecay: 0 }
    const net = trainMlp({ rows, targets: rows.map((row) => [3 * row[0]! - 2 * row[1]! + 1]) }, linear, seededRandom(1))
    // Noise-free targets: what is left is the last step of the cosine schedule.
    expect(mlpValues(net, [0.5, 0.25])[0]).toBeCloseTo(2, 3)
  })

  test("forgets with weight decay what the data do not ask for", () => {
    const flat = rows.map(() => [0])
    const decayed = trainMlp({ rows, targets: flat }, { ...OPTIONS, weightDecay: 3 }, seededRandom(1))
    const kept = trainMlp({ rows, targets: flat }, { ...OPTIONS, epochs: 1, weightDecay: 0 }, seededRandom(1))
    const size = (net: typeof kept): number => Math.hypot(...net.layers[0]!.parameters)
    expect(size(decayed)).toBeLessThan(0.1 * size(kept))
  })
})
