import { expect, test } from "vitest"
import { parseWorkflow } from "../workflow/parse.ts"
import { coldStarts, costOf, latencyOf, pointOf } from "./compiled-space.ts"
import type { InstanceSample, Profile, StepSample } from "./sample.ts"
import { stepConfEstimator } from "./stepconf-estimator.ts"

const MB_PER_VCPU = 2048
const LIMITS = {
  memoryMB: { min: 128, max: 10_240, step: 1 },
  mbPerVcpu: MB_PER_VCPU,
  vcpuTotal: null,
  timeoutMs: 900_000,
  payloadBytes: { sync: 6e6, async: 1e6 },
  concurrency: { account: 1000, keepFree: 0 },
  startsPer10s: null,
  initTimeoutMs: 10_000,
  publishMsPerVariant: 1,
}
const RATES = { usdPerGbSecond: 1e-5, usdPerRequest: 1e-7 }

const workflow = parseWorkflow(
  {
    name: "one",
    functions: { work: { handler: "./work.ts", threads: "single" } },
    steps: { s: { function: "work", split: "each" } },
  },
  "test",
)

/** 100 ms of single-thread work a task; 10 ms and 5 ms an object to load; a cold start costs 30 ms each. */
function profile(): Profile {
  const samples: (InstanceSample | StepSample)[] = []
  for (const memoryMB of [512, 1024, 2048, 4096, 10_240])
    for (const tasks of [2, 4, 8]) for (const processes of [1, 2]) samples.push(instance(memoryMB, tasks, processes))
  for (let cold = 0; cold <= 20; cold++) samples.push(whole(cold))
  return { functionName: "work", samples }
}

function instance(memoryMB: number, tasks: number, processes: number): InstanceSample {
  const computeMs = (100 * tasks) / Math.min(memoryMB / MB_PER_VCPU, processes)
  return {
    kind: "instance",
    atMs: memoryMB + tasks,
    source: "campaign",
    memoryMB,
    processes,
    tasks,
    outcome: "ok",
    cold: false,
    initMs: 0,
    downloadMs: 10 + 5 * tasks,
    computeMs,
    uploadMs: 0,
    downloadBytes: 1e6 * tasks,
    uploadBytes: 0,
    downloadObjects: tasks,
    uploadObjects: 0,
    durationMs: computeMs,
    billedMs: computeMs,
    maxMemoryUsedMB: 100,
    peakProcessMB: 100,
    contended: false,
    enforced: "cgroup-v1",
    codeSha256: "a",
    id: `${memoryMB}-${tasks}-${processes}`,
  }
}

function whole(cold: number): StepSample {
  return {
    kind: "step",
    atMs: cold,
    source: "campaign",
    config: { memoryMB: 2048, instances: 20, processes: 1 },
    tasks: 20,
    cold,
    mappingDelayMs: 20 + 30 * cold,
    wallMs: 1000,
    contended: false,
    enforced: "cgroup-v1",
    codeSha256: "a",
  }
}

const estimator = stepConfEstimator({
  workflow,
  profiles: new Map([["work", profile()]]),
  limits: LIMITS,
  rates: RATES,
  preset: "repaired",
})

test("a step's time is the sum of eq. (1) and the P90s of eq. (2)", () => {
  const config = { memoryMB: 2048, instances: 5, processes: 1 }
  const { parts } = estimator.estimate({ step: "s", config, tasks: 20, warmInstances: 2 })
  const ms = (part: keyof typeof parts): number => Math.exp(parts[part].logMs[2]!)
  // Without noise the quantile is the line itself; eq. (1) fits a hyperbola to within a few percent.
  expect(ms("mappingDelay")).toBeCloseTo(20 + 30 * 3, 0)
  expect(ms("download")).toBeCloseTo(10 + 5 * 4, 0)
  expect(Math.abs(ms("compute") / 400 - 1)).toBeLessThan(0.05)
})

test("cost bills the mapping delay to every instance, as section 3.5 does", () => {
  const config = { memoryMB: 1024, instances: 4, processes: 1 }
  const space = estimator.compile({
    step: "s",
    tasks: 20,
    percentile: 0.9,
    space: {
      memoryMB: { min: 1024, max: 1024, step: 1 },
      instances: { min: 1, max: 8, step: 1 },
      processes: { min: 1, max: 2, step: 1 },
    },
  })
  const point = pointOf(space, config, coldStarts(20, 4, 0))!
  const t = latencyOf(space, point, "median") / 1000
  expect(costOf(space, point)).toBeCloseTo(4 * (t * 1e-5 + 1e-7), 12)
})

test("processes that would not fit the memory are no choice", () => {
  const space = estimator.compile({
    step: "s",
    tasks: 20,
    percentile: 0.9,
    space: {
      memoryMB: { min: 128, max: 640, step: 512 },
      instances: { min: 1, max: 1, step: 1 },
      processes: { min: 1, max: 6, step: 1 },
    },
  })
  const at = (memoryMB: number, processes: number): number =>
    latencyOf(space, pointOf(space, { memoryMB, instances: 1, processes }, 0)!, "median")
  expect(at(128, 6)).toBeNaN()
  expect(at(128, 1)).toBeGreaterThan(0)
  expect(at(640, 1)).toBeLessThan(at(128, 1))
})

test("a function that was never measured is named", () => {
  const unknown = stepConfEstimator({
    workflow,
    profiles: new Map(),
    limits: LIMITS,
    rates: RATES,
    preset: "published",
  })
  expect(unknown.steps).toEqual([])
  expect(() => unknown.expectedTasks("s")).toThrow(/work was never measured/)
})
