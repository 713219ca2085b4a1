import { expect, test } from "vitest"
import { TrimtabError } from "../base/errors.ts"
import { profileWorkflow } from "./campaign.ts"
import { type OperationCampaignOptions, profileWorkflowOperations } from "./operation-campaign.ts"
import { memoryOperationStore } from "./operation-store.ts"
import type { FakePlatform } from "./testing/fake-platform.ts"
import { JOIN, packagesOf, setting } from "./testing/numbers-workflow.ts"

const COUNTED = {
  contextSwitches: 7,
  memorySnapshots: 2,
  heapBytes: 5e6,
  peakMemoryBytes: 6e7,
  bytesSent: 1448,
  bytesReceived: 1449,
}

/** Records of the platform with the counters that were asked for: all of the time on the CPU. */
function counting(fake: FakePlatform): void {
  fake.disturb = (record) => {
    const { wrapper, durationMs } = record
    const operations = { ...COUNTED, wallMs: durationMs, userMs: durationMs - 1, systemMs: 1 }
    return { ...record, wrapper: { ...wrapper!, operations } }
  }
}

function start(changes: Partial<OperationCampaignOptions> = {}): {
  readonly fake: FakePlatform
  readonly options: OperationCampaignOptions
} {
  const { fake, options } = setting()
  counting(fake)
  const fullCpu = { memoryMB: 3538, cores: 2, periodMs: 20, liftsLimit: false }
  return {
    fake,
    options: { ...options, operations: memoryOperationStore(), source: "portable", fullCpu, ...changes },
  }
}

test("one local run of every function, on inputs that the steps before it made", async () => {
  const { fake, options } = start()
  const report = await profileWorkflowOperations(options)
  expect(report.functions.map(({ functionName, state }) => [functionName, state])).toEqual([
    ["cut", "measured"],
    ["mark", "measured"],
    ["join", "measured"],
  ])
  const mark = await options.operations.read("mark")
  expect(mark).toMatchObject([
    {
      codeSha256: "one",
      tasks: 4,
      // 20 ms, four tasks of 150 ms and 12 ms around.
      profile: { source: "portable", local: { wallMs: 632, cores: 2 }, counters: { contextSwitches: 7 } },
    },
  ])
  expect((await options.operations.read("cut"))[0]!.tasks).toBe(1)
  // Every invocation is on the bill.
  expect(report.invocations).toBe(fake.requests.length)
  expect(report.costUsd).toBeGreaterThan(0)
})

test("what is known of the present code is not run again, and other code is", async () => {
  const { fake, options } = start()
  await profileWorkflowOperations(options)
  const made = fake.requests.length
  const again = await profileWorkflowOperations(options)
  expect(again.functions.map(({ state }) => state)).toEqual(["known", "known", "known"])
  expect(fake.requests.length).toBe(made)
  const changed = await profileWorkflowOperations({ ...options, packages: packagesOf("two") })
  expect(changed.functions.map(({ state }) => state)).toEqual(["measured", "measured", "measured"])
})

test("goes on where it was cut off", async () => {
  const { fake, options } = start()
  fake.instead = (_n, { variant }) =>
    variant.functionName === "join" ? { kind: "refused", code: "x", message: "no" } : undefined
  await expect(profileWorkflowOperations(options)).rejects.toMatchObject({ code: "platform-refused" })
  fake.instead = () => undefined
  const made = fake.requests.length
  const report = await profileWorkflowOperations(options)
  expect(report.functions.map(({ state }) => state)).toEqual(["known", "known", "measured"])
  // Tasks and outputs of the others were kept: only join ran, once as a step, until it was warm, and three times.
  expect(fake.requests.slice(made).every(({ variant }) => variant.functionName === "join")).toBe(true)
  expect(fake.requests.length - made).toBe(1 + 5 + 3)
})

test("a handler that throws is named with its step", async () => {
  const broken = {
    ...JOIN,
    exports: {
      handler: (): never => {
        throw new Error("no list")
      },
    },
  }
  const { fake, options } = setting({ join: broken })
  counting(fake)
  const fullCpu = { memoryMB: 3538, cores: 2, periodMs: 20, liftsLimit: false }
  const more = { operations: memoryOperationStore(), source: "portable", fullCpu } as const
  await expect(profileWorkflowOperations({ ...options, ...more })).rejects.toThrow(/step join .*no list/)
  expect((await more.operations.read("mark")).length).toBe(1)
})

test("leaves nothing of its runs in the store, and a campaign can follow", async () => {
  const { options } = start()
  await profileWorkflowOperations(options)
  for await (const { key } of options.store.list("campaigns/")) expect(key).toMatch(/^campaigns\/[0-9a-f]{32}\.json$/)
  const report = await profileWorkflow({ ...options, budget: { maxMs: 60_000 } })
  expect(report.ended).toBe("complete")
})

test("runs every step that the unknown function needs, and none after it", async () => {
  const { fake, options } = start()
  const operations = memoryOperationStore()
  const codeSha256 = "one"
  const profile = { source: "portable", local: { wallMs: 1, userMs: 1, systemMs: 0 }, counters: {} } as const
  for (const name of ["cut", "join"]) await operations.append(name, { atMs: 0, codeSha256, tasks: 1, profile })
  const report = await profileWorkflowOperations({ ...options, operations })
  expect(report.functions.map(({ state }) => state)).toEqual(["known", "measured", "known"])
  expect(fake.requests.some(({ variant }) => variant.functionName === "join")).toBe(false)
})

test("the extended source needs its tool before anything runs", async () => {
  const findTool = (): Promise<never> => Promise.reject(new TrimtabError("missing-package", "there is none"))
  const { fake, options } = start({ source: "extended", findTool })
  await expect(profileWorkflowOperations(options)).rejects.toMatchObject({ code: "missing-package" })
  expect(fake.requests).toEqual([])
})

test("the extended source keeps the portable profile beside its own", async () => {
  // The fake functions have no package that a tool could run: it ends after the portable part.
  const { fake, options } = start({ source: "extended", findTool: () => Promise.resolve("perf") })
  await expect(profileWorkflowOperations(options)).rejects.toMatchObject({ code: "handler-failed" })
  expect((await options.operations.read("cut")).map(({ profile }) => profile.source)).toEqual(["portable"])
  // Begun again, it takes the portable one that is there.
  const made = fake.requests.length
  await expect(profileWorkflowOperations(options)).rejects.toMatchObject({ code: "handler-failed" })
  expect(fake.requests.length).toBe(made)
})
