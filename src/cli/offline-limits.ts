import { LAMBDA_MB_PER_VCPU } from "../platforms/local/options.ts"
import type { PlatformLimits } from "../workflow/limits.ts"

/** Limits of AWS Lambda, for what is computed without asking a platform. */
export const OFFLINE_LIMITS: PlatformLimits = {
  memoryMB: { min: 128, max: 10_240, step: 1 },
  mbPerVcpu: LAMBDA_MB_PER_VCPU,
  vcpuTotal: null,
  timeoutMs: 900_000,
  payloadBytes: { sync: 6_291_456, async: 1_048_576 },
  concurrency: { account: 1000, keepFree: 0 },
  startsPer10s: 1000,
  initTimeoutMs: 10_000,
  publishMsPerVariant: 0,
}
