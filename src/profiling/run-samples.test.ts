import { describe, expect, test } from "vitest"
import type { InvocationRecord } from "../protocol/invocation-record.ts"
import type { RunResult, StepResult } from "../workflow/run-result.ts"
import { memoryProfileStore } from "./profile-store.ts"
import { type EndedInvocation, runRecorder } from "./run-samples.ts"
import { sampleOfRecord } from "./sample-of-record.ts"

const RECORD: InvocationRecord = {
  requestId: "r",
  functionName: "f",
  memoryMB: 512,
  repeat: 0,
  coldStart: true,
  sentAtMs: 1000,
  startedAtMs: 1200,
  endedAtMs: 1500,
  receivedAtMs: 1501,
  initMs: 150,
  durationMs: 300,
  billedMs: 450,
  maxMemoryUsedMB: 200,
  contentionMs: 3,
  enforced: "cgroup-v1",
  wrapper: {
    downloadMs: 10,
    computeMs: 270,
    uploadMs: 15,
    downloadBytes: 100,
    uploadBytes: 200,
    downloadObjects: 1,
    uploadObjects: 2,
    tasks: 3,
    processes: 1,
    cold: true,
    replayed: false,
    peakProcessMB: 150,
  },
}
const CONTEXT = { source: "run", outcome: "ok", memoryMB: 512, processes: 1, tasks: 3, codeSha256: "abc" } as const

describe("a record", () => {
  test("becomes a sample", () => {
    expect(sampleOfRecord(RECORD, CONTEXT)).toMatchObject({
      kind: "sample",
      sample: { kind: "instance", atMs: 1500, computeMs: 270, tasks: 3, contended: false, peakProcessMB: 150 },
    })
  })

  test("that waited for a core for over 2 % of its time is marked", () => {
    const made = sampleOfRecord({ ...RECORD, contentionMs: 7 }, CONTEXT)
    expect(made).toMatchObject({ kind: "sample", sample: { contended: true } })
  })

  test("of another size, a replay, an unwrapped function or impossible times is none", () => {
    const reasonOf = (record: InvocationRecord): string => {
      const made = sampleOfRecord(record, CONTEXT)
      return made.kind === "rejected" ? made.reason : ""
    }
    expect(reasonOf({ ...RECORD, memoryMB: 1024 })).toBe("ran with 1024 MB, asked for 512 MB")
    expect(reasonOf({ ...RECORD, wrapper: { ...RECORD.wrapper!, replayed: true } })).toMatch(/found finished/)
    const { wrapper, ...unwrapped } = RECORD
    expect(wrapper).toBeDefined()
    expect(reasonOf(unwrapped)).toMatch(/not wrapped/)
    expect(reasonOf({ ...RECORD, durationMs: -5 })).toMatch(/durationMs is -5/)
  })
})

const STEP: StepResult = {
  name: "s",
  function: "f",
  after: [],
  status: "succeeded",
  config: { memoryMB: 512, instances: 2, processes: 1 },
  tasks: 6,
  reason: "",
  runnerUp: null,
  infeasible: false,
  predictedMs: 0,
  predicted: {
    mappingDelayMs: 0,
    downloadMs: 0,
    computeMs: 0,
    uploadMs: 0,
    percentileMs: 0,
    costUsd: 0,
    coldStarts: 0,
  },
  latestFinishMs: 0,
  decisionMs: 0,
  startedAtMs: 100,
  endedAtMs: 700,
  measuredMs: 600,
  queueMs: 50,
  retryMs: 0,
  mappingDelayMs: 200,
  downloadMs: 0,
  computeMs: 0,
  uploadMs: 0,
  coldStarts: 2,
  prewarmed: 0,
  attempts: 1,
  costUsd: 0,
  invocations: [],
}

/** Only what the recorder reads of a result. */
function resultOf(...steps: StepResult[]): RunResult {
  return { startedAtWallMs: 5000, enforcement: "cgroup-v1", steps } as unknown as RunResult
}

describe("a run", () => {
  const save = async (invocations: readonly EndedInvocation[], result: RunResult): Promise<readonly unknown[]> => {
    const profiles = memoryProfileStore()
    const recorder = runRecorder({ profiles, source: "run", codeSha256: () => "abc" })
    for (const invocation of invocations) recorder.observe(invocation)
    const count = await recorder.save(result)
    const { samples } = await profiles.read("f")
    expect(samples.length).toBe(count)
    return samples
  }
  const ended: EndedInvocation = { call: "tasks", outcome: "ok", tasks: 3, processes: 1, record: RECORD }

  test("adds its invocations and its steps to the profile", async () => {
    expect(await save([ended, { ...ended, outcome: "out-of-memory" }], resultOf(STEP))).toMatchObject([
      { kind: "instance", outcome: "ok" },
      { kind: "instance", outcome: "out-of-memory" },
      { kind: "step", atMs: 5700, tasks: 6, cold: 2, mappingDelayMs: 200, wallMs: 550, contended: false },
    ])
    expect((await save([], resultOf(STEP)))[0]).not.toHaveProperty("predicted")
  })

  test("keeps what was predicted for a step before it ran", async () => {
    const result = { ...resultOf(), goal: { kind: "cost", sloMs: 9000, percentile: 0.9 } } as const
    const predicted = { ...STEP.predicted, percentileMs: 640, coldStarts: 1 }
    const steps = [
      { ...STEP, predictedMs: 500, predicted },
      { ...STEP, predictedMs: 500, predicted: { ...predicted, percentileMs: 400 } },
    ]
    const [kept, impossible] = await save([], { ...result, steps })
    expect(kept).toMatchObject({
      predicted: { medianMs: 500, percentile: 0.9, percentileMs: 640, coldStarts: 1 },
    })
    expect(impossible).not.toHaveProperty("predicted")
  })

  test("leaves out splits, merges, what never ran, and steps that were repeated", async () => {
    const none = [
      { ...ended, call: "split" as const },
      { ...ended, outcome: "throttled" },
    ]
    expect(await save(none, resultOf({ ...STEP, attempts: 2 }, { ...STEP, status: "failed" }))).toEqual([])
  })

  test("marks the steps of a function that had to wait for cores", async () => {
    const busy = { ...ended, record: { ...RECORD, contentionMs: 100 } }
    expect(await save([busy], resultOf(STEP))).toMatchObject([{ contended: true }, { contended: true }])
  })
})
