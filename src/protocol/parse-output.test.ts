import { expect, test } from "vitest"
import type { PartOutput } from "./envelope.ts"
import { parsePartOutput, parsePrewarmOutput, parseWrapperReport } from "./parse-output.ts"
import { parseOperationReport } from "./operation-report.ts"
import { formatPlatformReport, parseLogLine } from "./platform-report.ts"
import type { WrapperReport } from "./wrapper-report.ts"

const report: WrapperReport = {
  downloadMs: 1,
  computeMs: 2,
  uploadMs: 3,
  downloadBytes: 4,
  uploadBytes: 5,
  downloadObjects: 6,
  uploadObjects: 7,
  tasks: 1,
  processes: 1,
  cold: true,
  replayed: false,
  peakProcessMB: 50,
}
const inline: PartOutput = { $trimtab: { v: 1, kind: "part", results: [1], errors: [], report } }

test("answers are read as they were written, inline or by reference", () => {
  expect(parsePartOutput(inline)).toEqual(inline)
  const { results: _, ...rest } = inline.$trimtab
  const errors = [{ task: 0, errorType: "E", message: "m" }]
  const large = { $trimtab: { ...rest, errors, resultsRef: { $ref: "k", bytes: 1, sha256: "0" } } }
  expect(parsePartOutput(large)).toEqual(large)
  expect(parsePrewarmOutput({ $trimtab: { v: 1, kind: "prewarm", cold: true } })?.$trimtab.cold).toBe(true)
})

test("what is not an answer of the wrapper is null", () => {
  const broken = [
    null,
    {},
    { $trimtab: null },
    { $trimtab: { ...inline.$trimtab, v: 2 } },
    { $trimtab: { ...inline.$trimtab, kind: "prewarm" } },
    { $trimtab: { ...inline.$trimtab, results: undefined } },
    { $trimtab: { ...inline.$trimtab, errors: [{ task: 1 }] } },
    { $trimtab: { ...inline.$trimtab, report: { ...report, computeMs: null } } },
  ]
  for (const payload of broken) expect(parsePartOutput(payload)).toBeNull()
  expect(parsePrewarmOutput(inline)).toBeNull()
  expect(parseWrapperReport({ ...report, cold: 1 })).toBeNull()
})

test("counters of the instance are optional, and whole where they are there", () => {
  const operations = {
    wallMs: 10,
    userMs: 5,
    systemMs: 1,
    contextSwitches: 3,
    memorySnapshots: 0,
    heapBytes: 5e6,
    peakMemoryBytes: 5e7,
    bytesSent: 0,
    bytesReceived: 0,
  }
  expect(parseWrapperReport({ ...report, operations })).toEqual({ ...report, operations })
  expect(parseOperationReport({ ...operations, ioReadBytes: 7, unknown: 1 })).toEqual({ ...operations, ioReadBytes: 7 })
  const { userMs: _, ...cut } = operations
  for (const broken of [null, {}, cut, { ...operations, heapBytes: -1 }, { ...operations, stackBytes: "8" }])
    expect(parseWrapperReport({ ...report, operations: broken })).toBeNull()
  const line = { requestId: "r", durationMs: 1, billedMs: 1, memoryMB: 128, maxMemoryUsedMB: 64 }
  const details = { functionName: "f", repeat: 0, coldStart: true, startedAtMs: 1, endedAtMs: 2 }
  const printed = { ...line, details: { ...details, wrapper: { ...report, operations } } }
  expect(parseLogLine(formatPlatformReport(printed))).toEqual(printed)
})
