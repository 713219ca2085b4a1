import { expect, test } from "vitest"
import type { Distribution } from "../../statistics/distribution.ts"
import type { EstimateRequest, Estimator } from "../../estimation/estimator.ts"
import { constant, logNormal, quantile } from "../../statistics/quantile-table.ts"
import { scale } from "../../statistics/quantile-table-operations.ts"
import { maxOf } from "../../statistics/quantile-table-operations.ts"
import { sampleQuantile } from "../../statistics/order-statistics.ts"
import { variantOf } from "../platform.ts"
import { profiledFunction } from "./profiled-function.ts"
import { simulatedPlatform, type SimulatedPlatform } from "./simulated-platform.ts"
import { testParameters } from "./testing/test-parameters.ts"

const ONE_START = logNormal(40, 0.3)
const COMPUTE = logNormal(1000, 0.05)

/** Estimates that are exactly known: the start of the last of p instances, and compute by tasks. */
const estimator: Estimator = {
  modelVersion: "known",
  steps: ["s"],
  expectedTasks: () => 1,
  compile: () => {
    throw new Error("not asked for")
  },
  estimate: ({ config, tasks, warmInstances }: EstimateRequest) => {
    const cold = warmInstances < config.instances
    const mappingDelay: Distribution = scale(maxOf(ONE_START, config.instances), cold ? 5 : 1)
    return {
      latencyMs: COMPUTE,
      parts: { mappingDelay, download: constant(30), compute: scale(COMPUTE, tasks), upload: constant(20) },
      billedMs: { mean: cold ? 1100 : 1000, p95: 1200 },
      costUsd: { mean: 1, sd: 0 },
      modelVersion: "known",
      support: "measured",
      ...(config.memoryMB < 512 ? { blocked: "memory-floor" as const } : {}),
    }
  },
}

function platformOf(): Promise<SimulatedPlatform> {
  const platform = simulatedPlatform({
    parameters: testParameters(),
    seed: 3,
    behaviourOf: () =>
      profiledFunction({
        estimator,
        stepOf: () => "s",
        resultsOf: ({ tasks }) => tasks.map(() => 0),
        delays: "measured",
      }),
  })
  const pkg = { functionName: "s", directory: "", codeSha256: "", threads: "single" as const }
  return platform.deploy(pkg, [256, 1024], { timeoutMs: 60_000, environment: {} }).then(() => platform)
}

async function stepOfInstances(platform: SimulatedPlatform, step: number, count: number, memoryMB = 1024) {
  const calls = Array.from({ length: count }, (_, i) => {
    const key = `run${step}/s#0.1/${i}`
    const envelope = {
      v: 1,
      key,
      repeat: 0,
      part: [i, count],
      processes: 1,
      call: "handler",
      tasks: [0, 0],
      outputKey: key,
      deadlineMs: 0,
    }
    const request = {
      variant: variantOf("s", memoryMB),
      payload: { $trimtab: envelope },
      idempotencyKey: key,
      repeat: 0,
    }
    return platform.invoke({ ...request, timeoutMs: 60_000 }, new AbortController().signal)
  })
  return platform.clock.run(Promise.all(calls))
}

test("the last start of a step and the compute of an instance are distributed as estimated", async () => {
  const platform = await platformOf()
  const lastStarts: number[] = []
  const computes: number[] = []
  for (let step = 0; step < 1_500; step++) {
    const records = (await stepOfInstances(platform, step, 6)).map((outcome) => {
      if (outcome.kind !== "ok") throw new Error(outcome.kind)
      return outcome.record
    })
    if (step === 0) continue
    lastStarts.push(Math.max(...records.map((record) => record.startedAtMs - record.sentAtMs)))
    computes.push(...records.map((record) => record.wrapper!.computeMs))
    expect(records[0]!.wrapper).toMatchObject({ downloadMs: 30, uploadMs: 20 })
  }
  const last = maxOf(ONE_START, 6)
  for (const p of [0.5, 0.9]) {
    expect(Math.abs(sampleQuantile(lastStarts, p) / quantile(last, p) - 1)).toBeLessThan(0.03)
    expect(Math.abs(sampleQuantile(computes, p) / (2 * quantile(COMPUTE, p)) - 1)).toBeLessThan(0.01)
  }
})

test("a cold start takes longer, is billed for its init, and a size below the floor runs out of memory", async () => {
  const platform = await platformOf()
  const [cold] = await stepOfInstances(platform, 0, 1)
  if (cold?.kind !== "ok") throw new Error("it should have run")
  expect(cold.record.startedAtMs - cold.record.sentAtMs).toBeGreaterThan(80)
  expect(cold.record).toMatchObject({ coldStart: true, initMs: 100 })
  expect((await stepOfInstances(platform, 1, 1, 256))[0]!.kind).toBe("out-of-memory")
})
