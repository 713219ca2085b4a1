import { expect, test } from "vitest"
import type { GatheredRun } from "./inspection/gathered-run.ts"
import { runWindows } from "./run-window.ts"

const run = (number: number, beganMs: number, lastsMs: number): GatheredRun => ({
  runId: `run-${number}`,
  joinedBy: "id",
  invocations: [
    {
      requestId: `${number}`,
      runId: `run-${number}`,
      functionName: "f",
      memoryMB: 512,
      startMs: beganMs + 100,
      endMs: beganMs + lastsMs,
      durationMs: lastsMs - 100,
      billedMs: lastsMs,
      initMs: 100,
      outcome: "ok",
      source: "f",
    },
  ],
})

const names = (window: readonly GatheredRun[] | null) => window?.map(({ runId }) => Number(runId.slice(4))) ?? null

test("a window is in the order in which runs began, and waits until slow runs of that time have ended", () => {
  const windows = runWindows({ runs: 2, judgedUntilMs: -Infinity })
  // Run 1 is slow: its record comes after those of 2 and 3.
  for (const one of [run(0, 0, 1_000), run(2, 20_000, 1_000), run(3, 30_000, 1_000)]) windows.add(one)
  expect(names(windows.take({ nowMs: 0, rest: false }))).toBeNull()
  windows.add(run(1, 10_000, 40_000))
  windows.add(run(4, 95_000, 1_000))
  expect(names(windows.take({ nowMs: 0, rest: false }))).toEqual([0, 1])
  expect(windows.waiting).toBe(3)
  windows.add(run(5, 200_000, 1_000))
  expect(names(windows.take({ nowMs: 0, rest: false }))).toEqual([2, 3, 4])
})

test("what is left is a window when nothing more comes, and quiet logs settle by the clock", () => {
  const windows = runWindows({ runs: 5, judgedUntilMs: -Infinity })
  for (const number of [0, 1, 2]) windows.add(run(number, number * 1_000, 500))
  expect(names(windows.take({ nowMs: 0, rest: true }))).toBeNull()
  expect(names(windows.take({ nowMs: 60_000, rest: false }))).toBeNull()
  expect(names(windows.take({ nowMs: 60_000, rest: true }))).toEqual([0, 1, 2])
  expect(names(windows.take({ nowMs: 60_000, rest: true }))).toBeNull()
})

test("runs that were judged before are not taken again", () => {
  const windows = runWindows({ runs: 1, judgedUntilMs: 1_000 })
  for (const number of [0, 1, 2, 3]) windows.add(run(number, number * 1_000, 500))
  expect(names(windows.take({ nowMs: 100_000, rest: true }))).toEqual([2, 3])
  windows.add(run(2, 2_000, 500))
  expect(names(windows.take({ nowMs: 100_000, rest: true }))).toBeNull()
})

test("of a backlog the newest ten windows' worth of runs is one window", () => {
  const windows = runWindows({ runs: 2, judgedUntilMs: -Infinity })
  for (let number = 0; number < 50; number++) windows.add(run(number, number * 1_000, 500))
  expect(names(windows.take({ nowMs: 1e9, rest: false }))).toEqual(Array.from({ length: 20 }, (_, i) => 30 + i))
  expect(windows.waiting).toBe(0)
})
