import type { Clock } from "../../base/clock.ts"
import type { Platform } from "../../platforms/platform.ts"
import type { TaskEnvelope } from "../../protocol/envelope.ts"
import { FAKE_LIMITS, fakePricing } from "./fake-platform.ts"

const REPORT = {
  downloadMs: 0,
  computeMs: 0,
  uploadMs: 0,
  downloadBytes: 0,
  uploadBytes: 0,
  downloadObjects: 0,
  uploadObjects: 0,
  tasks: 1,
  processes: 1,
  cold: false,
  replayed: false,
  peakProcessMB: 0,
}

/** A platform that answers at once and does nothing: what is left is the engine. */
export function noOpPlatform(clock: Clock): Platform {
  return {
    name: "no-op",
    clock,
    limits: FAKE_LIMITS,
    pricing: fakePricing,
    meters: ({ billedMs, memoryMB }) => [
      { meter: "mb-ms", quantity: BigInt(billedMs * memoryMB) },
      { meter: "requests", quantity: 1n },
    ],
    invoke: async ({ variant, payload, repeat }) => {
      const { tasks = [] } = (payload as TaskEnvelope).$trimtab // the engine sends nothing else
      const nowMs = clock.nowMs()
      return {
        kind: "ok",
        payload: { $trimtab: { v: 1, kind: "part", results: tasks.map(() => 0), errors: [], report: REPORT } },
        record: {
          requestId: "",
          functionName: variant.functionName,
          memoryMB: variant.memoryMB,
          repeat,
          coldStart: false,
          sentAtMs: nowMs,
          startedAtMs: nowMs,
          endedAtMs: nowMs,
          receivedAtMs: nowMs,
          initMs: 0,
          durationMs: 0,
          billedMs: 1,
          maxMemoryUsedMB: 0,
          wrapper: REPORT,
          enforced: "none",
        },
      }
    },
    prewarm: async (_, asked) => ({ asked, warmed: 0, cold: 0, records: [] }),
    deploy: async () => [],
    // oxlint-disable-next-line no-empty-function -- there is no log
    logs: async function* () {},
    teardown: async () => ({ removed: [] }),
    warmInstances: async () => new Map(),
    close: async () => {},
  }
}
