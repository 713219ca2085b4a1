import * as fc from "fast-check"
import { expect, test } from "vitest"
import type { StepInvocation } from "./state.ts"
import { metersOf } from "./step-result.ts"

test("meters are summed exactly, however large", () => {
  const quantity = fc.oneof(
    fc.bigInt({ min: 0n, max: 10n ** 6n }),
    fc.bigInt({ min: 0n, max: 10n ** 25n }),
    fc.constant(999_999_999_999_999n),
  )
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.tuple(fc.constantFrom("a", "b"), quantity), { maxLength: 4 }), { maxLength: 40 }),
      (lists) => {
        const invocations = lists.map((meters) => ({
          meters: meters.map(([meter, value]) => [meter, value.toString()] as const),
        })) as unknown as StepInvocation[] // all that is read
        const expected = { a: 0n, b: 0n }
        for (const [meter, value] of lists.flat()) expected[meter] += value
        const summed = Object.fromEntries(metersOf(invocations).map(({ meter, quantity: sum }) => [meter, sum]))
        expect({ a: 0n, b: 0n, ...summed }).toEqual(expected)
      },
    ),
  )
})
