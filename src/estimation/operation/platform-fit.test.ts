import { expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { logUniform } from "../../statistics/least-squares.ts"
import { fitPlatform } from "./platform-fit.ts"
import { quotaLawMs } from "./quota-law.ts"
import { SYNTHETIC_MEMORY_MB, SYNTHETIC_PLATFORM, syntheticFunctions } from "./testing/synthetic-functions.ts"
import { type MeasuredFunction, quotaCores } from "./training-set.ts"

/** Functions that follow the closed law exactly, with a given platform. */
function lawful(count: number): readonly MeasuredFunction[] {
  const random = seededRandom(11)
  return Array.from({ length: count }, (_, i) => {
    const [userMs, systemMs, waitMs] = [
      logUniform(random, 20, 800),
      logUniform(random, 2, 200),
      logUniform(random, 5, 300),
    ]
    const cells = SYNTHETIC_MEMORY_MB.map((memoryMB) => {
      const demand = { cpuMs: 1.2 * userMs + 0.8 * systemMs + 3, waitMs: 1.1 * waitMs, parallelShare: 0 }
      const law = { periodMs: 20, cores: 2, headStart: 1.1, waitShare: 0.5 }
      return { memoryMB, warmMs: [quotaLawMs(demand, law, quotaCores(SYNTHETIC_PLATFORM, memoryMB))] }
    })
    const local = { wallMs: userMs + systemMs + waitMs, userMs, systemMs }
    return { id: `f${i}`, operations: { source: "portable", local, counters: {} }, cells }
  })
}

test("the parameters of a platform are found again", () => {
  const found = fitPlatform({ platform: SYNTHETIC_PLATFORM, functions: lawful(40) })
  expect(found.simulatedPeriods).toBe(0)
  // 240 noise-free cells against priors that count as eight cells of 30 %: they pull by some percent.
  expect(found.k1).toBeCloseTo(1.2, 1)
  expect(found.k3).toBeCloseTo(1.1, 1)
  expect(found.waitShare).toBeCloseTo(0.5, 1)
  expect(found.throttleGrowth).toBeLessThan(0.02)
})

test("short runs under a real quota are simulated", () => {
  const set = syntheticFunctions({ count: 150, repeats: 8, random: seededRandom(2) })
  const found = fitPlatform(set)
  expect(found.simulatedPeriods).toBeGreaterThan(0)
  // The truth carries over one to one: the local run decides, to the noise of 150 functions.
  expect(found.k1).toBeGreaterThan(0.9)
  expect(found.k1).toBeLessThan(1.1)
})
