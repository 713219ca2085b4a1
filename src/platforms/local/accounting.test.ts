import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { contention, type ThreadUse } from "./accounting.ts"

const thread = (cpuMs: number, delayMs: number, pid = "1"): ThreadUse => ({ pid, cpuMs, delayMs })

/** A quarter of a core. */
const QUARTER = { cores: 0.25, coresPerProcess: null }

describe("contention", () => {
  it("is not the throttled time, which the run delay contains", () => {
    // Measured on a quiet machine: 343 ms of CPU at 0.25 vCPU.
    const input = { threads: [thread(343, 983)], throttledMs: 985, cpuMs: 343, wallMs: 1330, limits: QUARTER }
    expect(contention(input)).toBe(0)
  })

  it("is what a thread waited beyond its quota", () => {
    const input = { threads: [thread(100, 150)], throttledMs: 0, cpuMs: 100, wallMs: 250, limits: ONE_CORE }
    expect(contention(input)).toBe(150)
  })

  it("is no more than what the wall time has beyond the demand of the quota", () => {
    // The waits fell into periods whose quota was used up all the same: the call was not later for them.
    const input = { threads: [thread(300, 900)], throttledMs: 800, cpuMs: 300, wallMs: 1200, limits: QUARTER }
    expect(contention(input)).toBeLessThanOrEqual(8)
  })

  it("divides the throttled time among the threads that worked", () => {
    const two = [thread(200, 210, "1"), thread(200, 205, "2"), thread(1, 2, "1")]
    const input = {
      threads: two,
      throttledMs: 400,
      cpuMs: 401,
      wallMs: 430,
      limits: { cores: 1, coresPerProcess: 0.5 },
    }
    expect(contention(input)).toBeCloseTo(10)
  })

  it("ignores helper threads that hardly ran", () => {
    const threads = [thread(100, 0), thread(2, 30)]
    expect(contention({ threads, throttledMs: 0, cpuMs: 102, wallMs: 110, limits: ONE_CORE })).toBe(0)
  })

  it("is never negative and never more than the wall time", () => {
    const times = fc.double({ min: 0, max: 10_000, noNaN: true })
    const threads = fc.array(fc.record({ pid: fc.constantFrom("1", "2"), cpuMs: times, delayMs: times }), {
      maxLength: 5,
    })
    fc.assert(
      fc.property(threads, times, times, times, (threads, throttledMs, cpuMs, wallMs) => {
        const value = contention({ threads, throttledMs, cpuMs, wallMs, limits: QUARTER })
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThanOrEqual(wallMs + 8)
      }),
    )
  })
})

const ONE_CORE = { cores: 1, coresPerProcess: null }
