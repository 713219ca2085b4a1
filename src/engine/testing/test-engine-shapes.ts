import { describe, expect, test } from "vitest"
import type { Json } from "../../base/json.ts"
import type { RunResult } from "../../workflow/run-result.ts"
import { barrier16, chain, diamond, fanOut, sevenChains } from "../../workflow/testing/workflows.ts"
import type { Workflow } from "../../workflow/workflow.ts"
import { CRASH_SHAPES } from "./crash-shapes.ts"
import type { Call, FakePlatformOptions } from "./fake-platform.ts"
import type { FakePolicyOptions } from "./fake-policy.ts"
import { fanned } from "./fanned-workflow.ts"
import { testEngine } from "./test-engine.ts"

type Script = NonNullable<FakePlatformOptions["script"]>

/** What an engine is made of for one test: a scripted platform and a policy that needs no model. */
export interface EngineSetup {
  readonly script?: Script
  readonly policy?: FakePolicyOptions
}

export interface EngineHarness {
  run(workflow: Workflow, input: Json): Promise<RunResult>
  /** Every invocation so far. */
  readonly calls: readonly Call[]
}

const SHAPES: readonly (readonly [Workflow, Json])[] = [
  [chain, 7],
  [diamond, { a: 1 }],
  [fanOut, [1, 2]],
  [sevenChains, "x"],
  [barrier16, 1],
  // Large tasks come by the store, which scripts do not read.
  ...CRASH_SHAPES.filter(({ workflow }) => workflow.name !== "large").map(
    (shape) => [shape.workflow, shape.input] as const,
  ),
  [fanned({ split: "each" }), []],
  [fanned({ split: "each" }), [1]],
  [fanned({ split: "each" }), Array.from({ length: 100 }, (_, i) => i)],
]

/** Outputs as the shapes make them: `{ function: task }`, deeper at each step; exported merges return their list. */
const named: Script = ({ functionName, tasks, export: name }) => ({
  results: name === "handler" ? tasks.map((task) => ({ [functionName]: task })) : tasks,
})

/**
 * What every engine must do, whatever port it stands on. What a run was is compared with the embedded engine in virtual
 * time, and with plain facts, which that one must meet as well.
 */
export function testEngineShapes(name: string, create: (setup: EngineSetup) => EngineHarness): void {
  describe(`${name} engine`, () => {
    test.each(SHAPES.map(([workflow, input], i) => ({ title: `${workflow.name} (${i})`, workflow, input })))(
      "runs each step once, after its parents, on the decisions of every other engine: $title",
      async ({ workflow, input }) => {
        const engine = create({ script: named })
        const result = await engine.run(workflow, input)
        expect(result.status).toBe("succeeded")
        const keys = engine.calls.map(({ key }) => key)
        expect(new Set(keys).size).toBe(keys.length)
        const ended = new Map(result.steps.map((step) => [step.name, step.endedAtMs]))
        for (const step of result.steps)
          for (const parent of step.after) expect(step.startedAtMs).toBeGreaterThanOrEqual(ended.get(parent)!)
        expect(essence(result)).toEqual(essence(await testEngine({ platform: { script: named } }).run(workflow, input)))
      },
    )

    test("passes outputs on: a chain nests them", async () => {
      const result = await create({ script: named }).run(chain, 7)
      expect(result.output).toEqual({ c: { b: { a: 7 } } })
    })

    test("keeps the order of a thousand tasks that end in another", async () => {
      const script: Script = ({ tasks, part }) => ({ results: tasks, durationMs: (part[0] * 7) % 20 })
      const policy = { config: () => ({ instances: 40 }) }
      const tasks = Array.from({ length: 1_000 }, (_, i) => i)
      const engine = create({ script, policy })
      const result = await engine.run(fanned({ split: "each" }), tasks)
      expect(result.output).toEqual(tasks)
      expect(engine.calls).toHaveLength(41)
    })

    test("passes on what is too large for a record", async () => {
      const text = "é".repeat(100_000)
      const script: Script = ({ functionName }) => ({ results: [functionName === "c" ? "done" : text] })
      const engine = create({ script })
      const result = await engine.run(chain, text)
      expect(result).toMatchObject({ status: "succeeded", output: "done" })
      expect(engine.calls).toHaveLength(3)
    })

    test("leaves a step partial within its tolerance, and fails it beyond", async () => {
      const script: Script = ({ tasks }) => ({
        results: tasks,
        errors: tasks.flatMap((t, task) => (Number(t) < 0 ? [{ task, errorType: "Bad", message: "no" }] : [])),
      })
      const workflow = fanned({ split: "each", tolerance: { count: 2 } })
      const partial = await create({ script }).run(workflow, [-1, 1, -2, 2])
      expect(partial.steps[0]).toMatchObject({ status: "partial" })
      const failed = await create({ script }).run(workflow, [-1, -3, -2, 2])
      expect(failed).toMatchObject({ status: "failed", error: { step: "many", errorType: "Bad" }, output: null })
    })

    test("gives open tasks more memory after out-of-memory, and calls nothing else again", async () => {
      const script: Script = ({ tasks, memoryMB, part }) =>
        part[0] === 1 && memoryMB < 2_000 ? { fails: { kind: "out-of-memory" } } : { results: tasks }
      const engine = create({ script })
      const result = await engine.run(fanned({ split: "each" }), [1, 2, 3])
      expect(result).toMatchObject({ status: "succeeded", output: [1, 2, 3] })
      expect(result.steps[0]!.attempts).toBe(2)
      expect(engine.calls.filter(({ functionName }) => functionName === "many")).toHaveLength(4)
    })

    test("waits and asks again where the platform throttles, under the same key", async () => {
      const script: Script = ({ tasks, functionName, count }) =>
        functionName === "b" && count < 3
          ? { fails: { kind: "throttled", reason: "busy", retryAfterMs: 20 } }
          : { results: tasks }
      const engine = create({ script })
      const result = await engine.run(chain, 1)
      expect(result.status).toBe("succeeded")
      const keys = engine.calls.filter(({ functionName }) => functionName === "b").map(({ key }) => key)
      expect(keys).toHaveLength(4)
      expect(new Set(keys).size).toBe(1)
    })

    test("goes on at the last good configuration where the policy fails, and says so", async () => {
      const broken = (): never => {
        throw new Error("no model")
      }
      const result = await create({ script: named, policy: { broken } }).run(chain, 1)
      expect(result.status).toBe("succeeded")
      expect(result.steps[0]!.reason).toContain("no model")
    })
  })
}

/** What does not depend on how fast anything was. */
function essence(result: RunResult): object {
  const { status, output, error } = result
  const steps = result.steps.map(
    ({ name, status: phase, tasks, config, reason, attempts, iterations, invocations }) => ({
      name,
      phase,
      tasks,
      config,
      reason,
      attempts,
      iterations,
      invocations: invocations.length,
    }),
  )
  return { status, output, error, steps }
}
