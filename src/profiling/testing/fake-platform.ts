import type { Clock } from "../../base/clock.ts"
import type { Json } from "../../base/json.ts"
import type { InvokeOutcome, InvokeRequest, Platform } from "../../platforms/platform.ts"
import { variantName, variantOf } from "../../platforms/platform.ts"
import { ENVELOPE_VERSION, type TaskEnvelope, type TaskError } from "../../protocol/envelope.ts"
import type { InvocationRecord } from "../../protocol/invocation-record.ts"
import type { PlatformLimits } from "../../workflow/limits.ts"

/** How a function of the fake platform behaves. Times go with 1 / vCPU below one vCPU, and not at all above it. */
export interface FakeFunction {
  readonly fixedMs: number
  readonly workMs: number
  readonly initMs: number
  readonly peakMB: number
  /** What the export returns for a task; may throw. */
  readonly exports: Readonly<Record<string, (task: Json) => Json>>
}

export const FAKE_LIMITS: PlatformLimits = {
  memoryMB: { min: 128, max: 10_240, step: 64 },
  mbPerVcpu: 1769,
  vcpuTotal: 4,
  timeoutMs: 900_000,
  payloadBytes: { sync: 6e6, async: 1e6 },
  concurrency: { account: 100, keepFree: 0 },
  startsPer10s: null,
  initTimeoutMs: 10_000,
  publishMsPerVariant: 0,
}

export interface FakePlatform {
  readonly platform: Platform
  readonly clock: Clock
  /** Every invocation, in order. */
  readonly requests: InvokeRequest[]
  readonly deployed: Set<string>
  /** What happens instead of the n-th invocation (from 0), where it returns something. */
  instead: (n: number, request: InvokeRequest) => InvokeOutcome | undefined
  /** Changes a record on its way out. */
  disturb: (record: InvocationRecord) => InvocationRecord
}

/** A platform in memory with a virtual clock: invocations sent at one instant overlap, and time jumps to their end. */
export function fakePlatform(functions: Readonly<Record<string, FakeFunction>>): FakePlatform {
  let nowMs = 1_000_000
  const warm = new Map<string, number>()
  const fake: FakePlatform = {
    clock: {
      nowMs: () => nowMs,
      monotonicMs: () => nowMs,
      sleep: (ms) => {
        nowMs += ms
        return Promise.resolve()
      },
      after: () => () => {},
    },
    requests: [],
    deployed: new Set(),
    instead: () => undefined,
    disturb: (record) => record,
    get platform() {
      return platform
    },
  }
  const invoke = async (request: InvokeRequest): Promise<InvokeOutcome> => {
    const n = fake.requests.push(request) - 1
    const name = variantName(request.variant)
    if (!fake.deployed.has(name)) return { kind: "refused", code: "NotFound", message: `${name} is not deployed` }
    const other = fake.instead(n, request)
    if (other !== undefined) return other
    const idle = warm.get(name) ?? 0
    if (idle > 0) warm.set(name, idle - 1)
    const ended = execute(functions[request.variant.functionName]!, request, { cold: idle === 0, sentAtMs: nowMs })
    // Those sent at the same instant are sent before anybody sees the time move.
    await Promise.resolve()
    nowMs = Math.max(nowMs, ended.record.receivedAtMs)
    if (ended.kind !== "out-of-memory") warm.set(name, (warm.get(name) ?? 0) + 1)
    return { ...ended, record: fake.disturb(ended.record) }
  }
  const platform: Platform = {
    name: "fake",
    clock: fake.clock,
    limits: FAKE_LIMITS,
    pricing: {
      name: "fake",
      date: "2026-01-01",
      usdPerGbSecond: 1.6e-5,
      usdPerRequest: 2e-7,
      bill: (meters) => {
        const quantity = meters.reduce((sum, meter) => sum + meter.quantity, 0n)
        return { lines: [{ meter: "MB-ms", quantity, picoUsd: quantity }], picoUsd: quantity, complete: true }
      },
    },
    meters: (record) => [{ meter: "MB-ms", quantity: BigInt(Math.ceil(record.billedMs * record.memoryMB)) }],
    deploy: (pkg, sizes) => {
      const variants = sizes.map((memoryMB) => variantOf(pkg.functionName, memoryMB))
      for (const variant of variants) fake.deployed.add(variantName(variant))
      return Promise.resolve(variants)
    },
    invoke,
    prewarm: (variant, asked) => {
      const name = variantName(variant)
      warm.set(name, Math.max(asked, warm.get(name) ?? 0))
      return Promise.resolve({ asked, warmed: asked, cold: asked, records: [] })
    },
    // oxlint-disable-next-line require-yield -- there are no logs
    logs: async function* () {},
    teardown: () => Promise.resolve({ removed: [] }),
    warmInstances: () => Promise.resolve(new Map()),
    close: () => Promise.resolve(),
  }
  return fake
}

type Ran = Extract<InvokeOutcome, { readonly record: InvocationRecord }>

function execute(fn: FakeFunction, request: InvokeRequest, at: { cold: boolean; sentAtMs: number }): Ran {
  // The campaign sends envelopes and nothing else.
  const { $trimtab } = request.payload as TaskEnvelope
  const tasks = $trimtab.tasks ?? []
  const record = recordOf(fn, request, { ...at, tasks: tasks.length, processes: $trimtab.processes })
  if (request.variant.memoryMB < fn.peakMB) return { kind: "out-of-memory", record }
  const errors: TaskError[] = []
  const results = tasks.map((task, i): Json => {
    try {
      return fn.exports[$trimtab.call]!(task)
    } catch (error) {
      errors.push({ task: i, errorType: "Error", message: error instanceof Error ? error.message : "" })
      return null
    }
  })
  const payload = { $trimtab: { v: ENVELOPE_VERSION, kind: "part", results, errors, report: record.wrapper } }
  return { kind: "ok", payload, record }
}

/** The law of compute: a fixed time, then the longest process or all work on the vCPUs there are, whatever is longer. */
export function fakeComputeMs(
  fn: FakeFunction,
  { memoryMB, processes, tasks }: { memoryMB: number; processes: number; tasks: number },
): number {
  const u = memoryMB / FAKE_LIMITS.mbPerVcpu
  const busy = Math.max(1, Math.min(processes, tasks))
  const longest = Math.ceil(tasks / busy) / Math.min(1, u)
  return fn.fixedMs / Math.min(1, u) + fn.workMs * Math.max(longest, tasks / Math.min(u, busy))
}

interface Execution {
  readonly cold: boolean
  readonly sentAtMs: number
  readonly tasks: number
  readonly processes: number
}

function recordOf(fn: FakeFunction, { variant, repeat }: InvokeRequest, at: Execution): InvocationRecord {
  const { cold, sentAtMs, tasks, processes } = at
  const computeMs = fakeComputeMs(fn, { memoryMB: variant.memoryMB, processes, tasks })
  const initMs = cold ? fn.initMs : 0
  const startedAtMs = sentAtMs + 5 + initMs
  const durationMs = computeMs + 12
  return {
    requestId: `r${sentAtMs}`,
    functionName: variant.functionName,
    memoryMB: variant.memoryMB,
    repeat,
    coldStart: cold,
    sentAtMs,
    startedAtMs,
    endedAtMs: startedAtMs + durationMs,
    receivedAtMs: startedAtMs + durationMs + 1,
    initMs,
    durationMs,
    billedMs: Math.ceil(initMs + durationMs),
    maxMemoryUsedMB: Math.min(variant.memoryMB, fn.peakMB),
    enforced: "cgroup-v2",
    contentionMs: 0,
    wrapper: {
      downloadMs: 5,
      computeMs,
      uploadMs: 5,
      downloadBytes: 1000 * tasks,
      uploadBytes: 1000 * tasks,
      downloadObjects: tasks,
      uploadObjects: tasks,
      tasks,
      processes,
      cold,
      replayed: false,
      peakProcessMB: fn.peakMB,
    },
  }
}
