import { constant } from "../../../statistics/quantile-table.ts"
import type { PlatformParameters } from "../parameters.ts"

/** A platform without chance: every time is exactly what it says. Tests change what they are about. */
export function testParameters(changes: Partial<PlatformParameters> = {}): PlatformParameters {
  return {
    name: "test",
    date: "2026-01-01",
    sources: {},
    limits: {
      memoryMB: { min: 128, max: 10_240, step: 1 },
      mbPerVcpu: 1_769,
      vcpuTotal: null,
      timeoutMs: 900_000,
      payloadBytes: { sync: 6_291_456, async: 1_048_576 },
      concurrency: { account: 1_000, keepFree: 0 },
      startsPer10s: null,
      initTimeoutMs: 10_000,
      publishMsPerVariant: 0,
    },
    start: {
      dispatch: constant(2),
      answer: constant(1),
      placement: constant(80),
      slow: { share: 0, extra: constant(300) },
      init: {
        nodejs: { zip: constant(120), image: constant(200) },
        python: { zip: constant(90), image: constant(130) },
      },
      msPerPackageMB: { zip: 2, image: 0.5 },
      initCpu: "full",
    },
    keepAlive: {
      warmAfterMs: [
        [299_999, 1],
        [300_000, 0],
      ],
    },
    cpu: { periodMs: 20, tickMs: 1, startSpread: 0, shortPeriods: 8 },
    noise: { invocationSd: 0, instanceSd: 0, driftSd: 0, driftMs: 1, disturbed: { share: 0, factor: constant(1) } },
    bandwidthMBps: [[0, 100]],
    store: {
      read: { firstByte: constant(10), parallel: 8, spread: constant(1) },
      write: { firstByte: constant(20), parallel: 8, spread: constant(1) },
    },
    onFull: "throttle",
    ...changes,
  }
}
