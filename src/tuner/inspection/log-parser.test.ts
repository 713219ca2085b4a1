import { expect, test } from "vitest"
import { formatPlatformReport } from "../../protocol/platform-report.ts"
import { logParser } from "./log-parser.ts"
import type { LoggedInvocation, LoggedItem } from "./logged-item.ts"

const REPORT =
  "REPORT RequestId: 7d2c\tDuration: 200.50 ms\tBilled Duration: 201 ms\tMemory Size: 512 MB\tMax Memory Used: 90 MB"

function read(lines: readonly string[], functionName: string | null = "resize"): readonly LoggedItem[] {
  const items: LoggedItem[] = []
  const parser = logParser({ source: "resize", functionName, onItem: (item) => items.push(item) })
  for (const line of lines) parser.line(line)
  parser.end()
  return items
}

function onlyInvocation(lines: readonly string[], functionName?: string | null): LoggedInvocation {
  const items = read(lines, functionName)
  expect(items.map(({ kind }) => kind)).toEqual(["invocation"])
  return items[0] as LoggedInvocation
}

test("a REPORT line behind its time gives the instants of the invocation", () => {
  const { invocation, dated } = onlyInvocation([`2026-03-01T10:00:00.000Z ${REPORT}\tInit Duration: 150.00 ms`])
  const endMs = Date.UTC(2026, 2, 1, 10)
  expect(dated).toBe(true)
  expect(invocation).toMatchObject({ functionName: "resize", requestId: "7d2c", endMs, startMs: endMs - 200.5 })
  expect(invocation).toMatchObject({ initMs: 150, memoryMB: 512, billedMs: 201, maxMemoryMB: 90, outcome: "ok" })
})

test("X-Ray's trace names the run, in both kinds of line", () => {
  const text = onlyInvocation([
    `2026-03-01T10:00:00.000Z ${REPORT}\tXRAY TraceId: 1-5f-ab\tSegmentId: 1f\tSampled: true`,
  ])
  const json = onlyInvocation([
    formatPlatformReport({
      requestId: "7d2c",
      durationMs: 1,
      billedMs: 1,
      memoryMB: 512,
      maxMemoryUsedMB: 9,
      tracing: { traceId: "1-5f-ab", parentId: "0a", spanId: "0b" },
    }).replace(/"time":"[^"]*"/, '"time":"2026-03-01T10:00:00Z"'),
  ])
  expect(text.runIds).toEqual(["1-5f-ab"])
  expect(json.runIds).toEqual(["1-5f-ab"])
  expect(json.invocation).toMatchObject({ spanId: "0b", calledBy: "0a" })
})

test("our engine's key names run and step, and goes before the trace", () => {
  const { runIds, invocation } = onlyInvocation([
    formatPlatformReport({
      requestId: "7d2c",
      durationMs: 1,
      billedMs: 1,
      memoryMB: 512,
      maxMemoryUsedMB: 9,
      tracing: { traceId: "1-5f-ab" },
      details: {
        functionName: "f",
        repeat: 0,
        coldStart: false,
        startedAtMs: 1.7e12,
        endedAtMs: 1.7e12 + 1,
        key: "r1/clip.mark#0.1/3",
      },
    }),
  ])
  expect(runIds).toEqual(["r1", "1-5f-ab"])
  expect(invocation).toMatchObject({ step: "clip.mark", functionName: "f", runId: "r1" })
})

test("events of CloudWatch are unwrapped, one a line and in one document", () => {
  const event = { timestamp: Date.UTC(2026, 2, 1), logGroup: "/aws/lambda/scale", message: `${REPORT}\n` }
  const { invocation } = onlyInvocation([JSON.stringify(event)])
  expect(invocation).toMatchObject({ functionName: "scale", source: "scale", endMs: Date.UTC(2026, 2, 1) })
  const lines = JSON.stringify({ events: [event] }, null, 2).split("\n")
  expect(onlyInvocation(lines).invocation).toEqual(invocation)
})

test("a function's own structured line ties its request to a run and a configuration", () => {
  const line = {
    level: "INFO",
    message: "called",
    function_request_id: "7d2c",
    correlation_id: "order-1",
    configVersion: 3,
  }
  expect(read([JSON.stringify(line)])).toEqual([
    { kind: "note", requestId: "7d2c", runId: "order-1", configVersion: 3 },
  ])
})

test("a report without any time is no invocation that can be placed", () => {
  expect(onlyInvocation([REPORT]).dated).toBe(false)
})

test("what a prewarm reports is passed over", () => {
  const line = formatPlatformReport({
    requestId: "p",
    durationMs: 1,
    billedMs: 1,
    memoryMB: 512,
    maxMemoryUsedMB: 9,
    details: { functionName: "f", repeat: 0, coldStart: true, startedAtMs: 1.7e12, endedAtMs: 1.7e12, prewarm: true },
  })
  expect(read([line])).toEqual([{ kind: "passed", requestId: "p" }])
})

test.each([
  ["a name meant for a terminal", formatted({ functionName: "f\u001b[31m" })],
  ["an end before the start", formatted({ startedAtMs: 1.7e12 + 5, endedAtMs: 1.7e12 })],
  ["an instant before there were functions", formatted({ startedAtMs: 5, endedAtMs: 10 })],
  ["a report that is cut", `2026-03-01T10:00:00Z ${REPORT.slice(0, 60)}`],
  ["JSON that is cut", formatted({}).slice(0, -5)],
])("%s is malformed, and no more", (_, line) => {
  expect(read([line]).map(({ kind }) => kind)).toEqual(["malformed"])
})

test("somebody's output is passed over", () => {
  expect(
    read(["", "hello", "{}", '{"a":[1]}', "[1,2", "START RequestId: 1 Version: 2", "null", "platform.", "é"]),
  ).toEqual([])
})

function formatted(details: object): string {
  const whole = {
    functionName: "f",
    repeat: 0,
    coldStart: false,
    startedAtMs: 1.7e12,
    endedAtMs: 1.7e12 + 1,
    ...details,
  }
  return formatPlatformReport({
    requestId: "r",
    durationMs: 1,
    billedMs: 1,
    memoryMB: 512,
    maxMemoryUsedMB: 9,
    details: whole,
  })
}
