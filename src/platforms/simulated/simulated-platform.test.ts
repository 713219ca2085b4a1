import { describe, expect, test } from "vitest"
import { probePackage } from "../testing/probe.ts"
import { SUITE_CONCURRENCY, testPlatform } from "../testing/test-platform.ts"
import { variantOf, type InvokeOutcome, type InvokeRequest } from "../platform.ts"
import { DEFAULT_LAW, lawFunction, type FunctionLaw } from "./law-function.ts"
import type { FaultPlan } from "./faults.ts"
import type { PlatformParameters } from "./parameters.ts"
import { simulatedPlatform, type SimulatedPlatform } from "./simulated-platform.ts"
import { drivenPlatform } from "./testing/driven-platform.ts"
import { probeFunction } from "./testing/probe-function.ts"
import { testParameters } from "./testing/test-parameters.ts"

testPlatform("simulated", async () => {
  const parameters = testParameters()
  const limits = { ...parameters.limits, concurrency: { account: SUITE_CONCURRENCY, keepFree: 0 } }
  const platform = simulatedPlatform({
    parameters: { ...parameters, limits },
    seed: 1,
    behaviourOf: () => probeFunction(),
  })
  return { platform: drivenPlatform(platform), probe: probePackage, dispose: () => platform.close() }
})

const NEVER: AbortSignal = new AbortController().signal

async function platformWith(options: {
  readonly parameters?: Partial<PlatformParameters>
  readonly law?: Partial<FunctionLaw>
  readonly faults?: FaultPlan
  readonly seed?: number
}): Promise<SimulatedPlatform> {
  const parameters = testParameters(options.parameters)
  const platform = simulatedPlatform({
    parameters,
    seed: options.seed ?? 1,
    behaviourOf: () => lawFunction({ ...DEFAULT_LAW, ...options.law }, { mbPerVcpu: parameters.limits.mbPerVcpu }),
    ...(options.faults === undefined ? {} : { faults: options.faults }),
  })
  await platform.deploy(
    { functionName: "f", directory: "", codeSha256: "1", threads: "single" },
    [128, 1024, 1769, 10_240],
    { timeoutMs: 60_000, environment: {} },
  )
  return platform
}

function request(
  changes: Partial<InvokeRequest> & { readonly tasks?: number; readonly memoryMB?: number } = {},
): InvokeRequest {
  const { tasks = 1, memoryMB = 1769, ...rest } = changes
  const key = rest.idempotencyKey ?? "run/f#0.1/0"
  const list = Array.from({ length: tasks }, (_, i) => i)
  const part = [0, 1] as const
  const envelope = { v: 1, key, repeat: rest.repeat ?? 0, part, processes: 1, call: "handler", tasks: list }
  return {
    variant: variantOf("f", memoryMB),
    payload: { $trimtab: { ...envelope, outputKey: `${key}/output`, deadlineMs: 0 } },
    idempotencyKey: key,
    repeat: 0,
    timeoutMs: 60_000,
    ...rest,
  }
}

async function invokeAll(platform: SimulatedPlatform, requests: readonly InvokeRequest[]): Promise<InvokeOutcome[]> {
  return platform.clock.run(Promise.all(requests.map((one) => platform.invoke(one, NEVER))))
}

function recordOf(outcome: InvokeOutcome): Extract<InvokeOutcome, { kind: "ok" }>["record"] {
  if (!("record" in outcome)) throw new Error(`expected a record, got ${JSON.stringify(outcome)}`)
  return outcome.record
}

describe("an invocation", () => {
  test("cold takes dispatch, placement, package and init before it starts; warm only dispatch", async () => {
    const platform = await platformWith({ law: { taskMs: 100, fixedMs: 0, packageMB: 5 } })
    const [cold] = await invokeAll(platform, [request()])
    const [warm] = await invokeAll(platform, [request()])
    const first = recordOf(cold!)
    const second = recordOf(warm!)
    expect(first.startedAtMs - first.sentAtMs).toBeCloseTo(2 + 80 + 5 * 2 + 120, 3)
    expect(second.startedAtMs - second.sentAtMs).toBeCloseTo(2, 3)
    expect([first.coldStart, first.initMs, second.coldStart, second.initMs]).toEqual([true, 120, false, 0])
    expect(second.wrapper?.computeMs).toBeCloseTo(100, 3)
    expect(second.receivedAtMs - second.endedAtMs).toBeCloseTo(1, 3)
  })

  test("moves its bytes at the bandwidth of its size after the first byte", async () => {
    const platform = await platformWith({
      law: { objectsPerTask: 1, downloadBytesPerTask: 5e6, uploadBytesPerTask: 1e6 },
    })
    const { wrapper } = recordOf((await invokeAll(platform, [request()]))[0]!)
    expect(wrapper).toMatchObject({ downloadMs: 60, uploadMs: 30, downloadBytes: 5e6, uploadObjects: 1 })
  })

  test("on less than a vCPU comes in stairs of the scheduler's period when it is short", async () => {
    const platform = await platformWith({ law: { taskMs: 17, fixedMs: 0 } })
    const times = await invokeAll(platform, [request({ memoryMB: 1024 }), request({ memoryMB: 128 })])
    const [wide, narrow] = times.map((outcome) => recordOf(outcome).wrapper!.computeMs)
    // 0.58 of a period each: the second period ends the work. 0.07: twelve of them.
    expect(wide).toBeGreaterThan(20)
    expect(wide).toBeLessThan(28)
    expect(narrow).toBeGreaterThan(200)
    expect(narrow).toBeLessThan(245)
  })

  test("draws the same for its key on any day and in any company", async () => {
    const noisy = { noise: { ...testParameters().noise, invocationSd: 0.3 } }
    const alone = await platformWith({ parameters: noisy })
    const crowded = await platformWith({ parameters: noisy })
    const others = Array.from({ length: 20 }, (_, i) => request({ idempotencyKey: `other/${i}` }))
    const one = recordOf((await invokeAll(alone, [request()]))[0]!)
    const same = recordOf((await invokeAll(crowded, [...others, request()])).at(-1)!)
    expect(same.wrapper?.computeMs).toBe(one.wrapper?.computeMs)
    const other = await platformWith({ parameters: noisy, seed: 2 })
    expect(recordOf((await invokeAll(other, [request()]))[0]!).wrapper?.computeMs).not.toBe(one.wrapper?.computeMs)
  })
})

describe("instances", () => {
  test("are gone when they were idle for longer than they live", async () => {
    const platform = await platformWith({})
    await invokeAll(platform, [request(), request()])
    expect(platform.liveInstances).toBe(2)
    expect((await platform.warmInstances(NEVER)).get("f:1769MB")).toBe(2)
    await platform.clock.run(platform.clock.sleep(301_000))
    expect((await platform.warmInstances(NEVER)).get("f:1769MB")).toBeUndefined()
    expect(platform.liveInstances).toBe(0)
    expect(recordOf((await invokeAll(platform, [request()]))[0]!).coldStart).toBe(true)
  })

  test("of a new version of the function start cold", async () => {
    const platform = await platformWith({})
    await invokeAll(platform, [request()])
    const pkg = { functionName: "f", directory: "", codeSha256: "2", threads: "single" as const }
    await platform.deploy(pkg, [1769], { timeoutMs: 60_000, environment: {} })
    expect(recordOf((await invokeAll(platform, [request()]))[0]!).coldStart).toBe(true)
  })

  test("in a cluster hold its memory: what finds no room waits, and the wait is admission", async () => {
    const cluster = { cluster: { workers: 1, memoryMB: 20_480 }, onFull: "queue" as const }
    const platform = await platformWith({ parameters: cluster, law: { taskMs: 1000, baseMB: 40 } })
    const wide = Array.from({ length: 3 }, (_, i) => request({ memoryMB: 10_240, idempotencyKey: `k/${i}` }))
    const waits = (await invokeAll(platform, wide)).map((outcome) => recordOf(outcome).admissionWaitMs ?? 0)
    expect(waits.filter((ms) => ms === 0)).toHaveLength(2)
    expect(Math.max(...waits)).toBeGreaterThan(1000)
    expect(platform.counts).toMatchObject({ mostBusy: 2, queued: 1 })
  })

  test("in a cluster that are idle make room for other sizes", async () => {
    const platform = await platformWith({
      parameters: { cluster: { workers: 1, memoryMB: 10_240 }, onFull: "queue" },
    })
    await invokeAll(platform, [request({ memoryMB: 10_240 })])
    const [small] = await invokeAll(platform, [request({ memoryMB: 128 })])
    expect(recordOf(small!).admissionWaitMs).toBeUndefined()
    expect([...(await platform.warmInstances(NEVER)).keys()]).toEqual(["f:128MB"])
  })

  test("beyond the starts of 10 s are refused with the time to come again", async () => {
    const { limits } = testParameters()
    const platform = await platformWith({ parameters: { limits: { ...limits, startsPer10s: 3 } } })
    const outcomes = await invokeAll(
      platform,
      [0, 1, 2, 3].map((i) => request({ idempotencyKey: `k/${i}` })),
    )
    expect(outcomes[3]).toMatchObject({ kind: "throttled", retryAfterMs: 10_000 })
  })
})

describe("faults", () => {
  const plan = (...faults: FaultPlan["faults"]): FaultPlan => ({ faults, clockJumps: [] })

  test("an outage refuses everything in its window and nothing outside", async () => {
    const platform = await platformWith({ faults: plan({ kind: "unavailable", fromMs: 1000, untilMs: 2000 }) })
    expect((await invokeAll(platform, [request()]))[0]!.kind).toBe("ok")
    await platform.clock.run(platform.clock.sleep(1000))
    expect((await invokeAll(platform, [request()]))[0]).toMatchObject({ kind: "unavailable", mayHaveRun: false })
    await platform.clock.run(platform.clock.sleep(1000))
    expect((await invokeAll(platform, [request()]))[0]!.kind).toBe("ok")
  })

  test("a share of the calls is struck, always the same ones", async () => {
    const struck = async (): Promise<number[]> => {
      const platform = await platformWith({ faults: plan({ kind: "throttled", share: 0.1 }) })
      const requests = Array.from({ length: 900 }, (_, i) => request({ idempotencyKey: `k/${i}` }))
      const outcomes = await invokeAll(platform, requests)
      return outcomes.flatMap(({ kind }, i) => (kind === "throttled" ? [i] : []))
    }
    const first = await struck()
    expect(first.length).toBeGreaterThan(60)
    expect(first.length).toBeLessThan(130)
    expect(await struck()).toEqual(first)
  })

  test("after a crash behind the effect the repetition answers from the kept output; before it, it runs again", async () => {
    for (const [kind, replays] of [
      ["crash-after", 1],
      ["crash-before", 0],
    ] as const) {
      const platform = await platformWith({ faults: plan({ kind, untilMs: 10 }) })
      expect((await invokeAll(platform, [request()]))[0]).toMatchObject({ kind: "unavailable", mayHaveRun: true })
      const [again] = await invokeAll(platform, [request({ repeat: 1 })])
      expect(again!.kind).toBe("ok")
      expect(recordOf(again!).wrapper?.replayed).toBe(replays === 1)
      expect(recordOf(again!).coldStart).toBe(true)
      expect(platform.counts.replays).toBe(replays)
    }
  })

  test("a duplicate runs twice, is billed twice and answers once", async () => {
    const platform = await platformWith({ faults: plan({ kind: "duplicate", delayMs: 5 }) })
    expect((await invokeAll(platform, [request()]))[0]!.kind).toBe("ok")
    await platform.clock.run(platform.clock.sleep(5000))
    const logged = []
    for await (const record of platform.logs({ functionName: "f" })) logged.push(record)
    expect(logged).toHaveLength(2)
    expect(platform.counts.invocations).toBe(2)
  })

  test("late, slow, timed out, out of memory, thrown and nonsensical answers are what they say", async () => {
    const outcomeOf = async (fault: FaultPlan["faults"][number]): Promise<InvokeOutcome> => {
      const platform = await platformWith({ faults: plan(fault), law: { taskMs: 100, fixedMs: 0 } })
      return (await invokeAll(platform, [request()]))[0]!
    }
    const late = recordOf(await outcomeOf({ kind: "late", delayMs: 700 }))
    expect(late.receivedAtMs - late.endedAtMs).toBeCloseTo(701, 3)
    expect(recordOf(await outcomeOf({ kind: "slow", factor: 4 })).wrapper?.computeMs).toBeCloseTo(400, 3)
    expect(recordOf(await outcomeOf({ kind: "timeout" })).durationMs).toBe(60_000)
    expect((await outcomeOf({ kind: "out-of-memory" })).kind).toBe("out-of-memory")
    expect(await outcomeOf({ kind: "error", errorType: "Boom" })).toMatchObject({ errorType: "Boom" })
    expect(await outcomeOf({ kind: "bad-answer" })).toMatchObject({ kind: "ok", payload: "\u0000 not an answer" })
  })

  test("a jump of the wall clock moves no duration", async () => {
    const faults = { faults: [], clockJumps: [{ atMs: 50, byMs: -3_600_000 }] }
    const platform = await platformWith({ faults, law: { taskMs: 500 } })
    const record = recordOf((await invokeAll(platform, [request()]))[0]!)
    expect(record.endedAtMs - record.startedAtMs).toBeCloseTo(record.durationMs, 3)
  })
})
