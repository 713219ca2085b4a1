import { expect, test } from "vitest"
import { invocationCost } from "./invocation-cost.ts"
import type { GatheredRun } from "./gathered-run.ts"
import type { LoggedInvocation } from "./logged-item.ts"
import { runCollector, type RunCollector, type RunCollectorOptions } from "./run-collector.ts"

const START = Date.UTC(2026, 2, 1)

function logged(
  requestId: string,
  change: Partial<LoggedInvocation["invocation"]> & {
    readonly of?: readonly string[]
    readonly form?: "report" | "event"
    readonly dated?: boolean
  } = {},
): LoggedInvocation {
  const { of = ["run"], form = "event", dated = true, ...rest } = change
  return {
    kind: "invocation",
    form,
    dated,
    runIds: of,
    invocation: {
      requestId,
      runId: null,
      functionName: "f",
      memoryMB: 512,
      startMs: START,
      endMs: START + 100,
      durationMs: 100,
      billedMs: 100,
      initMs: 0,
      outcome: "ok",
      source: "f",
      ...rest,
    },
  }
}

function collected(options: Partial<RunCollectorOptions> = {}): { collector: RunCollector; runs: GatheredRun[] } {
  const runs: GatheredRun[] = []
  return { runs, collector: runCollector({ onRun: (run) => runs.push(run), ...options }) }
}

function ids(runs: readonly GatheredRun[]): Record<string, readonly string[]> {
  return Object.fromEntries(runs.map((run) => [run.runId, run.invocations.map(({ requestId }) => requestId).sort()]))
}

test("an invocation counts once, however often its report stands there", () => {
  const { collector, runs } = collected()
  for (let i = 0; i < 3; i++) collector.add(logged("a"))
  collector.flush()
  expect(ids(runs)).toEqual({ run: ["a"] })
  expect(collector.counts).toMatchObject({ invocations: 1, duplicates: 2 })
})

test("the JSON line of an invocation wins over its REPORT line, and neither is a duplicate", () => {
  const { collector, runs } = collected()
  collector.add(logged("a", { form: "report", dated: false, of: [], startMs: 0, endMs: 0 }))
  collector.add(logged("a", { step: "mark" }))
  collector.add(logged("a", { form: "report", dated: false, of: [] }))
  collector.flush()
  expect(runs[0]!.invocations[0]).toMatchObject({ step: "mark", startMs: START })
  expect(collector.counts).toMatchObject({ invocations: 1, duplicates: 0, undated: 0 })
})

test("a second try under the same request id is an invocation of its own", () => {
  const { collector, runs } = collected()
  collector.add(logged("a", { outcome: "error" }))
  collector.add(logged("a", { startMs: START + 60_000, endMs: START + 60_080, durationMs: 80 }))
  collector.flush()
  expect(runs[0]!.invocations).toHaveLength(2)
})

test("two tries that time out after the same time are two invocations", () => {
  const { collector, runs } = collected()
  collector.add(logged("a", { outcome: "timeout" }))
  collector.add(logged("a", { outcome: "timeout", startMs: START + 60_000, endMs: START + 60_100 }))
  collector.flush()
  expect(runs[0]!.invocations).toHaveLength(2)
})

test("a run that has two names is one run", () => {
  const { collector, runs } = collected()
  collector.add(logged("inner", { of: ["trace"] }))
  collector.add(logged("outer", { of: ["run", "trace"] }))
  collector.add(logged("late-inner", { of: ["trace"] }))
  collector.flush()
  expect(ids(runs)).toEqual({ run: ["inner", "late-inner", "outer"] })
})

test("a note names the run, before or after the report", () => {
  const { collector, runs } = collected()
  collector.add({ kind: "note", requestId: "a", runId: "order" })
  collector.add(logged("a", { of: [] }))
  collector.add(logged("b", { of: [] }))
  collector.add({ kind: "note", requestId: "b", runId: "order", configVersion: 4 })
  collector.flush()
  expect(ids(runs)).toEqual({ order: ["a", "b"] })
  expect(runs[0]!.invocations.find(({ requestId }) => requestId === "b")).toMatchObject({
    configVersion: 4,
    runId: "order",
  })
})

test("without ids runs are told apart by pauses", () => {
  const { collector, runs } = collected({ quietMs: 1_000 })
  const at = (name: string, offsetMs: number): void =>
    collector.add(logged(name, { of: [], startMs: START + offsetMs, endMs: START + offsetMs + 100 }))
  at("c", 5_000)
  at("a", 0)
  at("b", 900)
  collector.flush()
  expect(runs.map(({ joinedBy }) => joinedBy)).toEqual(["time", "time"])
  expect(Object.values(ids(runs))).toEqual([["a", "b"], ["c"]])
})

test("memory is bounded: the run that was quiet longest is closed, and what comes late for it is counted", () => {
  const { collector, runs } = collected({ most: 100 })
  for (let run = 0; run < 100; run++)
    for (let i = 0; i < 3; i++) collector.add(logged(`${run}-${i}`, { of: [`run-${run}`] }))
  expect(runs.length).toBeGreaterThan(60)
  expect(runs[0]!.invocations).toHaveLength(3)
  collector.add(logged("0-late", { of: ["run-0"] }))
  collector.flush()
  expect(runs).toHaveLength(100)
  expect(collector.counts).toMatchObject({ invocations: 300, late: 1 })
})

test("a report without a time is left out and counted; a prewarm leaves nothing", () => {
  const { collector, runs } = collected()
  collector.add(logged("a", { dated: false, startMs: 0, endMs: 0 }))
  collector.add(logged("p", { form: "report" }))
  collector.add({ kind: "passed", requestId: "p" })
  collector.add(logged("p", { form: "report" }))
  collector.flush()
  expect(runs).toEqual([])
  expect(collector.counts).toMatchObject({ undated: 1 })
})

test("an ending on a line of its own is how the invocation ended", () => {
  const { collector, runs } = collected({ costOf: invocationCost({ usdPerGbSecond: 1, usdPerRequest: 0.5 }) })
  collector.add(logged("a"))
  collector.add({ kind: "ending", requestId: "a", outcome: "timeout" })
  collector.flush()
  expect(runs[0]!.invocations[0]).toMatchObject({ outcome: "timeout", costUsd: 0.5 * 0.1 + 0.5 })
})

test("settling closes the runs that ended before, by name or by time, and leaves the others open", () => {
  const runs: string[] = []
  const collector = runCollector({
    quietMs: 5_000,
    onRun: ({ invocations }) => runs.push(invocations.map(({ requestId }) => requestId).join()),
  })
  const item = (requestId: string, runId: string | null, endMs: number): LoggedInvocation => ({
    kind: "invocation",
    form: "report",
    dated: true,
    runIds: runId === null ? [] : [runId],
    invocation: {
      requestId,
      runId,
      functionName: "f",
      memoryMB: 512,
      startMs: endMs - 100,
      endMs,
      durationMs: 100,
      billedMs: 100,
      initMs: 0,
      outcome: "ok",
      source: "f",
    },
  })
  collector.add(item("a", "one", 10_000))
  collector.add(item("b", "two", 11_000))
  collector.add(item("c", "one", 30_000))
  for (const [name, endMs] of [
    ["x", 5_000],
    ["y", 20_000],
    ["z", 23_000],
  ] as const)
    collector.add(item(name, null, endMs))
  collector.settle(28_000)
  // Run one goes on; y and z are one session, which ended less than the pause before.
  expect(runs).toEqual(["b", "x"])
  collector.flush()
  expect(runs.slice(2)).toEqual(["a,c", "y,z"])
})
