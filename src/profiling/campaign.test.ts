import { describe, expect, test } from "vitest"
import type { Json } from "../base/json.ts"
import type { InstanceSample } from "../estimation/sample.ts"
import type { Step, Workflow } from "../workflow/workflow.ts"
import { profileWorkflow } from "./campaign.ts"
import { MARK, NUMBERS, packagesOf, type Setting, setting } from "./testing/numbers-workflow.ts"

async function instances({ options }: Setting, name: string): Promise<InstanceSample[]> {
  const { samples } = await options.profiles.read(name)
  return samples.filter((sample) => sample.kind === "instance")
}

describe("a campaign", () => {
  test("runs the workflow once and measures every function at three sizes, cold and warm", async () => {
    const set = setting()
    const report = await profileWorkflow(set.options)
    expect(report).toMatchObject({ ended: "complete", skipped: 0, failures: 0, repeated: 0, outputs: { join: 132 } })
    for (const name of ["cut", "mark", "join"]) {
      const samples = await instances(set, name)
      expect(new Set(samples.map((sample) => sample.memoryMB)).size).toBe(3)
      expect(new Set(samples.filter((sample) => !sample.cold).map((sample) => sample.memoryMB)).size).toBe(3)
    }
    const mark = await instances(set, "mark")
    expect(new Set(mark.map((sample) => sample.tasks)).size).toBeGreaterThanOrEqual(3)
    expect(new Set(mark.map((sample) => sample.processes))).toEqual(new Set([1, 2]))
  })

  test("is frugal: few invocations, far below its time, and everything is billed", async () => {
    const { fake, options } = setting()
    const report = await profileWorkflow(options)
    expect(report.invocations).toBe(fake.requests.length)
    expect(report.invocations).toBeLessThanOrEqual(3 * 12)
    expect(report.elapsedMs).toBeLessThan(20_000)
    expect(report.costUsd).toBeGreaterThan(0)
  })

  test("records step samples with several instances for the mapping delay", async () => {
    const { options } = setting()
    await profileWorkflow(options)
    const { samples } = await options.profiles.read("mark")
    const steps = samples.filter((sample) => sample.kind === "step")
    expect(Math.max(...steps.map((sample) => sample.config.instances))).toBeGreaterThan(1)
    expect(steps.some((sample) => sample.cold === 0)).toBe(true)
    expect(Math.max(...steps.map((sample) => sample.tasks))).toBe(12)
  })

  test("tells its progress, which never goes back", async () => {
    const seen: number[] = []
    const { options } = setting({}, { onProgress: ({ done, total }) => seen.push(done / total) })
    await profileWorkflow(options)
    expect(seen.length).toBeGreaterThan(10)
    expect(seen.at(-1)).toBe(1)
  })

  test("leaves nothing of its measurements in the store", async () => {
    const { options } = setting()
    await profileWorkflow(options)
    for await (const { key } of options.store.list("campaigns/")) expect(key).toMatch(/^campaigns\/[0-9a-f]{32}\.json$/)
  })
})

describe("a campaign that was cut off", () => {
  test("goes on where it was: nothing is measured twice", async () => {
    const whole = setting()
    await profileWorkflow(whole.options)
    for (const cutAt of [1, 4, 9, 15]) {
      const set = setting()
      set.fake.instead = (n) => {
        if (n >= cutAt) throw new Error("killed")
        return undefined
      }
      await expect(profileWorkflow(set.options)).rejects.toThrow("killed")
      set.fake.instead = () => undefined
      await profileWorkflow(set.options)
      // At most the volley that was under way is repeated.
      expect(set.fake.requests.length).toBeLessThanOrEqual(whole.fake.requests.length + 8)
      const again = set.fake.requests.length
      await profileWorkflow(set.options)
      expect(set.fake.requests.length).toBe(again)
    }
  })

  test("measures new code anew", async () => {
    const { fake, options } = setting()
    await profileWorkflow(options)
    const before = fake.requests.length
    await profileWorkflow({ ...options, packages: packagesOf("two") })
    expect(fake.requests.length).toBeGreaterThan(1.7 * before)
  })

  test("ends at once when it is told to", async () => {
    const controller = new AbortController()
    const { fake, options } = setting({}, { signal: controller.signal })
    fake.instead = (n) => {
      if (n === 3) controller.abort(new Error("interrupted"))
      return undefined
    }
    await expect(profileWorkflow(options)).rejects.toThrow("interrupted")
    expect(fake.requests.length).toBeLessThan(12)
  })
})

describe("sizes that cannot run a function", () => {
  test("are data, and larger ones are tried", async () => {
    const set = setting({ mark: { ...MARK, peakMB: 2500 } })
    const report = await profileWorkflow(set.options)
    expect(report.failures).toBeGreaterThan(0)
    expect(report.outputs).toEqual({ join: 132 })
    const samples = await instances(set, "mark")
    expect(samples.some((sample) => sample.outcome === "out-of-memory" && sample.memoryMB < 2500)).toBe(true)
    expect(samples.some((sample) => sample.outcome === "ok" && sample.memoryMB >= 2500)).toBe(true)
  })

  test("all of them end the campaign in one clear error", async () => {
    const { options } = setting({ mark: { ...MARK, peakMB: 9999 } })
    await expect(profileWorkflow(options)).rejects.toMatchObject({
      code: "handler-failed",
      message: "step mark runs out of memory at every size up to 3456 MB, the largest of its configSpace",
    })
  })

  test("a handler that throws ends it too, naming step, size and error", async () => {
    const exports = {
      handler: (): Json => {
        throw new Error("no codec")
      },
    }
    const { options } = setting({ mark: { ...MARK, exports } })
    await expect(profileWorkflow(options)).rejects.toMatchObject({
      code: "handler-failed",
      message: expect.stringMatching(/^step mark failed at \d+ MB: Error: no codec$/),
    })
  })
})

test("exported splits and merges are called, and give the tasks and the output", async () => {
  const [cut, mark, join] = NUMBERS.steps
  const workflow: Workflow = {
    ...NUMBERS,
    steps: [
      cut!,
      { ...mark!, split: { kind: "export", name: "pairs" }, merge: { kind: "export", name: "sum" } },
      join!,
    ],
  }
  const exports = {
    pairs: (list: Json): Json => (Array.isArray(list) ? [list.slice(0, 6), list.slice(6)] : null),
    handler: (list: Json): Json => (Array.isArray(list) ? list.length : null),
    sum: (counts: Json): Json => (Array.isArray(counts) ? counts : null),
  }
  const { fake, options } = setting({ mark: { ...MARK, exports } }, { workflow })
  expect((await profileWorkflow(options)).outputs).toEqual({ join: 12 })
  // A split deals out files without reading them.
  const split = fake.requests.find((request) => JSON.stringify(request.payload).includes('"call":"pairs"'))
  expect(split?.payload).toMatchObject({ $trimtab: { files: "leave" } })
})

describe("a busy machine", () => {
  test("has its measurements repeated a bounded number of times, and all are kept and marked", async () => {
    const set = setting()
    set.fake.disturb = (record) => ({ ...record, contentionMs: record.durationMs / 2 })
    const report = await profileWorkflow(set.options)
    expect(report.repeated).toBe(4)
    expect((await instances(set, "mark")).every((sample) => sample.contended)).toBe(true)
  })

  test("that throttles is waited for", async () => {
    const { fake, options } = setting()
    fake.instead = (n) => (n % 3 === 0 ? { kind: "throttled", reason: "busy", retryAfterMs: 50 } : undefined)
    expect((await profileWorkflow(options)).ended).toBe("complete")
  })

  test("that never answers ends the campaign", async () => {
    const { fake, options } = setting()
    fake.instead = () => ({ kind: "unavailable", message: "connection refused", mayHaveRun: false })
    await expect(profileWorkflow(options)).rejects.toMatchObject({ code: "platform-unavailable" })
  })
})

describe("a budget", () => {
  test("of time leaves out sizes, but every function has been run", async () => {
    const set = setting({}, { budget: { maxMs: 5_000 } })
    const report = await profileWorkflow(set.options)
    expect(report).toMatchObject({ ended: "time", outputs: { join: 132 } })
    expect(report.elapsedMs).toBeLessThan(8_000)
    expect((await instances(set, "join")).length).toBeGreaterThan(0)
  })

  test("of invocations is kept, except for running the workflow once", async () => {
    const { options } = setting({}, { budget: { maxInvocations: 12 } })
    const report = await profileWorkflow(options)
    expect(report.ended).toBe("invocations")
    expect(report.invocations).toBeLessThanOrEqual(16)
  })
})

test("a platform that ran another size than asked is refused", async () => {
  const { fake, options } = setting()
  fake.disturb = (record) => ({ ...record, memoryMB: 128 })
  await expect(profileWorkflow(options)).rejects.toMatchObject({ code: "platform-refused" })
})

test("a function without a package is named", async () => {
  const { options } = setting({}, { packages: new Map() })
  await expect(profileWorkflow(options)).rejects.toThrow("function cut of step cut has no package")
})

describe("a campaign on a workflow whose shape the run decides", () => {
  const [cut, mark, join] = NUMBERS.steps as [Step, Step, Step]
  const shaped = (change: Partial<Record<"cut" | "mark" | "join", Partial<Step>>>): Workflow => ({
    ...NUMBERS,
    steps: [
      { ...cut, ...change.cut },
      { ...mark, ...change.mark },
      { ...join, ...change.join },
    ],
  })

  test("measures the branch that its input takes, and names the functions that it does not reach", async () => {
    const when = { step: "cut", path: "length", operator: ">", value: 20 } as const
    const workflow = shaped({ mark: { when }, join: { after: ["cut", "mark"] } })
    const few = setting({}, { workflow })
    expect(await profileWorkflow(few.options)).toMatchObject({ ended: "complete", unreached: ["mark"] })
    expect(await instances(few, "mark")).toEqual([])
    expect((await instances(few, "join")).length).toBeGreaterThan(0)
    const many = setting({}, { workflow, input: 24 })
    expect(await profileWorkflow(many.options)).toMatchObject({ ended: "complete", unreached: [] })
    expect((await instances(many, "mark")).length).toBeGreaterThan(0)
  })

  test("measures a map on the elements of its list", async () => {
    const map = { step: "cut", path: "" } as const
    const set = setting({}, { workflow: shaped({ mark: { split: { kind: "none" }, map } }) })
    expect(await profileWorkflow(set.options)).toMatchObject({ outputs: { join: 132 } })
    expect(Math.max(...(await instances(set, "mark")).map(({ tasks }) => tasks))).toBeGreaterThan(1)
  })

  test("runs a loop to its end, and measures it on the tasks of its first execution", async () => {
    const loop = { while: { path: "1", operator: "<", value: 16 }, max: 10 } as const
    const set = setting({}, { workflow: shaped({ mark: { loop } }) })
    // 1 becomes 2, 4, 8, 16: four executions; the sum of 0 to 11 times 16.
    expect(await profileWorkflow(set.options)).toMatchObject({ outputs: { join: 16 * 66 } })
    const payloads = set.fake.requests.filter(({ variant }) => variant.functionName === "mark")
    expect(payloads.length).toBeGreaterThan(4)
  })
})
