import type { OperationProfile } from "../operation-profile.ts"
import type { Demand } from "./quota-law.ts"

/** Parameters of a platform that turn a local run into a demand, k0 to k4 of the law. */
export interface DemandParameters {
  /** CPU time of the platform's own runtime in every invocation, ms. */
  readonly k0: number
  /** User CPU time on the platform over that of the local run. */
  readonly k1: number
  /** The same of system CPU time. */
  readonly k2: number
  /** Wait on the platform over that of the local run. */
  readonly k3: number
  /** Wait that each context switch adds, ms: requests and reads each cost some. */
  readonly k4: number
  /** Power of 1/u with which CPU time grows below one core, gamma. */
  readonly throttleGrowth: number
}

/** CPU time may exceed wall time by this without any parallel work: collectors and compilers have threads of their own. */
const SIDE_THREADS = 1.08

/**
 * Demand of the local run itself. More CPU time than wall time tells that code ran on several cores; its wait cannot be
 * told then and counts as none.
 */
export function localDemand({ local }: OperationProfile, platformCores: number): Demand {
  const cores = local.cores ?? platformCores
  const cpuMs = local.userMs + local.systemMs
  if (cores <= 1 || cpuMs <= SIDE_THREADS * local.wallMs)
    return { cpuMs, waitMs: Math.max(0, local.wallMs - cpuMs), parallelShare: 0 }
  const parallelShare = Math.min(1, (1 - local.wallMs / cpuMs) / (1 - 1 / cores))
  return { cpuMs, waitMs: 0, parallelShare }
}

export interface Place {
  readonly cores: number
  readonly quotaCores: number
}

/**
 * Demand on the platform: cpu = (k1 user + k2 system + k0) u'^-gamma, wait = k3 wait + k4 switches; gamma is what
 * caches lose while the function is throttled.
 */
export function platformDemand(profile: OperationProfile, parameters: DemandParameters, place: Place): Demand {
  const { waitMs, parallelShare } = localDemand(profile, place.cores)
  const { k0, k1, k2, k3, k4, throttleGrowth } = parameters
  const growth = Math.max(1, 1 / place.quotaCores) ** throttleGrowth
  return {
    cpuMs: (k1 * profile.local.userMs + k2 * profile.local.systemMs + k0) * growth,
    waitMs: k3 * waitMs + k4 * (profile.counters.contextSwitches ?? 0),
    parallelShare,
  }
}
