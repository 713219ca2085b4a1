import { expect, test } from "vitest"
import type { PartOutput } from "./envelope.ts"
import { parsePartOutput, parsePrewarmOutput, parseWrapperReport } from "./parse-output.ts"
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
