import { describe, expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { normalQuantile } from "../../statistics/normal.ts"
import {
  conditionEffects,
  type EffectPoint,
  learnSpreads,
  type ObservedError,
  PRIOR_SPREADS,
} from "./function-effects.ts"

/** A function of CPU work alone, at a few quotas. */
const QUOTAS = [0.07, 0.14, 0.29, 0.58, 1.16, 2]
const cpuPoints: readonly EffectPoint[] = QUOTAS.map((quota) => ({
  logQuota: Math.log(quota),
  cpuSlope: 1,
  waitSlope: 0,
}))
const at = (point: EffectPoint, error: number, variance = 1e-4): ObservedError => ({ point, error, variance })

describe("effects of a function", () => {
  test("are 0 without observations, as wide as the training functions", () => {
    const { mean, sd } = conditionEffects(PRIOR_SPREADS, []).at(cpuPoints[4]!)
    expect(mean).toBe(0)
    expect(sd).toBeCloseTo(Math.hypot(PRIOR_SPREADS.cpu, PRIOR_SPREADS.rest), 12)
  })

  test("carry a multiplier on CPU time from one size to all others", () => {
    const effects = conditionEffects(PRIOR_SPREADS, [at(cpuPoints[2]!, 0.2)])
    // cpu^2 of a variance of cpu^2 + rest^2 + throttle^2 * 1.24^2 + noise is common to all sizes: 83 %.
    for (const point of cpuPoints) {
      expect(effects.at(point).mean).toBeGreaterThan(0.15)
      expect(effects.at(point).mean).toBeLessThan(0.21)
    }
  })

  test("do not take a slow wait for slow CPU", () => {
    const waits: EffectPoint = { logQuota: 0.2, cpuSlope: 0.1, waitSlope: 0.9 }
    const effects = conditionEffects({ ...PRIOR_SPREADS, rest: 1e-3 }, [at(waits, 0.3)])
    expect(effects.at(waits).mean).toBeGreaterThan(0.25)
    expect(Math.abs(effects.at(cpuPoints[0]!).mean)).toBeLessThan(0.05)
  })

  test("grow more certain with every observation, everywhere", () => {
    const errors = [0.1, 0.12, 0.07, 0.1, 0.11]
    let before = cpuPoints.map(() => Infinity)
    for (let count = 0; count <= errors.length; count++) {
      const effects = conditionEffects(
        PRIOR_SPREADS,
        errors.slice(0, count).map((error, i) => at(cpuPoints[i]!, error)),
      )
      const after = cpuPoints.map((point) => effects.at(point).sd)
      // Equal where nothing was left to learn: rounding.
      after.forEach((sd, i) => expect(sd).toBeLessThanOrEqual(before[i]! + 1e-9))
      before = after
    }
  })

  test("hardly follow one wild run among good ones", () => {
    const good = [0, 1, 3, 4].map((i) => at(cpuPoints[i]!, 0))
    const clean = conditionEffects(PRIOR_SPREADS, good).at(cpuPoints[5]!).mean
    const dirty = conditionEffects(PRIOR_SPREADS, [...good, at(cpuPoints[2]!, 2)]).at(cpuPoints[5]!).mean
    // Taken at its word it would move the neighbours by tenths.
    expect(Math.abs(dirty - clean)).toBeLessThan(0.03)
  })

  test("have spreads that the training functions teach", () => {
    const random = seededRandom(4)
    const gaussian = (): number => normalQuantile(0.5 / 2 ** 52 + random.next())
    const functions = Array.from({ length: 40 }, () => {
      const cpu = 0.3 * gaussian()
      return cpuPoints.map((point) => at(point, cpu + 0.01 * gaussian()))
    })
    const spreads = learnSpreads(functions, seededRandom(1))
    // The sd of 40 draws is known to 11 % (one sd); rest and cpu share a part that is equal at all sizes.
    expect(Math.hypot(spreads.cpu, spreads.rest)).toBeGreaterThan(0.2)
    expect(Math.hypot(spreads.cpu, spreads.rest)).toBeLessThan(0.4)
    expect(spreads.throttle).toBeLessThan(0.02)
  })

  test("keep their prior spreads without training functions", () => {
    expect(learnSpreads([], seededRandom(1))).toEqual(PRIOR_SPREADS)
  })
})
