import fc from "fast-check"
import { expect, test } from "vitest"
import { cut } from "./split.ts"

test("the pieces are the list again, none is empty, and sizes differ by at most one", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 40 }), (items, pieces) => {
      const result = cut(items, pieces)
      expect(result.flat()).toEqual(items)
      expect(result).toHaveLength(Math.min(pieces, items.length))
      const sizes = result.map((piece) => piece.length)
      if (sizes.length > 0) expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      for (const size of sizes) expect(size).toBeGreaterThan(0)
    }),
  )
})
