import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { formatPlatformReport } from "../../protocol/platform-report.ts"
import { formatReportLine } from "../../protocol/report-line.ts"
import { logReader } from "./log-reader.ts"
import { CONTEXT, readRows, reasonsIn, samplesIn } from "./testing/read-rows.ts"

const ID = "8f507cfc-xmpl-4697-b07a-ac58fc914c95".replace("xmpl", "4a1b")
const REPORT = `REPORT RequestId: ${ID}\tDuration: 1201.42 ms\tBilled Duration: 1202 ms\tMemory Size: 512 MB\tMax Memory Used: 83 MB\t`
const COLD = `REPORT RequestId: ${ID}\tDuration: 1201.42 ms\tBilled Duration: 1356 ms\tMemory Size: 512 MB\tMax Memory Used: 83 MB\tInit Duration: 153.62 ms\t`

const EVENT = {
  time: "2026-03-12T19:46:18.721Z",
  type: "platform.report",
  record: {
    requestId: ID,
    metrics: { durationMs: 1201.42, billedDurationMs: 1202, memorySizeMB: 512, maxMemoryUsedMB: 83 },
    tracing: { spanId: "0d7c4d1b2a", type: "X-Amzn-Trace-Id", value: "Root=1-62e9;Sampled=1" },
    status: "success",
  },
}

function read(text: string): ReturnType<typeof readRows> {
  return readRows(logReader(CONTEXT), text)
}

describe("log text", () => {
  it("takes REPORT lines from between other lines, dated by what an export puts before them", () => {
    const text = [
      "2026-03-12T19:46:17.500Z START RequestId: x Version: $LATEST",
      "2026-03-12T19:46:18.100Z\tx\tINFO\tresized 3 images in 12 ms",
      `2026-03-12T19:46:18.721Z ${REPORT}`,
    ].join("\n")
    const [row] = samplesIn(read(text))
    expect(row).toMatchObject({ at: "3", functionName: null })
    expect(row?.sample).toMatchObject({
      id: ID,
      source: "log",
      atMs: Date.UTC(2026, 2, 12, 19, 46, 18, 721),
      memoryMB: 512,
      durationMs: 1201.42,
      computeMs: 1201.42,
      downloadMs: 0,
      maxMemoryUsedMB: 83,
      cold: false,
      tasks: 1,
      outcome: "ok",
    })
  })

  it.each([
    ["bare", REPORT],
    ["aws logs tail", `2026-03-12T19:46:18.721000+00:00 2026/03/12/[$LATEST]9c1b ${REPORT}`],
    ["console CSV", `1773344778721,"${REPORT}"`],
    ["filter-log-events as text", `EVENTS\t3771\t1773344778999\t2026/03/12/[$LATEST]9c1b\t${REPORT}`],
    ["tabs that became spaces", REPORT.replaceAll("\t", "  ")],
    ["with tracing", `${REPORT}XRAY TraceId: 1-62e9\tSegmentId: 0d7c\tSampled: true\t`],
    ["NDJSON of events", JSON.stringify({ timestamp: 1_773_344_778_721, message: `${REPORT}\n` })],
    ["Logs Insights as JSON", JSON.stringify([{ "@timestamp": "2026-03-12 19:46:18.721", "@message": REPORT }])],
    ["JSON log", JSON.stringify(EVENT)],
    ["JSON log behind a time", `2026-03-12T19:46:18.721000+00:00 2026/03/12/[$LATEST]9c1b ${JSON.stringify(EVENT)}`],
    ["JSON log in a console CSV", `1773344778721,"${JSON.stringify(EVENT).replaceAll('"', '""')}"`],
    ["JSON log as a text in an event", JSON.stringify({ timestamp: 1, message: JSON.stringify(EVENT) })],
    ["a document of events", JSON.stringify({ events: [{ timestamp: 1_773_344_778_721, message: REPORT }] }, null, 4)],
  ])("understands %s", (_name, text) => {
    const rows = read(text)
    expect(reasonsIn(rows)).toEqual([])
    expect(samplesIn(rows).map(({ sample }) => sample.durationMs)).toEqual([1201.42])
  })

  it("takes the function's name from the log group", () => {
    const data = {
      messageType: "DATA_MESSAGE",
      logGroup: "/aws/lambda/resize",
      logStream: "s",
      logEvents: [] as object[],
    }
    data.logEvents.push({ id: "1", timestamp: 1_773_344_778_721, message: REPORT })
    expect(samplesIn(read(JSON.stringify(data)))[0]?.functionName).toBe("resize")
  })

  it("adds init to what was billed before August 2025, and not since", () => {
    const billed = (day: string, line: string): number | undefined =>
      samplesIn(read(`${day}T00:00:00.000Z ${line}`))[0]?.sample.billedMs
    const old = COLD.replace("1356", "1202")
    expect(billed("2025-07-31", old)).toBe(1356)
    expect(billed("2025-08-01", COLD)).toBe(1356)
    // Images were billed for init before as well: it is in the figure already.
    expect(billed("2025-07-31", COLD)).toBe(1356)
    expect(samplesIn(read(COLD))[0]?.sample).toMatchObject({ cold: true, initMs: 153.62 })
  })

  it("tells how an invocation ended, on its line or on one of its own", () => {
    const outcome = (line: string): unknown => samplesIn(read(line))[0]?.sample.outcome
    expect(outcome(`${REPORT}Status: timeout`)).toBe("timeout")
    expect(outcome(`${REPORT}Status: error\tError Type: Runtime.OutOfMemory`)).toBe("out-of-memory")
    expect(outcome(`${REPORT}Status: error\tError Type: Runtime.UserCodeSyntaxError`)).toBe("error")
    const atSize = REPORT.replace("Used: 83", "Used: 512")
    expect(outcome(`${atSize}Status: error\tError Type: Runtime.ExitError`)).toBe("out-of-memory")
    expect(read(`2024-01-01T00:00:00.000Z ${ID} Task timed out after 3.00 seconds`)).toEqual([
      { kind: "ending", id: ID, outcome: "timeout" },
    ])
    expect(read(`RequestId: ${ID} Error: Runtime exited with error: signal: killed`)).toEqual([
      { kind: "ending", id: ID, outcome: "out-of-memory" },
    ])
  })

  it("adds the time of an init that was reported by itself", () => {
    const init = {
      time: EVENT.time,
      type: "platform.initReport",
      record: { phase: "init", metrics: { durationMs: 99 } },
    }
    const rows = read(`${JSON.stringify(init)}\n${JSON.stringify(EVENT)}`)
    expect(samplesIn(rows)[0]?.sample).toMatchObject({ cold: true, initMs: 99 })
  })

  it("reads the local platform's log with its phases, and passes over prewarming", () => {
    const report = { requestId: "r1", durationMs: 100, billedMs: 100, memoryMB: 512, maxMemoryUsedMB: 50 }
    const details = { functionName: "cut", repeat: 0, coldStart: false, startedAtMs: 1.7e12, endedAtMs: 1.7e12 + 100 }
    const wrapper = {
      downloadMs: 10,
      computeMs: 80,
      uploadMs: 5,
      downloadBytes: 1,
      uploadBytes: 1,
      downloadObjects: 1,
      uploadObjects: 1,
      tasks: 3,
      processes: 2,
      cold: false,
      replayed: false,
      peakProcessMB: 40,
    }
    const own = formatPlatformReport({ ...report, details: { ...details, wrapper } })
    const rows = read(`${formatReportLine(report)}\n${own}`)
    expect(samplesIn(rows).map(({ full }) => full)).toEqual([false, true])
    expect(samplesIn(rows)[1]).toMatchObject({
      functionName: "cut",
      sample: { id: "r1", computeMs: 80, downloadMs: 10, tasks: 3, processes: 2 },
    })
    expect(read(formatPlatformReport({ ...report, details }))).toEqual([{ kind: "passed", id: "r1" }])
  })
})

describe("a report that makes no sense is a bad row", () => {
  it.each([
    ["a time that is no number", REPORT.replace("1201.42", "NaN"), /Duration is "NaN ms"/],
    ["a negative time", REPORT.replace("1201.42", "-3"), /Duration is "-3 ms"/],
    ["no time at all", REPORT.replace("1201.42", "0.00").replace("1202", "1"), /duration is 0 ms/],
    ["a time of 30 years", REPORT.replace("1201.42", "1000000000000"), /does not belong/],
    ["another unit", REPORT.replace("1201.42 ms", "1.2 s"), /Duration is "1.2 s"/],
    ["a size that there is not", REPORT.replace("512 MB", "64 MB").replace("83 MB", "60 MB"), /memory is 64 MB/],
    ["a size of a terabyte", REPORT.replace("512 MB", "1048576 MB"), /memory is 1048576 MB/],
    ["a cut line", REPORT.slice(0, 70), /missing|is/],
    ["two lines in one", REPORT + REPORT, /two reports stand in one line/],
    ["an unknown field", `${REPORT}Imit Duration: 153.62 ms`, /no field of a report/],
    ["a broken init", COLD.replace("153.62", "15E.62"), /Init Duration is/],
    ["a bill of another invocation", REPORT.replace("1202 ms", "120200 ms"), /does not belong/],
    ["more memory used than there is", REPORT.replace("Used: 83", "Used: 830"), /above Memory Size/],
    ["a date to come", `2028-01-01T00:00:00.000Z ${REPORT}`, /in the future/],
    ["a date of before", `1999-01-01T00:00:00.000Z ${REPORT}`, /before there were functions/],
    ["a metric that is text", JSON.stringify(EVENT).replace("1201.42", '"1201.42"'), /durationMs is "1201.42"/],
    ["a metric that is null", JSON.stringify(EVENT).replace("1201.42", "null"), /durationMs is null/],
    ["a metric that is missing", JSON.stringify(EVENT).replace('"memorySizeMB":512,', ""), /memorySizeMB missing/],
    ["JSON cut short", JSON.stringify(EVENT).slice(0, -9), /not JSON/],
  ])("%s", (_name, line, message) => {
    const rows = read(`first line\n${line}`)
    expect(samplesIn(rows)).toEqual([])
    expect(reasonsIn(rows)).toHaveLength(1)
    expect(reasonsIn(rows)[0]).toMatch(message)
    expect(reasonsIn(rows)[0]).toMatch(/^2: /)
  })

  it("no mangled line gets in with other figures than those that stand in it", () => {
    const edit = fc.record({
      line: fc.constantFrom(REPORT, COLD, JSON.stringify(EVENT)),
      at: fc.nat(400),
      cut: fc.integer({ min: 0, max: 3 }),
      put: fc.string({ maxLength: 3 }).filter((text) => !/\d/.test(text)),
    })
    fc.assert(
      fc.property(edit, ({ line, at, cut, put }) => {
        const start = at % line.length
        const mangled = (line.slice(0, start) + put + line.slice(start + cut)).replaceAll("\n", " ")
        for (const { sample } of samplesIn(read(mangled))) {
          // Nothing was taken for a number that is not one of the line as it now is.
          for (const value of [sample.durationMs, sample.memoryMB, sample.maxMemoryUsedMB])
            expect(mangled).toContain(String(value))
          // Init is not lost: a line that still speaks of it makes a cold sample.
          expect(sample.cold).toBe(/Init Duration|initDuration/.test(mangled))
          if (/Init|init|153/.test(mangled)) expect(sample.cold).toBe(true)
        }
      }),
      { numRuns: 2000, seed: 7 },
    )
  })
})
