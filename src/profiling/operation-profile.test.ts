import { expect, test } from "vitest"
import { seededRandom } from "../base/random.ts"
import { TrimtabError } from "../base/errors.ts"
import type { FunctionPackage } from "../platforms/platform.ts"
import type { TaskEnvelope } from "../protocol/envelope.ts"
import type { OperationReport } from "../protocol/operation-report.ts"
import { memoryStore } from "../stores/memory-store.ts"
import { medianProfile, profileOf, profileOperations, sourceOf } from "./operation-profile.ts"
import { type FakePlatform, fakePlatform } from "./testing/fake-platform.ts"

const REPORT: OperationReport = {
  wallMs: 100,
  userMs: 60,
  systemMs: 10,
  contextSwitches: 7,
  memorySnapshots: 2,
  heapBytes: 5e6,
  peakMemoryBytes: 6e7,
  bytesSent: 1448,
  bytesReceived: 1449,
  ioReadBytes: 3000,
}

const pkg: FunctionPackage = { functionName: "f", directory: "/f", codeSha256: "0", threads: "single" }

/** A platform on which the n-th invocation takes `wallMs[n]`, the last value from there on. */
function platformWith(wallMs: readonly number[], contended: readonly number[] = []): FakePlatform {
  const fake = fakePlatform({
    f: { fixedMs: 1, workMs: 1, initMs: 1, peakMB: 100, exports: { handler: (task) => task } },
  })
  let n = 0
  fake.disturb = (record) => {
    const at = n++
    const operations = { ...REPORT, wallMs: wallMs[Math.min(at, wallMs.length - 1)]! }
    const contentionMs = contended.includes(at) ? record.durationMs : 0
    return { ...record, contentionMs, wrapper: { ...record.wrapper!, operations } }
  }
  return fake
}

async function profiled(fake: FakePlatform): ReturnType<typeof profileOperations> {
  const { platform, clock } = fake
  const place = { platform, store: memoryStore(), clock, signal: new AbortController().signal }
  const request = { pkg, tasks: [1], memoryMB: 3538, environment: {}, timeoutMs: 1000, periodMs: 20, key: "profile" }
  return await profileOperations(place, request)
}

test("the profile is the median of three warm runs, with packets derived from bytes", async () => {
  const fake = platformWith([900, 450, 120, 100, 105])
  const profile = await profiled(fake)
  expect(profile.source).toBe("portable")
  expect(profile.local).toEqual({ wallMs: 105, userMs: 60, systemMs: 10 })
  expect(profile.counters).toMatchObject({ bytesSent: 1448, packetsSent: 1, packetsReceived: 2, ioReadBytes: 3000 })
  // What is not counted is absent, not zero.
  expect("stackBytes" in profile.counters).toBe(false)
  expect(fake.requests.length).toBe(5)
  for (const { payload } of fake.requests) expect((payload as TaskEnvelope).$trimtab.operations).toBe(true)
})

test("a run shorter than two scheduler periods is made several times, and divided", async () => {
  const fake = platformWith([900, 385, 15, 10, 12, 17])
  const profile = await profiled(fake)
  // 2 * 20 ms need three invocations of 15 ms.
  expect(fake.requests.length).toBe(3 + 3 * 3)
  expect(profile.local.wallMs).toBe(17)
})

test("a run that waited for a core is made again", async () => {
  const fake = platformWith([900, 450, 300, 100], [2])
  expect((await profiled(fake)).local.wallMs).toBe(100)
  expect(fake.requests.length).toBe(6)
})

test("a function is run until it is warm: for 0.4 s, or 30 times where it takes hardly anything", async () => {
  const fake = platformWith([900, 100])
  await profiled(fake)
  expect(fake.requests.length).toBe(1 + 4 + 3)
  const short = platformWith([900, 4])
  await profiled(short)
  expect(short.requests.length).toBe(30 + 3 * 10)
})

test("on a busy machine the wait for a core is left out, but never CPU time", async () => {
  const busy = (contentionMs: number): FakePlatform => {
    const fake = platformWith([900, 450, 200])
    const { disturb } = fake
    fake.disturb = (record) => ({ ...disturb(record), contentionMs })
    return fake
  }
  expect((await profiled(busy(90))).local.wallMs).toBe(110)
  expect((await profiled(busy(190))).local.wallMs).toBe(70)
})

test("a failing function, and one that counts nothing, are errors", async () => {
  const silent = platformWith([100])
  silent.disturb = (record) => record
  await expect(profiled(silent)).rejects.toMatchObject({ code: "packaging" })
  const failing = platformWith([100])
  failing.instead = () => ({ kind: "refused", code: "x", message: "no" })
  await expect(profiled(failing)).rejects.toMatchObject({ code: "platform-refused" })
})

test("profiles of different sources are never mixed", () => {
  const portable = profileOf(REPORT)
  const extended = { ...portable, source: "extended" } as const
  expect(sourceOf([portable, portable])).toBe("portable")
  expect(() => sourceOf([portable, extended])).toThrow(TrimtabError)
  expect(() => medianProfile([])).toThrow(TrimtabError)
})

test("the median does not depend on the order of the runs", () => {
  const random = seededRandom(3)
  const runs = [5, 1, 9].map((wallMs) => profileOf({ ...REPORT, wallMs }))
  for (let i = 0; i < 6; i++) {
    const shuffled = [...runs].sort(() => random.next() - 0.5)
    expect(medianProfile(shuffled).local.wallMs).toBe(5)
  }
})
