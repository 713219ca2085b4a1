import { expect, test } from "vitest"
import { seededRandom } from "../../../src/base/random.ts"
import lambda from "../../../src/platforms/simulated/data/lambda.json" with { type: "json" }
import { parseParameters } from "../../../src/platforms/simulated/parse-parameters.ts"
import { HELD_OUT, startData } from "./data.ts"
import { logisticFit } from "./keep-alive.ts"
import { fitLambda } from "./lambda.ts"
import { fitStarts } from "./starts.ts"

test("the published parameters are what the rows give: nothing was written by hand", () => {
  const fitted = fitLambda(lambda.date)
  expect(fitted).toEqual(lambda)
  expect(parseParameters(fitted, "fitted").name).toBe("lambda")
})

test("bursts of 100 do not change the fit of starts", () => {
  const data = startData()
  const init = { medianMs: 87, sdMs: 14 }
  const without = { ...data, bursts: data.bursts.filter((burst) => !HELD_OUT.burst(burst)) }
  expect(without.bursts.length).toBeLessThan(data.bursts.length)
  expect(fitStarts(without, init)).toEqual(fitStarts(data, init))
})

test("the life of idle instances is found again from calls that were drawn from one", () => {
  const random = seededRandom(2)
  const calls = Array.from({ length: 2_000 }, (): [number, number] => {
    const [idleS, u] = [900 * random.next(), random.next()]
    return [idleS, idleS < 372 + 12 * Math.log(u / (1 - u)) ? 1 : 0]
  })
  const { middle, scale } = logisticFit(calls)
  expect(Math.abs(middle - 372)).toBeLessThan(6)
  expect(Math.abs(scale - 12)).toBeLessThan(5)
})
