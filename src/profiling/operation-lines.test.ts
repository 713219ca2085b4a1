import { expect, test } from "vitest"
import { operationLine, type OperationRecord, parseOperations } from "./operation-lines.ts"

const RECORD: OperationRecord = {
  atMs: 5,
  codeSha256: "a",
  tasks: 3,
  profile: { source: "portable", local: { wallMs: 10, userMs: 8, systemMs: 1 }, counters: { heapBytes: 100 } },
}

test("records come back as they were, without a torn last line", () => {
  const text = operationLine(RECORD) + operationLine({ ...RECORD, atMs: 6 })
  expect(parseOperations(text, "f")).toEqual([RECORD, { ...RECORD, atMs: 6 }])
  expect(parseOperations(text.slice(0, -5), "f")).toEqual([RECORD])
  expect(parseOperations("", "f")).toEqual([])
})

test.each([
  ["not JSON", "{\n"],
  ["version 2", `${JSON.stringify({ ...RECORD, v: 2 })}\n`],
  ["tasks", operationLine({ ...RECORD, tasks: 0.5 })],
  ["source", operationLine({ ...RECORD, profile: { ...RECORD.profile, source: "other" as "portable" } })],
  [
    "local",
    operationLine({ ...RECORD, profile: { ...RECORD.profile, local: { wallMs: -1, userMs: 0, systemMs: 0 } } }),
  ],
])("a line that is none is named with its file and line: %s", (reason, line) => {
  expect(() => parseOperations(operationLine(RECORD) + line, "f.ndjson")).toThrow(new RegExp(`f.ndjson:2: .*${reason}`))
})
