import { expect, test } from "vitest"
import { runVisits, type Visit } from "./schedule.ts"

/** Visits that log their start and end and last one turn of the event loop for each 10 ms expected. */
function recorded(
  log: string[],
  wanted: readonly (readonly [lane: string, round: number, cores: number, ms: number])[],
): Visit[] {
  return wanted.map(([lane, round, cores, ms]) => ({
    lane,
    round,
    cores,
    expectedMs: () => ms,
    run: async () => {
      log.push(`+${lane}${round}`)
      for (let turn = 0; turn < ms / 10; turn++) await new Promise((resolve) => setImmediate(resolve))
      log.push(`-${lane}${round}`)
    },
  }))
}

const OPEN = { cores: 1.7, width: 24, lookahead: 1, mayBegin: (): boolean => true }

test("cores of visits side by side never exceed what there is", async () => {
  const log: string[] = []
  const visits = recorded(log, [
    ["a", 0, 1, 50],
    ["b", 0, 0.8, 40],
    ["c", 0, 0.7, 30],
  ])
  await runVisits(visits, OPEN)
  expect(log.slice(0, 2)).toEqual(["+a0", "+c0"])
  expect(log.indexOf("+b0")).toBeGreaterThan(log.indexOf("-a0"))
})

test("a visit larger than the machine runs alone", async () => {
  const log: string[] = []
  await runVisits(
    recorded(log, [
      ["a", 0, 5, 20],
      ["b", 0, 0.1, 10],
    ]),
    OPEN,
  )
  expect(log).toEqual(["+a0", "-a0", "+b0", "-b0"])
})

test("a lane makes one visit at a time, and no round runs further ahead than allowed", async () => {
  const log: string[] = []
  const visits = recorded(log, [
    ["a", 0, 0.1, 10],
    ["a", 1, 0.1, 10],
    ["a", 2, 0.1, 10],
    ["b", 0, 0.1, 100],
  ])
  await runVisits(visits, OPEN)
  expect(log.indexOf("+a1")).toBeGreaterThan(log.indexOf("-a0"))
  expect(log.indexOf("+a2")).toBeGreaterThan(log.indexOf("-b0"))
})

test("rounds that may not begin are left out", async () => {
  const log: string[] = []
  await runVisits(
    recorded(log, [
      ["a", 0, 1, 10],
      ["a", 1, 1, 10],
    ]),
    { ...OPEN, mayBegin: (round) => round === 0 },
  )
  expect(log).toEqual(["+a0", "-a0"])
})

test("the fault of a visit is thrown after the others have ended", async () => {
  const log: string[] = []
  const broken: Visit = {
    lane: "x",
    round: 0,
    cores: 0.1,
    expectedMs: () => 1000,
    run: () => Promise.reject(new Error("x")),
  }
  await expect(runVisits([broken, ...recorded(log, [["a", 0, 0.1, 50]])], OPEN)).rejects.toThrow("x")
  expect(log).toEqual(["+a0", "-a0"])
})
