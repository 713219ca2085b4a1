import { expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { effectValue, type EffectTarget, fitEffectRegression } from "./effect-regression.ts"
import { fitResidual, residualAt, type ResidualFunction } from "./residual.ts"

const random = seededRandom(9)

/** Functions whose CPU time grows while throttled the more memory they have (`big`), and one thing that tells nothing. */
function functions(count: number, slope: number): readonly ResidualFunction[] {
  return Array.from({ length: count }, (_, i) => {
    const known = [4 * random.next(), random.next()]
    const rows = [0.06, 0.12, 0.25, 0.5, 1].map((quota) => {
      const columns = [1, 0, Math.max(0, -Math.log(quota))]
      return { features: [Math.log(quota), 0, ...known], function: known, columns }
    })
    const errors = rows.map(({ columns }) => slope * (known[0]! - 2) * columns[2]! + 0.02 * (random.next() - 0.5))
    return { id: `f${i}`, rows, errors }
  })
}

const targetsOf = (all: readonly ResidualFunction[]): readonly EffectTarget[] =>
  all.flatMap(({ rows, errors }) => rows.map((row, i) => ({ row, error: errors[i]! })))

test("an effect that goes with what local runs tell is found, and predicts functions that were not seen", () => {
  const regression = fitEffectRegression(targetsOf(functions(80, 0.05)), 1)
  for (const { row, error } of targetsOf(functions(20, 0.05)))
    expect(Math.abs(effectValue(regression, row) - error)).toBeLessThan(0.03)
})

test("functions beyond those of the training count as at their edge", () => {
  const regression = fitEffectRegression(targetsOf(functions(80, 0.05)), 1)
  const at = (known: number): number => effectValue(regression, { function: [known, 0.5], columns: [1, 0, 1] })
  expect(at(1e6)).toBe(at(1e3))
  expect(at(1e3)).toBeLessThan(0.3)
})

test("a residual is taken where it predicts unseen functions better, and only there", () => {
  const real = fitResidual(functions(60, 0.05), 1)
  expect(real.effects).not.toBeNull()
  expect(real.unseen.effects).toBeLessThan(0.5 * real.unseen.law)
  const [one] = functions(1, 0.05)
  expect(Math.abs(residualAt(real, one!.rows[0]!) - one!.errors[0]!)).toBeLessThan(0.05)
  const none = fitResidual(functions(60, 0), 1)
  expect(none).toMatchObject({ effects: null, trees: null })
  expect(residualAt(none, one!.rows[0]!)).toBe(0)
})

test("a thing that never varies counts for nothing", () => {
  const constant = functions(30, 0.05).map((one) => ({
    ...one,
    rows: one.rows.map((row) => ({ ...row, function: [row.function[0]!, 7] })),
  }))
  const regression = fitEffectRegression(targetsOf(constant), 1)
  const at = (other: number): number => effectValue(regression, { function: [1, other], columns: [1, 0, 1] })
  expect(at(7)).toBe(at(1000))
})
