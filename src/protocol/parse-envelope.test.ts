import fc from "fast-check"
import { expect, test } from "vitest"
import { TrimtabError } from "../base/errors.ts"
import type { TaskEnvelope } from "./envelope.ts"
import { parseEnvelope } from "./parse-envelope.ts"
import { parsePartOutput, parsePrewarmOutput } from "./parse-output.ts"

const envelope: TaskEnvelope = {
  $trimtab: {
    v: 1,
    key: "k",
    repeat: 0,
    part: [0, 2],
    processes: 3,
    call: "handler",
    tasks: [1],
    outputKey: "k",
    deadlineMs: 5,
  },
}

test("a task envelope is read as it was written", () => {
  const leaving = { $trimtab: { ...envelope.$trimtab, files: "leave" } }
  expect(parseEnvelope(leaving)).toEqual({ kind: "part", part: leaving.$trimtab })
  expect(parseEnvelope(envelope)).toEqual({ kind: "part", part: envelope.$trimtab })
  const { tasks: _, ...rest } = envelope.$trimtab
  const tasksRef = { $ref: "t", bytes: 2, sha256: "0" }
  expect(parseEnvelope({ $trimtab: { ...rest, tasksRef } })).toEqual({ kind: "part", part: { ...rest, tasksRef } })
})

test("a prewarm and a plain payload are told apart", () => {
  expect(parseEnvelope({ $trimtab: { v: 1, prewarm: true, holdMs: 20 } })).toEqual({ kind: "prewarm", holdMs: 20 })
  for (const payload of [null, 1, "x", [], {}, { trimtab: 1 }])
    expect(parseEnvelope(payload)).toEqual({ kind: "plain" })
})

test("each missing or wrong field is named", () => {
  const fields = ["key", "repeat", "part", "processes", "call", "tasks", "outputKey", "deadlineMs"] as const
  for (const field of fields) {
    for (const wrong of [undefined, null, {}, ""]) {
      const payload = { $trimtab: { ...envelope.$trimtab, [field]: wrong } }
      expect(() => parseEnvelope(payload)).toThrow(new RegExp(`malformed envelope: ${field}`))
    }
  }
  expect(() => parseEnvelope({ $trimtab: 1 })).toThrow(/malformed/)
  expect(() => parseEnvelope({ $trimtab: { v: 9 } })).toThrow(/version 1/)
})

test("any JSON is parsed or refused, never an accident", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (value, field) => {
      for (const payload of [
        value,
        { $trimtab: value },
        { $trimtab: { ...envelope.$trimtab, part: value, tasks: field } },
      ]) {
        try {
          parseEnvelope(payload)
        } catch (error) {
          expect(error).toBeInstanceOf(TrimtabError)
        }
        parsePartOutput(payload)
        parsePrewarmOutput(payload)
      }
    }),
  )
})
