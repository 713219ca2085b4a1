import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Json } from "../base/json.ts"
import { parseWorkflow } from "../workflow/parse.ts"
import type { RunResult } from "../workflow/run-result.ts"
import type { StepSpecInput } from "../workflow/spec.ts"
import type { Workflow } from "../workflow/workflow.ts"
import type { Call, Script } from "./testing/fake-platform.ts"
import { testEngine, type TestEngine } from "./testing/test-engine.ts"

/** Steps by name, each with a function of its own name. */
function shaped(steps: Record<string, Omit<StepSpecInput, "function">>): Workflow {
  const names = Object.keys(steps)
  const functions = Object.fromEntries(names.map((name) => [name, { handler: `./${name}.ts` }]))
  const all = Object.fromEntries(names.map((name) => [name, { function: name, ...steps[name] }]))
  return parseWorkflow({ name: "shaped", functions, steps: all }, "shaped")
}

/** An engine whose functions answer as told; others return what they get. */
function engineWith(
  functions: Record<string, (task: Json, call: Call) => Json>,
  script: Partial<Script> = {},
): TestEngine {
  return testEngine({
    platform: {
      script: (call) => ({
        results: call.tasks.map((task) => functions[call.functionName]?.(task, call) ?? task),
        durationMs: 10,
        ...script,
      }),
    },
  })
}

function statuses(result: RunResult): Record<string, string> {
  return Object.fromEntries(result.steps.map(({ name, status }) => [name, status]))
}

describe("a choice", () => {
  const either = shaped({
    look: {},
    repair: { after: ["look"], when: { step: "look", path: "bad", operator: "==", value: true } },
    keep: { after: ["look"], when: { step: "look", path: "bad", operator: "!=", value: true } },
    polish: { after: ["repair"] },
    join: { after: ["polish", "keep"] },
  })

  test.each([
    [
      true,
      { look: "succeeded", repair: "succeeded", keep: "skipped", polish: "succeeded", join: "succeeded" },
      "polish",
    ],
    [false, { look: "succeeded", repair: "skipped", keep: "succeeded", polish: "skipped", join: "succeeded" }, "keep"],
  ])(
    "takes the branch whose condition holds (bad: %j) and skips the rest of the other",
    async (bad, expected, taken) => {
      const { run, platform } = engineWith({ look: () => ({ bad }) })
      const result = await run(either)
      expect(result.status).toBe("succeeded")
      expect(statuses(result)).toEqual(expected)
      // A step behind several branches gets the outputs of those that ran, under their names.
      expect(result.output).toEqual({ [taken]: { bad } })
      expect(platform.calls.map(({ functionName }) => functionName)).not.toContain(bad ? "keep" : "repair")
    },
  )

  test("says why a step was skipped, and counts neither time nor money for it", async () => {
    const { run } = engineWith({ look: () => ({ bad: true }) })
    const { steps } = await run(either)
    expect(steps.find(({ name }) => name === "keep")).toMatchObject({
      reason: "skipped: look.bad != true does not hold",
      measuredMs: 0,
      costUsd: 0,
      invocations: [],
      predictedMs: 0,
    })
  })

  test("an optional step leaves its place to the output before it", async () => {
    const workflow = shaped({
      decode: {},
      restore: { after: ["decode"], when: { step: "decode", path: "sharp", operator: "==", value: false } },
      encode: { after: ["decode", "restore"] },
    })
    const { run } = engineWith({ decode: () => ({ sharp: true }) })
    expect((await run(workflow)).output).toEqual({ decode: { sharp: true } })
  })

  test("a run ends well when everything after a step is skipped", async () => {
    const workflow = shaped({
      a: {},
      b: { after: ["a"], when: { step: "a", path: "x", operator: "exists" } },
      c: { after: ["b"] },
    })
    const result = await engineWith({ a: () => ({}) }).run(workflow)
    expect(result).toMatchObject({ status: "succeeded", output: null })
  })

  test("long chains of skipped steps do not nest", async () => {
    const steps: Record<string, Omit<StepSpecInput, "function">> = {
      s0: {},
      s1: { after: ["s0"], when: { step: "s0", path: "x", operator: "exists" } },
    }
    for (let i = 2; i < 5_000; i++) steps[`s${i}`] = { after: [`s${i - 1}`] }
    const { run, events } = engineWith({ s0: () => ({}) })
    const result = await run(shaped(steps))
    expect(result.steps.filter(({ status }) => status === "skipped")).toHaveLength(4_999)
    expect(events.filter(({ kind }) => kind === "step-finished")).toHaveLength(5_000)
  })
})

describe("a map", () => {
  const mapped = shaped({ find: {}, each: { after: ["find"], map: { step: "find", path: "faces" } } })

  test.each([0, 1, 7, 1_000])(
    "runs the step once for each of %i elements known only from its parent",
    async (count) => {
      const faces = Array.from({ length: count }, (_, i) => i)
      const { run, policy } = engineWith({ find: () => ({ faces }), each: (face) => Number(face) * 2 })
      const result = await run(mapped)
      expect(result).toMatchObject({ status: "succeeded", output: faces.map((face) => face * 2) })
      expect(result.steps[1]!.tasks).toBe(count)
      // The decision waits for the count.
      expect(policy.views.map(({ ready, tasks }) => [ready[0], tasks.get("each")])).toEqual([
        ["find", undefined],
        ...(count === 0 ? [] : [["each", count]]),
      ])
    },
  )

  test("may look further back than its parents", async () => {
    const workflow = shaped({
      find: {},
      wait: { after: ["find"] },
      each: { after: ["wait"], map: { step: "find", path: "" } },
    })
    const { run } = engineWith({ find: () => [1, 2], wait: () => "done" })
    expect((await run(workflow)).output).toEqual([1, 2])
  })

  test("over something that is no list fails with one clear word", async () => {
    const { run } = engineWith({ find: () => ({ faces: 3 }) })
    const result = await run(mapped)
    expect(result).toMatchObject({ status: "failed", error: { step: "each", errorType: "InvalidInput" } })
    expect(result.error!.message).toBe("step each: faces of the output of find is number, not a list to map over")
  })
})

describe("a loop", () => {
  const looped = (max: number, step: Partial<StepSpecInput> = {}): Workflow =>
    shaped({
      refine: { loop: { while: { path: "again", operator: "==", value: true }, max }, ...step },
      end: { after: ["refine"] },
    })
  const countTo =
    (last: number) =>
    (task: Json): Json => {
      const n = ((task as { n?: number } | null)?.n ?? 0) + 1
      return { n, again: n < last }
    }

  test("repeats on its own output until the condition fails, with a decision and keys of its own each time", async () => {
    const { run, platform, policy } = engineWith({ refine: countTo(3) })
    const result = await run(looped(10))
    expect(result.output).toEqual({ n: 3, again: false })
    expect(platform.calls.map(({ key }) => key.slice(key.indexOf("/") + 1))).toEqual([
      "refine#0.1/0",
      "refine#1.1/0",
      "refine#2.1/0",
      "end#0.1/0",
    ])
    expect(policy.views.map(({ ready }) => ready[0])).toEqual(["refine", "refine", "refine", "end"])
    // The first one starts cold.
    expect(result.steps[0]).toMatchObject({ iterations: 3, measuredMs: 30, predictedMs: 100 + 90 + 90, attempts: 1 })
    expect(result.steps[0]!.invocations.map(({ iteration = 0 }) => iteration)).toEqual([0, 1, 2])
  })

  test("ends at its bound", async () => {
    const { run, platform } = engineWith({ refine: countTo(100) })
    const result = await run(looped(4))
    expect(result).toMatchObject({ status: "succeeded", output: { n: 4, again: true } })
    expect(platform.calls).toHaveLength(5)
  })

  test("runs once when its condition does not hold", async () => {
    expect((await engineWith({ refine: countTo(1) }).run(looped(4))).steps[0]!.iterations).toBe(1)
  })

  test("with nothing to do ends at its bound, too, and does not nest", async () => {
    const idle = shaped({
      refine: { split: "each", loop: { while: { path: "length", operator: "==", value: 0 }, max: 10_000 } },
    })
    const result = await engineWith({}).run(idle, [])
    expect(result).toMatchObject({ status: "succeeded", output: [] })
    expect(result.steps[0]!.iterations).toBe(10_000)
  })

  test("is partial when tasks failed in an earlier iteration", async () => {
    const { run } = testEngine({
      platform: {
        script: ({ functionName, tasks, count }) =>
          functionName === "refine" && count === 0
            ? { results: [{ n: 1 }, { n: 2 }], errors: [{ task: 1, errorType: "E", message: "m" }] }
            : { results: tasks },
      },
      policy: { config: () => ({ instances: 1 }) },
    })
    const workflow = shaped({
      refine: {
        split: "each",
        tolerance: { count: 1 },
        loop: { while: { path: "1", operator: "==" }, max: 2 },
      },
    })
    const result = await run(workflow, [1, 2])
    expect(result.steps[0]).toMatchObject({ status: "partial", iterations: 2 })
    expect(result.status).toBe("partial")
  })

  test("keeps the memory that an iteration turned out to need", async () => {
    const { run, platform } = testEngine({
      platform: {
        script: ({ functionName, tasks, memoryMB }) =>
          functionName === "refine" && memoryMB < 2_000
            ? { fails: { kind: "out-of-memory" } }
            : { results: tasks.map(countTo(2)) },
      },
    })
    await run(looped(5))
    expect(platform.calls.map(({ functionName, memoryMB }) => `${functionName} ${memoryMB}`)).toEqual([
      "refine 1024",
      "refine 2048",
      "refine 2048",
      "end 1024",
    ])
  })
})

test("what is skipped and what runs agrees with the conditions, in any workflow", async () => {
  const choice = fc.record({
    parents: fc.array(fc.nat(), { maxLength: 3 }),
    when: fc.option(fc.nat()),
    flag: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(choice, { minLength: 1, maxLength: 10 }), async (choices) => {
      const after = choices.map(({ parents }, i) => (i === 0 ? [] : [...new Set(parents.map((p) => p % i))]))
      const before = after.map((_, i) => ancestors(after, i))
      const source = choices.map(({ when }, i) =>
        when === null || before[i]!.length === 0 ? null : before[i]![when % before[i]!.length]!,
      )
      const workflow = shaped(
        Object.fromEntries(
          choices.map((_, i) => [
            `s${i}`,
            {
              after: after[i]!.map((p) => `s${p}`),
              ...(source[i] === null
                ? {}
                : { when: { step: `s${source[i]}`, path: "on", operator: "==", value: true } as const }),
            },
          ]),
        ),
      )
      const { run } = engineWith(
        Object.fromEntries(choices.map(({ flag }, i) => [`s${i}`, (): Json => ({ on: flag })])),
      )
      const runs: boolean[] = []
      for (let i = 0; i < choices.length; i++) {
        const reached = after[i]!.length === 0 || after[i]!.some((p) => runs[p])
        runs.push(reached && (source[i] === null || (runs[source[i]!]! && choices[source[i]!]!.flag)))
      }
      const result = await run(workflow)
      expect(result.status).toBe("succeeded")
      expect(statuses(result)).toEqual(
        Object.fromEntries(runs.map((ran, i) => [`s${i}`, ran ? "succeeded" : "skipped"])),
      )
    }),
    { numRuns: 100, seed: 20_261_128 },
  )
})

function ancestors(after: readonly (readonly number[])[], step: number): number[] {
  const seen = new Set<number>()
  const open = [...after[step]!]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    open.push(...after[next]!)
  }
  return [...seen].sort((a, b) => a - b)
}
