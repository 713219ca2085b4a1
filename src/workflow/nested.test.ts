import { describe, expect, test } from "vitest"
import { TrimtabError } from "../base/errors.ts"
import { testEngine } from "../engine/testing/test-engine.ts"
import { defineWorkflow } from "./builder.ts"
import { parseWorkflow, parseWorkflowText } from "./parse.ts"

const FUNCTIONS = "functions: { a: { handler: ./a.ts }, b: { handler: ./b.ts }, c: { handler: ./c.ts } }"

/** ```
 * cut -> enhance { left, right } -> join
 * ``` */
const ENHANCED = `
name: outer
${FUNCTIONS}
workflows:
  enhance:
    steps:
      left: { function: a }
      right: { function: b }
steps:
  cut: { function: a }
  enhance: { workflow: enhance, after: [cut] }
  join: { function: c, after: [enhance] }
`

function refusal(text: string): string {
  try {
    parseWorkflowText(text, "flow.yaml")
  } catch (error) {
    if (error instanceof TrimtabError) return error.message
    throw error
  }
  throw new Error("the spec was accepted")
}

describe("a step that runs a workflow", () => {
  test("is replaced by the steps of that workflow, in topological order", () => {
    const { steps } = parseWorkflowText(ENHANCED, "flow.yaml")
    expect(steps.map(({ name, after }) => [name, after])).toEqual([
      ["cut", []],
      ["enhance.left", ["cut"]],
      ["enhance.right", ["cut"]],
      ["join", ["enhance.left", "enhance.right"]],
    ])
  })

  test("has the input of a run of that workflow, and its output", async () => {
    const { run, platform } = testEngine({
      platform: { script: ({ tasks, functionName }) => ({ results: tasks.map((task) => ({ [functionName]: task })) }) },
    })
    const result = await run(parseWorkflowText(ENHANCED, "flow.yaml"), 7)
    expect(result.output).toEqual({ c: { left: { a: { a: 7 } }, right: { b: { a: 7 } } } })
    expect(platform.calls).toHaveLength(4)
  })

  test("gives the run's output where it is the last one", async () => {
    const { run } = testEngine({ platform: { script: ({ tasks }) => ({ results: tasks }) } })
    const last = ENHANCED.replace("  join: { function: c, after: [enhance] }\n", "")
    expect((await run(parseWorkflowText(last, "flow.yaml"), 7)).output).toEqual({ left: 7, right: 7 })
    const beside = `${last}  other: { function: c, after: [cut] }\n`
    expect((await run(parseWorkflowText(beside, "flow.yaml"), 7)).output).toEqual({
      enhance: { left: 7, right: 7 },
      other: 7,
    })
  })

  test("nests, and takes the outputs of several parents by their names", async () => {
    const workflow = defineWorkflow({
      name: "deep",
      functions: { f: { handler: "./f.ts" } },
      workflows: {
        inner: { steps: { x: { function: "f" }, y: { function: "f", after: ["x"] } } },
        middle: { steps: { first: { workflow: "inner" }, second: { workflow: "inner", after: ["first"] } } },
      },
      steps: { p: { function: "f" }, q: { function: "f" }, m: { workflow: "middle", after: ["p", "q"] } },
    })
    expect(workflow.steps.map(({ name }) => name)).toEqual([
      "p",
      "q",
      "m.first.x",
      "m.first.y",
      "m.second.x",
      "m.second.y",
    ])
    const inputs: unknown[] = []
    const { run } = testEngine({
      platform: {
        script: ({ tasks, key }) => {
          if (key.includes("m.first.x#")) inputs.push(...tasks)
          return { results: [key.slice(key.indexOf("/") + 1, key.indexOf("#"))] }
        },
      },
    })
    expect((await run(workflow, 1)).output).toBe("m.second.y")
    expect(inputs).toEqual([{ p: "p", q: "q" }])
  })

  test("that is not wanted skips all of its steps, and what comes after them", async () => {
    const workflow = parseWorkflowText(
      ENHANCED.replace("after: [cut] }", "after: [cut], when: { step: cut, path: '', operator: '>', value: 5 } }"),
      "flow.yaml",
    )
    const { run } = testEngine({ platform: { script: ({ tasks }) => ({ results: tasks }) } })
    const statuses = async (input: number): Promise<string[]> =>
      (await run(workflow, input)).steps.map((step) => step.status)
    expect(await statuses(6)).toEqual(Array.from({ length: 4 }, () => "succeeded"))
    expect(await statuses(4)).toEqual(["succeeded", "skipped", "skipped", "skipped"])
  })

  test("is looked at by conditions and maps of later steps through its last step", () => {
    const base = {
      name: "x",
      functions: { f: { handler: "./f.ts" } },
      workflows: {
        one: { steps: { s: { function: "f" } } },
        two: { steps: { s: { function: "f" }, t: { function: "f" } } },
      },
    }
    const mapped = (workflow: string, path: string): unknown =>
      parseWorkflow(
        { ...base, steps: { n: { workflow }, m: { function: "f", after: ["n"], map: { step: "n", path } } } },
        "x",
      ).steps.at(-1)!.map
    expect(mapped("one", "list")).toEqual({ step: "n.s", path: "list" })
    expect(mapped("two", "t.list")).toEqual({ step: "n.t", path: "list" })
    expect(() => mapped("two", "list")).toThrow(
      /list of n, whose workflow ends in several steps; begin the path with one of them: s, t/,
    )
  })
})

test.each([
  [
    "a workflow that runs itself",
    ENHANCED.replace("right: { function: b }", "right: { workflow: enhance }"),
    /workflow enhance runs itself: enhance -> enhance/,
  ],
  [
    "a workflow that is not there",
    ENHANCED.replace("workflow: enhance,", "workflow: improve,"),
    /step enhance runs the workflow improve, which is not defined; define it under workflows \(there are: enhance\)/,
  ],
  [
    "a split of it",
    ENHANCED.replace("after: [cut] }", "after: [cut], split: each }"),
    /steps\.enhance: a step that runs a workflow takes only after and when beside it, not split/,
  ],
  [
    "a cycle inside it",
    ENHANCED.replace("left: { function: a }", "left: { function: a, after: [right] }").replace(
      "right: { function: b }",
      "right: { function: b, after: [left] }",
    ),
    /workflow enhance: steps form a cycle: left -> right -> left|right -> left -> right/,
  ],
  [
    "an unknown function inside it",
    ENHANCED.replace("right: { function: b }", "right: { function: z }"),
    /flow.yaml: workflow enhance: step right calls the function z, which is not defined/,
  ],
])("is refused with one line that says where and what to do: %s", (_what, text, message) => {
  expect(refusal(text)).toMatch(message)
})

test("a workflow that would grow beyond all bounds is refused", () => {
  const twice = (workflow: string): object => ({ steps: { a: { workflow }, b: { workflow } } })
  const workflows: Record<string, object> = { w0: { steps: { s: { function: "f" } } } }
  for (let i = 1; i < 20; i++) workflows[`w${i}`] = twice(`w${i - 1}`)
  const spec = { name: "x", functions: { f: { handler: "./f.ts" } }, workflows, steps: { s: { workflow: "w19" } } }
  expect(() => parseWorkflow(spec, "x")).toThrow(/more than 10000 steps/)
})
