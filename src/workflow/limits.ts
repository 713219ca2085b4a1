import type { Range } from "./config.ts"

/** What a platform allows, as plain data: planners take it without knowing any platform. */
export interface PlatformLimits {
  readonly memoryMB: Range
  /** Memory that buys one vCPU: 1,769 MB on AWS Lambda, 2,048 MB on the cluster of the StepConf paper. */
  readonly mbPerVcpu: number
  /** vCPUs that all busy instances may use together; null where there is no such limit (AWS Lambda). */
  readonly vcpuTotal: number | null
  readonly timeoutMs: number
  readonly payloadBytes: { readonly sync: number; readonly async: number }
  readonly concurrency: { readonly account: number; readonly keepFree: number }
  /** New instances of one function per 10 s; null where there is no such limit. */
  readonly startsPer10s: number | null
  readonly initTimeoutMs: number
  readonly publishMsPerVariant: number
}

/** vCPUs granted to one instance, u = m / m_s. */
export function vcpus(limits: PlatformLimits, memoryMB: number): number {
  return memoryMB / limits.mbPerVcpu
}

/** The most instances of this size that may be busy at once; at least 1, since one always runs alone. */
export function maxInstances(limits: PlatformLimits, memoryMB: number): number {
  const byConcurrency = limits.concurrency.account - limits.concurrency.keepFree
  if (limits.vcpuTotal === null) return Math.max(1, byConcurrency)
  const byVcpu = Math.floor(limits.vcpuTotal / vcpus(limits, memoryMB) + 1e-9)
  return Math.max(1, Math.min(byConcurrency, byVcpu))
}
