import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { isObject } from "../../base/json.ts"
import type { InvocationRecord } from "../../protocol/invocation-record.ts"
import {
  variantOf,
  type FunctionPackage,
  type FunctionVariant,
  type InvokeOutcome,
  type Platform,
} from "../platform.ts"
import { FAILING_INIT, type ProbeEvent } from "./probe.ts"

/** A place to run functions, and how to be rid of it. */
export interface PlatformUnderTest {
  readonly platform: Platform
  /** The probe function, or something that obeys the same events; see probe.ts. */
  readonly probe: (functionName: string) => FunctionPackage
  /** What our functions have left behind; empty after a teardown. */
  readonly leftovers?: () => Promise<readonly string[]>
  readonly dispose: () => Promise<void>
}

export interface PlatformSuiteOptions {
  /** Tests that this platform cannot pass, with the reason. */
  readonly skip?: readonly { readonly reason: string; readonly tests: readonly string[] }[]
  /** The first and the last of 50 cold starts are at most so far apart. */
  readonly startSpreadMs?: number
}

/** Concurrency that `create` gives the platform under test. */
export const SUITE_CONCURRENCY = 60

const TIMEOUT_MS = 15_000
const SMALL_MB = 128
const LARGE_MB = 512

/**
 * What every platform promises, as tests. `create` gives a fresh one with `SUITE_CONCURRENCY`, on which 50
 * instances of 128 MB may be busy at once.
 */
export function testPlatform(
  name: string,
  create: () => Promise<PlatformUnderTest>,
  options: PlatformSuiteOptions = {},
): void {
  const skipped = new Map((options.skip ?? []).flatMap(({ reason, tests }) => tests.map((test) => [test, reason])))
  const check = (title: string, run: () => Promise<void>): void => {
    const reason = skipped.get(title)
    if (reason === undefined) test(title, run)
    else test.skip(`${title} (${reason})`, run)
  }

  describe(`platform ${name}`, () => {
    let under: PlatformUnderTest
    let platform: Platform
    let small: FunctionVariant
    let large: FunctionVariant

    beforeAll(async () => {
      under = await create()
      platform = under.platform
      const deployed = await platform.deploy(under.probe("probe"), [SMALL_MB, LARGE_MB], DEPLOY)
      expect(deployed).toHaveLength(2)
      small = deployed[0]!
      large = deployed[1]!
    })

    afterAll(async () => {
      await under.dispose()
    })

    const invoke = (variant: FunctionVariant, event: ProbeEvent, timeoutMs = TIMEOUT_MS): Promise<InvokeOutcome> =>
      platform.invoke({ variant, payload: event, idempotencyKey: "test", repeat: 0, timeoutMs }, NEVER)

    check("a variant has the memory of its qualifier", async () => {
      expect(recordOf(await invoke(small, NOTHING)).memoryMB).toBe(SMALL_MB)
      expect(recordOf(await invoke(large, NOTHING)).memoryMB).toBe(LARGE_MB)
      expect(small.qualifier).toBe("128MB")
    })

    check("a warm instance is used again", async () => {
      const first = okOf(await invoke(large, NOTHING))
      const second = okOf(await invoke(large, NOTHING))
      expect(second.record.coldStart).toBe(false)
      expect(field(second.payload, "instance")).toBe(field(first.payload, "instance"))
    })

    check("a record says what happened, in order", async () => {
      const record = recordOf(await invoke(large, { do: "burn", cpuMs: 20 }))
      expect(record.functionName).toBe("probe")
      expect(record.requestId).not.toBe("")
      expect(record.startedAtMs).toBeGreaterThanOrEqual(record.sentAtMs)
      expect(record.endedAtMs).toBeGreaterThanOrEqual(record.startedAtMs)
      expect(record.receivedAtMs + 1).toBeGreaterThanOrEqual(record.endedAtMs)
      expect(record.durationMs).toBeGreaterThan(15)
      expect(record.billedMs).toBe(Math.ceil(record.durationMs + record.initMs))
      expect(record.maxMemoryUsedMB).toBeGreaterThan(0)
      expect(record.maxMemoryUsedMB).toBeLessThanOrEqual(LARGE_MB)
    })

    check("a cold start is billed with its initialisation", async () => {
      const pkg = under.probe("cold")
      const [variant] = await platform.deploy(pkg, [LARGE_MB], DEPLOY)
      const record = recordOf(await invoke(variant!, NOTHING))
      expect(record.coldStart).toBe(true)
      expect(record.initMs).toBeGreaterThan(0)
      expect(record.billedMs).toBe(Math.ceil(record.durationMs + record.initMs))
    })

    check("a variant that is not there is refused", async () => {
      const size = await invoke(variantOf("probe", 1024), NOTHING)
      const name = await invoke(variantOf("nobody", SMALL_MB), NOTHING)
      expect(size).toMatchObject({ kind: "refused", code: "ResourceNotFoundException" })
      expect(name).toMatchObject({ kind: "refused", code: "ResourceNotFoundException" })
    })

    check("a handler's error comes with its type and message", async () => {
      const outcome = await invoke(large, { do: "throw", name: "CodecError", message: "no key frame" })
      expect(outcome).toMatchObject({ kind: "function-error", errorType: "CodecError", message: "no key frame" })
      expect(recordOf(await invoke(large, NOTHING)).coldStart).toBe(false)
    })

    check("a failing initialisation is an error of the function", async () => {
      const [variant] = await platform.deploy(under.probe("stillborn"), [SMALL_MB], {
        ...DEPLOY,
        environment: FAILING_INIT,
      })
      const outcome = await invoke(variant!, NOTHING)
      expect(outcome).toMatchObject({ kind: "function-error", errorType: "InitFailed" })
    })

    check("too much memory is out-of-memory, and the next call is cold", async () => {
      const outcome = await invoke(small, { do: "allocate", mb: 300 })
      expect(outcome.kind).toBe("out-of-memory")
      expect(recordOf(outcome).maxMemoryUsedMB).toBe(SMALL_MB)
      expect(recordOf(await invoke(small, NOTHING)).coldStart).toBe(true)
    })

    check("a timeout is a timeout, and the next call is cold", async () => {
      const [variant] = await platform.deploy(under.probe("slow"), [LARGE_MB], { ...DEPLOY, timeoutMs: 1000 })
      const outcome = await invoke(variant!, { do: "sleep", ms: 10_000 }, 1000)
      expect(outcome.kind).toBe("timeout")
      expect(recordOf(outcome).durationMs).toBeGreaterThanOrEqual(999)
      expect(recordOf(await invoke(variant!, NOTHING, 1000)).coldStart).toBe(true)
    })

    check("a payload at the limit passes, one over it is refused", async () => {
      const limit = platform.limits.payloadBytes.sync
      const overhead = JSON.stringify({ do: "nothing", fill: "" }).length
      const event = (bytes: number): ProbeEvent => ({ do: "nothing", fill: "x".repeat(bytes - overhead) }) as ProbeEvent
      // The echo of so much would be too large an answer: that the event was taken is what counts.
      expect((await invoke(large, event(limit))).kind).not.toBe("refused")
      expect(await invoke(large, event(limit + 1))).toMatchObject({ kind: "refused", code: "RequestTooLargeException" })
    })

    check("an answer over the limit is an error of the function", async () => {
      const limit = platform.limits.payloadBytes.sync
      expect((await invoke(large, { do: "big", bytes: limit - 2 })).kind).toBe("ok")
      const outcome = await invoke(large, { do: "big", bytes: limit })
      expect(outcome).toMatchObject({ kind: "function-error", errorType: "Function.ResponseSizeTooLarge" })
    })

    check("deploying twice changes nothing", async () => {
      const before = recordOf(await invoke(large, NOTHING))
      await platform.deploy(under.probe("probe"), [SMALL_MB, LARGE_MB], DEPLOY)
      const after = recordOf(await invoke(large, NOTHING))
      expect(before.functionName).toBe(after.functionName)
      expect(after.coldStart).toBe(false)
    })

    check("after a prewarm no start is cold", async () => {
      const [variant] = await platform.deploy(under.probe("warm"), [LARGE_MB], DEPLOY)
      const outcome = await platform.prewarm(variant!, 3, NEVER)
      expect(outcome).toMatchObject({ asked: 3, warmed: 3, cold: 3 })
      expect((await platform.warmInstances(NEVER)).get("warm:512MB")).toBe(3)
      const event: ProbeEvent = { do: "sleep", ms: 200 }
      const used = await Promise.all([1, 2, 3].map(() => invoke(variant!, event)))
      expect(used.map((one) => recordOf(one).coldStart)).toEqual([false, false, false])
    })

    check("50 invocations at once run in 50 instances", async () => {
      const [variant] = await platform.deploy(under.probe("wide"), [SMALL_MB], DEPLOY)
      const event: ProbeEvent = { do: "sleep", ms: options.startSpreadMs ?? 5000 }
      const outcomes = await Promise.all(Array.from({ length: 50 }, () => invoke(variant!, event)))
      expect(new Set(outcomes.map((outcome) => field(okOf(outcome).payload, "instance"))).size).toBe(50)
    })

    check("beyond the concurrency limit a call is throttled with its reason", async () => {
      // Longer than the calls take to arrive on a busy machine: none may end before the last one is there.
      const event: ProbeEvent = { do: "sleep", ms: options.startSpreadMs ?? 5000 }
      const calls = Array.from({ length: SUITE_CONCURRENCY + 10 }, () => invoke(small, event))
      const outcomes = await Promise.all(calls)
      const throttled = outcomes.filter((outcome) => outcome.kind === "throttled")
      expect(throttled.length).toBeGreaterThanOrEqual(10)
      expect(throttled[0]).toMatchObject({ reason: "ConcurrentInvocationLimitExceeded" })
      expect(outcomes.filter((outcome) => outcome.kind === "ok").length + throttled.length).toBe(calls.length)
    })

    check("an aborted call ends at once and may have run", async () => {
      const controller = new AbortController()
      const request = {
        variant: large,
        payload: { do: "sleep", ms: 3000 },
        idempotencyKey: "a",
        repeat: 0,
        timeoutMs: TIMEOUT_MS,
      }
      const call = platform.invoke(request, controller.signal)
      await platform.clock.sleep(100)
      controller.abort()
      expect(await call).toMatchObject({ kind: "unavailable", mayHaveRun: true })
    })

    check("the log has the record of an invocation", async () => {
      const record = recordOf(await invoke(large, { do: "print", text: "hello from inside" }))
      const logged: InvocationRecord[] = []
      for await (const entry of platform.logs({ functionName: "probe" })) logged.push(entry)
      const found = logged.find((entry) => entry.requestId === record.requestId)
      expect(found).toMatchObject({ memoryMB: LARGE_MB, durationMs: record.durationMs, billedMs: record.billedMs })
    })

    check("every record is billed with one request and its duration", async () => {
      const record = recordOf(await invoke(large, NOTHING))
      const meters = platform.meters(record)
      const sum = meters.reduce((total, meter) => total + Number(meter.quantity), 0)
      expect(sum).toBe(1 + record.memoryMB * record.billedMs)
    })

    check("teardown leaves nothing", async () => {
      const { removed } = await platform.teardown({ kind: "function", functionName: "wide" })
      expect(removed).toEqual(["wide"])
      expect((await invoke(variantOf("wide", SMALL_MB), NOTHING)).kind).toBe("refused")
      await platform.teardown({ kind: "all" })
      expect((await invoke(small, NOTHING)).kind).toBe("refused")
      expect([...(await platform.warmInstances(NEVER)).keys()]).toEqual([])
      expect((await under.leftovers?.()) ?? []).toEqual([])
      expect(await platform.teardown({ kind: "all" })).toEqual({ removed: [] })
    })
  })
}

const DEPLOY = { timeoutMs: TIMEOUT_MS, environment: {} } as const
const NOTHING: ProbeEvent = { do: "nothing" }
const NEVER: AbortSignal = new AbortController().signal

function okOf(outcome: InvokeOutcome): Extract<InvokeOutcome, { kind: "ok" }> {
  if (outcome.kind !== "ok") throw new Error(`expected an answer, got ${JSON.stringify(outcome).slice(0, 400)}`)
  return outcome
}

function recordOf(outcome: InvokeOutcome): InvocationRecord {
  if (!("record" in outcome)) throw new Error(`expected a record, got ${JSON.stringify(outcome).slice(0, 400)}`)
  return outcome.record
}

function field(payload: unknown, key: string): unknown {
  return isObject(payload) ? payload[key] : undefined
}
