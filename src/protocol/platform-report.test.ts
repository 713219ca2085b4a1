import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { formatPlatformReport, parseLog, parseLogLine, type PlatformReport } from "./platform-report.ts"
import { isContended, recordOfReport } from "./record-of-report.ts"
import { formatReportLine, parseReportLine } from "./report-line.ts"

const report: PlatformReport = {
  requestId: "8d9c5a5e-1111-4222-8333-444455556666",
  durationMs: 61.18,
  billedMs: 1305,
  memoryMB: 128,
  maxMemoryUsedMB: 71,
  initMs: 1243.8,
  details: {
    functionName: "mark",
    repeat: 1,
    coldStart: true,
    startedAtMs: 1_700_000_001_000,
    endedAtMs: 1_700_000_001_061,
    cpuMs: 12.5,
    throttledMs: 40,
    contentionMs: 0.5,
    admissionWaitMs: 3,
    enforced: "cgroup-v1",
    wrapper: {
      downloadMs: 1,
      computeMs: 50,
      uploadMs: 2,
      downloadBytes: 100,
      uploadBytes: 200,
      downloadObjects: 1,
      uploadObjects: 1,
      tasks: 4,
      processes: 2,
      cold: true,
      replayed: false,
      peakProcessMB: 44,
    },
  },
}

describe("REPORT lines", () => {
  it("reads a line as AWS Lambda prints it, with a trailing tab", () => {
    const line =
      "REPORT RequestId: 3604209a\tDuration: 3.35 ms\tBilled Duration: 124 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\tInit Duration: 120.00 ms\t"
    expect(parseReportLine(line)).toEqual({
      requestId: "3604209a",
      durationMs: 3.35,
      billedMs: 124,
      memoryMB: 128,
      maxMemoryUsedMB: 64,
      initMs: 120,
    })
  })

  it("reads the SnapStart fields and the status", () => {
    const line =
      "REPORT RequestId: a\tDuration: 5.00 ms\tBilled Duration: 33 ms\tMemory Size: 512 MB\tMax Memory Used: 100 MB\tRestore Duration: 451.46 ms\tBilled Restore Duration: 28 ms\tStatus: error\tError Type: Runtime.ExitError"
    expect(parseReportLine(line)).toMatchObject({
      restoreMs: 451.46,
      billedRestoreMs: 28,
      status: "error",
      errorType: "Runtime.ExitError",
    })
  })

  it("takes nothing that is cut, foreign or negative", () => {
    const whole = formatReportLine(report)
    for (let end = 0; end < whole.indexOf("\tInit"); end++) {
      const cut = parseReportLine(whole.slice(0, end))
      expect(cut).toBeNull()
    }
    expect(parseReportLine(whole.replace("61.18", "-1"))).toBeNull()
    expect(parseReportLine("a handler's own line")).toBeNull()
  })
})

describe("platform.report lines", () => {
  it("keeps everything through a line", () => {
    expect(parseLogLine(formatPlatformReport(report))).toEqual(report)
  })

  it("never throws, whatever the line says", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        parseLog(text)
        parseLogLine(`{"type":"platform.report","record":${text}}`)
      }),
    )
  })

  it("believes the platform, which prints last, rather than a function that prints its own report", () => {
    const forged = formatPlatformReport({ ...report, billedMs: 1 })
    expect(parseLog(`${forged}\n${formatReportLine(report)}\n${formatPlatformReport(report)}`)).toEqual([report])
  })

  it("gives one report per request, the JSON line before the other", () => {
    const tail = `cut off\nSTART\n${formatReportLine(report)}\n${formatPlatformReport(report)}\n${formatReportLine(report)}\n`
    expect(parseLog(tail)).toEqual([report])
  })
})

describe("records", () => {
  it("take their instants from the platform where it prints them", () => {
    const record = recordOfReport(report, { functionName: "mark", repeat: 1, sentAtMs: 1, receivedAtMs: 2 })
    expect(record).toMatchObject({
      startedAtMs: 1_700_000_001_000,
      coldStart: true,
      enforced: "cgroup-v1",
      initMs: 1243.8,
    })
  })

  it("end with the answer where it prints none", () => {
    const { details: _, ...bare } = report
    const record = recordOfReport(bare, { functionName: "mark", repeat: 0, sentAtMs: 1000, receivedAtMs: 2500 })
    expect(record.endedAtMs).toBe(2500)
    expect(record.startedAtMs).toBeCloseTo(2500 - 61.18)
  })

  it("are contended above 2 % of their duration", () => {
    expect(isContended({ durationMs: 100, contentionMs: 2 })).toBe(false)
    expect(isContended({ durationMs: 100, contentionMs: 2.1 })).toBe(true)
    expect(isContended({ durationMs: 100 })).toBe(false)
  })
})
