import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type Demand, type QuotaLaw, quotaLawMs } from "./quota-law.ts"
import { quotaPhases, simulateQuota } from "./quota-simulation.ts"

const LAW: QuotaLaw = { periodMs: 20, cores: 2, headStart: 0.7, waitShare: 0.6 }
const single = (cpuMs: number, waitMs = 0): Demand => ({ cpuMs, waitMs, parallelShare: 0 })

const quota = fc.double({ min: 0.06, max: 2, noNaN: true })
const cpu = fc.double({ min: 1, max: 500, noNaN: true })
const wait = fc.double({ min: 0, max: 300, noNaN: true })
const share = fc.double({ min: 0, max: 1, noNaN: true })
const phase = fc.double({ min: 0, max: 0.999, noNaN: true })

describe("the quota law", () => {
  test("is the formula of one thread", () => {
    const expected = Math.max(40 + 10, 40 / 0.25 - 0.7 * 20 * 0.75 + 0.6 * 10)
    expect(quotaLawMs(single(40, 10), LAW, 0.25)).toBeCloseTo(expected, 12)
  })

  test("with a core of its own is the local run", () => {
    expect(quotaLawMs(single(40, 10), LAW, 1)).toBeCloseTo(50, 12)
    expect(quotaLawMs(single(40, 10), LAW, 2)).toBeCloseTo(50, 12)
  })

  test("lets only the parallel share use a second core", () => {
    const demand: Demand = { cpuMs: 100, waitMs: 0, parallelShare: 0.6 }
    expect(quotaLawMs(demand, LAW, 2)).toBeCloseTo(40 + 30, 12)
    expect(quotaLawMs(demand, LAW, 1)).toBeCloseTo(100, 12)
  })

  test("is never slower with more quota, and never faster than the local run", () => {
    fc.assert(
      fc.property(cpu, wait, share, quota, quota, (cpuMs, waitMs, parallelShare, a, b) => {
        const demand = { cpuMs, waitMs, parallelShare }
        const [less, more] = [Math.min(a, b), Math.max(a, b)]
        // A head start h below 1 cannot turn the law around: cpu/u falls at least as fast as P (1 - u) h, unless the
        // work is shorter than the head start, where the local run is the larger term.
        const slack = 1 + 1e-9
        if (cpuMs > LAW.periodMs)
          expect(quotaLawMs(demand, LAW, more)).toBeLessThanOrEqual(slack * quotaLawMs(demand, LAW, less))
        const local = cpuMs * (1 - parallelShare / 2) + waitMs
        expect(quotaLawMs(demand, LAW, less) * slack).toBeGreaterThanOrEqual(local)
      }),
    )
  })
})

describe("the simulated quota", () => {
  const at = (cores: number): { cores: number; periodMs: number; tickMs: number } => ({
    cores,
    periodMs: 20,
    tickMs: 1,
  })

  test("takes work and waits as they are where the quota does not bind", () => {
    const bursts = [
      { cpuMs: 30, cores: 1, waitMs: 5 },
      { cpuMs: 20, cores: 2, waitMs: 0 },
    ]
    expect(simulateQuota(bursts, at(2), 0.3)).toBeCloseTo(30 + 5 + 10, 9)
  })

  test("runs at full speed until the quota is spent, then waits for the next period", () => {
    // 5 ms a period from its start: 5 in the first, 5 in the second, 2 in the third, which begins at 40 ms.
    expect(simulateQuota([{ cpuMs: 12, cores: 1, waitMs: 0 }], at(0.25), 0)).toBeCloseTo(42, 9)
    // From 18 ms on: 2 until the period ends, 5 in each of the next two.
    expect(simulateQuota([{ cpuMs: 12, cores: 1, waitMs: 0 }], at(0.25), 0.9)).toBeCloseTo(2 + 20 + 5, 0)
  })

  test("fills the quota up while the function waits", () => {
    const halves = [
      { cpuMs: 5, cores: 1, waitMs: 20 },
      { cpuMs: 5, cores: 1, waitMs: 0 },
    ]
    expect(simulateQuota(halves, at(0.25), 0)).toBeCloseTo(30, 9)
  })

  test("makes two threads spend the quota twice as fast", () => {
    // Both run 2.5 ms of a period and finish 5 ms of work in it; the tick at 3 ms stops them, 1 ms is paid back.
    const wide = simulateQuota([{ cpuMs: 50, cores: 2, waitMs: 0 }], at(0.25), 0)
    const narrow = simulateQuota([{ cpuMs: 50, cores: 1, waitMs: 0 }], at(0.25), 0)
    // Ten periods of work for both; they differ by less than what is run within one.
    expect(Math.abs(wide - narrow)).toBeLessThan(5)
  })

  test("agrees with cpu / u to a period, whatever the start", () => {
    fc.assert(
      fc.property(cpu, quota, phase, (cpuMs, cores, start) => {
        const ms = simulateQuota([{ cpuMs, cores: 1, waitMs: 0 }], at(cores), start)
        expect(ms).toBeGreaterThanOrEqual(cpuMs * (1 - 1e-9))
        // At most a quota and a tick are run ahead; the last period may be waited for in full.
        expect(ms).toBeGreaterThanOrEqual((cpuMs - 1) / cores - 2 * 20 - 1)
        expect(ms).toBeLessThanOrEqual(cpuMs / Math.min(1, cores) + 20 + 1)
      }),
    )
  })

  test("gives stairs: starts over a period spread by at most one period", () => {
    const times = quotaPhases([{ cpuMs: 17, cores: 1, waitMs: 0 }], at(0.3), { count: 64, spread: 1 })
    const range = Math.max(...times) - Math.min(...times)
    expect(range).toBeGreaterThan(5)
    // One period, and a tick on either side.
    expect(range).toBeLessThanOrEqual(22)
  })
})
