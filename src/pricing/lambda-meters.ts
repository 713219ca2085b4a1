import { roundUpMs } from "./billed-duration.ts"
import type { Meters } from "./pricing.ts"

export type Architecture = "x86_64" | "arm64"

/** Ephemeral storage that comes with every function, MB. */
const FREE_STORAGE_MB = 512
/** Provisioned concurrency is billed in started periods of 5 minutes. */
const PROVISIONED_PERIOD_MS = 300_000
/** An asynchronous event is one request, and one more for each started 64 KB above 256 KB. */
const ASYNC_FIRST_BYTES = 256 * 1024
const ASYNC_NEXT_BYTES = 64 * 1024

export interface InvocationUse {
  readonly memoryMB: number
  /** Whole ms, init included (`billedMs`). */
  readonly billedMs: number
  readonly architecture?: Architecture
  /** Configured ephemeral storage; 512 where absent. */
  readonly storageMB?: number
  /** How many equal invocations; 1 where absent. */
  readonly count?: number
}

/** What invocations use on AWS Lambda: MB-ms of memory, requests, MB-ms of storage above 512 MB. */
export function invocationMeters(use: InvocationUse): Meters {
  const count = BigInt(use.count ?? 1)
  const timeMs = count * BigInt(roundUpMs(use.billedMs))
  const extraStorageMB = Math.max(0, (use.storageMB ?? FREE_STORAGE_MB) - FREE_STORAGE_MB)
  return [
    { meter: durationMeter(use.architecture), quantity: timeMs * BigInt(use.memoryMB) },
    { meter: "lambda.requests", quantity: count },
    ...(extraStorageMB > 0 ? [{ meter: "lambda.storage", quantity: timeMs * BigInt(extraStorageMB) }] : []),
  ]
}

/** The meter of on-demand duration. */
export function durationMeter(architecture: Architecture = "x86_64"): string {
  return `lambda.duration.${architecture}`
}

/** Requests that one asynchronous event counts as, up to 1 MB. */
export function asyncEventRequests(sizeBytes: number): number {
  return 1 + Math.max(0, Math.ceil((sizeBytes - ASYNC_FIRST_BYTES) / ASYNC_NEXT_BYTES))
}

export interface ProvisionedUse {
  readonly memoryMB: number
  /** Configured instances, idle or not. */
  readonly instances: number
  /** From enable to disable. */
  readonly enabledMs: number
  readonly architecture?: Architecture
}

/** What keeping instances ready uses: their whole time, rounded up to 5 minutes. */
export function provisionedMeters(use: ProvisionedUse): Meters {
  const timeMs = Math.ceil(use.enabledMs / PROVISIONED_PERIOD_MS) * PROVISIONED_PERIOD_MS
  const quantity = BigInt(use.instances) * BigInt(use.memoryMB) * BigInt(timeMs)
  return [{ meter: `lambda.provisioned.${use.architecture ?? "x86_64"}`, quantity }]
}

/** What invocations on provisioned instances use; those above the configured number are `invocationMeters`. */
export function provisionedInvocationMeters(use: InvocationUse): Meters {
  const from = durationMeter(use.architecture)
  const to = `lambda.provisioned.duration.${use.architecture ?? "x86_64"}`
  return invocationMeters(use).map((meter) => (meter.meter === from ? { ...meter, meter: to } : meter))
}
