import { expect, test } from "vitest"
import { logNormal, quantile } from "../../statistics/quantile-table.ts"
import { draw } from "./quantile-sampler.ts"

test("the table is the law within 0.1 %, and the law itself in the tails", () => {
  const law = logNormal(100, 0.3, 0.3)
  for (let u = 0.0005; u < 1; u += 0.00037) expect(Math.abs(draw(law, u) / quantile(law, u) - 1)).toBeLessThan(0.001)
  expect(draw(law, 0.9995)).toBe(quantile(law, 0.9995))
})
