import { readFile } from "node:fs/promises"
import { Ajv2020 } from "ajv/dist/2020.js"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { TrimtabError } from "../base/errors.ts"
import { parseWorkflow, parseWorkflowText } from "./parse.ts"

const WATERMARK = `
name: watermark
functions:
  cut:  { handler: ./cut.ts, threads: multi }
  mark: { handler: ./mark.ts, threads: single }
  join: { handler: ./join.ts, threads: multi }
steps:
  join: { function: join, after: [mark], split: none }
  cut:  { function: cut, split: none }
  mark:
    function: mark
    after: [cut]
    split: each
    merge: list
    configSpace: { memoryMB: { min: 512, max: 3008, step: 64 }, instances: { min: 1, max: 16, step: 1 } }
    retry: [{ on: CodecError, max: 2, baseMs: 200 }]
    timeoutMs: 60000
    tolerance: { share: 0.05 }
goal: { sloMs: 20000, percentile: 0.95 }
`

function refusal(text: string): TrimtabError {
  try {
    parseWorkflowText(text, "flow.yaml")
  } catch (error) {
    if (error instanceof TrimtabError) return error
    throw error
  }
  throw new Error("the spec was accepted")
}

describe("a spec in YAML", () => {
  const workflow = parseWorkflowText(WATERMARK, "flow.yaml")

  test("gives steps in topological order, whatever the order of the file", () => {
    expect(workflow.steps.map((step) => step.name)).toEqual(["cut", "mark", "join"])
  })

  test("keeps what it says and fills in the defaults", () => {
    expect(workflow.steps[1]).toEqual({
      name: "mark",
      function: "mark",
      after: ["cut"],
      split: { kind: "each" },
      merge: { kind: "list" },
      configSpace: {
        memoryMB: { min: 512, max: 3008, step: 64 },
        instances: { min: 1, max: 16, step: 1 },
        processes: { min: 1, max: 6, step: 1 },
      },
      retry: [{ on: "CodecError", max: 2, baseMs: 200 }],
      timeoutMs: 60_000,
      tolerance: { kind: "share", share: 0.05 },
    })
    expect(workflow.goal).toEqual({ kind: "cost", sloMs: 20_000, percentile: 0.95 })
    expect(workflow.steps[0]!.configSpace.memoryMB).toEqual({ min: 128, max: 10_240, step: 64 })
  })

  test("means the same in JSON", () => {
    const json = JSON.stringify({
      name: "one",
      functions: { f: { handler: "./f.ts" } },
      steps: { s: { function: "f", split: { size: 4 }, merge: { export: "join" } } },
      goal: { budgetUsd: 0.01 },
    })
    const parsed = parseWorkflowText(json, "flow.json")
    expect(parsed.steps[0]).toMatchObject({ split: { kind: "size", size: 4 }, merge: { kind: "export", name: "join" } })
    expect(parsed.goal).toEqual({ kind: "latency", budgetUsd: 0.01, percentile: 0.95 })
  })
})

describe("a spec that is wrong is refused with one line that says where and what to do", () => {
  const broken: readonly (readonly [string, string, RegExp])[] = [
    [
      "unknown step in after",
      WATERMARK.replace("after: [cut]", "after: [cuts]"),
      /step mark comes after cuts, which is not a step; name one of: .*cut/,
    ],
    [
      "cycle",
      WATERMARK.replace("cut:  { function: cut,", "cut:  { function: cut, after: [join],"),
      /cycle: (\w+ -> ){3}\w+; remove/,
    ],
    [
      "duplicate name",
      WATERMARK.replace("  mark:\n", "  cut: { function: cut }\n  mark:\n"),
      /flow\.yaml:\d+: the same name is used twice/,
    ],
    [
      "unknown function",
      WATERMARK.replace("function: mark", "function: marc"),
      /step mark calls the function marc, which is not defined/,
    ],
    ["a typo in a key", WATERMARK.replace("timeoutMs", "timeoutMS"), /steps\.mark: Unrecognized key: "timeoutMS"/],
    ["a value out of range", WATERMARK.replace("max: 3008", "max: 30080"), /steps\.mark\.configSpace\.memoryMB\.max/],
    ["min above max", WATERMARK.replace("min: 512", "min: 9984"), /memoryMB: min must not be above max/],
    ["text that is not YAML", "name: [", /flow\.yaml:\d+/],
    ["nothing", "", /flow\.yaml: /],
    ["a list", "[]", /flow\.yaml: /],
    ["no steps", "name: x\nfunctions: {}\nsteps: {}", /steps: a workflow needs a step/],
    ["a parent named twice", WATERMARK.replace("after: [cut]", "after: [cut, cut]"), /names cut twice/],
    [
      "prototype names",
      "name: x\nfunctions: { f: { handler: a } }\nsteps: { s: { function: constructor } }",
      /constructor, which is not defined/,
    ],
  ]
  test.each(broken)("%s", (_what, text, message) => {
    const error = refusal(text)
    expect(error.code).toBe("invalid-workflow")
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain("\n")
  })

  test("any text at all is a workflow or one TrimtabError", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseWorkflowText(text, "flow.yaml")
        } catch (error) {
          expect(error).toBeInstanceOf(TrimtabError)
        }
      }),
      { numRuns: 300 },
    )
  })
})

test("when, map and loop are parsed", () => {
  const base = { name: "x", functions: { f: { handler: "./f.ts" } } }
  const rules = {
    when: { step: "a", path: "faces", operator: ">", value: 0 },
    map: { step: "a", path: "items" },
    loop: { while: { path: "again", operator: "==", value: true }, max: 3 },
  }
  for (const [rule, value] of Object.entries(rules)) {
    const workflow = parseWorkflow(
      { ...base, steps: { a: { function: "f" }, b: { function: "f", after: ["a"], [rule]: value } } },
      "x",
    )
    expect(workflow.steps[1]).toHaveProperty(rule, value)
  }
})

test.each([
  [
    { after: [], when: { step: "a", path: "x", operator: "exists" } },
    /when of step b looks at a, which does not come before it/,
  ],
  [{ after: [], map: { step: "a", path: "x" } }, /map of step b looks at a, which does not come before it/],
  [{ map: { step: "a", path: "x" }, split: "each" }, /step b has both map and split; keep one/],
  [
    { map: { step: "a", path: "x" }, loop: { while: { path: "y", operator: "exists" }, max: 2 } },
    /step b has both map and loop/,
  ],
])("a shape that no run could follow is refused: %j", (rules, message) => {
  const spec = {
    name: "x",
    functions: { f: { handler: "./f.ts" } },
    steps: { a: { function: "f" }, b: { function: "f", after: ["a"], ...rules } },
  }
  expect(() => parseWorkflow(spec, "x")).toThrow(message)
})

test("the published JSON Schema accepts the spec and refuses a typo", async () => {
  const schema: unknown = JSON.parse(await readFile(new URL("../../schema/workflow.json", import.meta.url), "utf8"))
  const validate = new Ajv2020({ strict: false }).compile(schema as object)
  const spec = { name: "one", functions: { f: { handler: "./f.ts" } }, steps: { s: { function: "f", split: "each" } } }
  expect(validate(spec)).toBe(true)
  expect(validate({ ...spec, steps: { s: { function: "f", spilt: "each" } } })).toBe(false)
})
