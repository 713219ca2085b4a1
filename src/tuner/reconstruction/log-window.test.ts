import { expect, test } from "vitest"
import type { GatheredRun } from "../inspection/gathered-run.ts"
import { runWindow } from "./log-window.ts"

const COUNTS = { lines: 0, invocations: 0, malformed: 0, duplicates: 0, late: 0, outOfOrder: 0, undated: 0 }
const START = Date.UTC(2026, 2, 1)

function run(number: number, configVersion: number): GatheredRun {
  const startMs = START + number * 1_000
  return {
    runId: `run-${number}`,
    joinedBy: "id",
    invocations: [
      {
        requestId: `${number}`,
        runId: `run-${number}`,
        functionName: "f",
        memoryMB: 512,
        startMs,
        endMs: startMs + 100,
        durationMs: 100,
        billedMs: 100,
        initMs: 0,
        outcome: "ok",
        configVersion,
        source: "f",
      },
    ],
  }
}

test("a window by count keeps the newest runs, in whatever order they come", () => {
  const window = runWindow({ kind: "runs", runs: 3 })
  for (const number of [4, 1, 5, 2, 3]) window.add(run(number, 1))
  const { window: read, pipeline } = window.read(COUNTS)
  expect(read.observed.map(({ runId }) => runId)).toEqual(["run-3", "run-4", "run-5"])
  expect(read).toMatchObject({ runs: 3, completeRuns: 3, fromMs: START + 3_000, toMs: START + 5_100 })
  expect(pipeline!.steps.map(({ name }) => name)).toEqual(["f"])
})

test("a window by time keeps the runs that ended in it", () => {
  const window = runWindow({ kind: "time", ms: 2_000 })
  for (const number of [1, 2, 3, 4, 5]) window.add(run(number, number))
  expect(window.read(COUNTS).window).toMatchObject({ runs: 3, configVersions: [3, 4, 5] })
})

test("a window that was cleared is empty", () => {
  const window = runWindow({ kind: "runs", runs: 3 })
  window.add(run(1, 1))
  window.clear()
  const { window: read, pipeline } = window.read(COUNTS)
  expect(read).toMatchObject({ runs: 0, fromMs: null, counts: { missing: 0 } })
  expect(pipeline).toBeNull()
})
