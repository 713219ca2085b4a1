import { variantName, type FunctionVariant, type Platform } from "../platforms/platform.ts"
import { usdOf } from "../pricing/pricing.ts"
import type { InvocationRecord } from "../protocol/invocation-record.ts"
import type { PrewarmPrices } from "./prewarm-rule.ts"

/** Time of a dummy call on an instance that is there, ms. */
const CALL_MS = 1

/** An idle instance of a platform that tells nothing is taken to stay this long, ms. */
const KEEP_ALIVE_MS = 5 * 60_000

const MB_PER_GB = 1_024

/** What warming one instance costs on a platform, `startMs` being its cold start. Init is billed wherever it happens. */
export function prewarmPrices(platform: Platform, variant: FunctionVariant, startMs: number): PrewarmPrices {
  const { idle } = platform
  return {
    warmCallUsd: callUsd(platform, variant, 0),
    coldCallUsd: callUsd(platform, variant, startMs),
    idleUsdPerMs: ((idle?.usdPerGbSecond ?? 0) * (variant.memoryMB / MB_PER_GB)) / 1_000,
    warmAfter: idle?.warmAfter ?? ((ms) => (ms < KEEP_ALIVE_MS ? 1 : 0)),
  }
}

function callUsd(platform: Platform, variant: FunctionVariant, initMs: number): number {
  const { functionName, memoryMB } = variant
  const billedMs = Math.ceil(initMs + CALL_MS)
  const record: InvocationRecord = {
    requestId: `prewarm of ${variantName(variant)}`,
    functionName,
    memoryMB,
    repeat: 0,
    coldStart: initMs > 0,
    sentAtMs: 0,
    startedAtMs: initMs,
    endedAtMs: initMs + CALL_MS,
    receivedAtMs: initMs + CALL_MS,
    initMs,
    durationMs: CALL_MS,
    billedMs,
    maxMemoryUsedMB: 0,
  }
  return usdOf(platform.pricing.bill([...platform.meters(record)]).picoUsd)
}
