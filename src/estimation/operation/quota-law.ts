/**
 * Time of a function under a CPU quota, from one run without one:
 *
 *   T = max( F,  cpu ((1-r) / u' + r / u'') - h P (1 - u') + lambda wait )
 *   F = cpu ((1-r) + r / c) + wait,   u' = min(1, u),   u'' = min(c, u)
 *
 * u is the quota in cores, c the cores of the machine, P the scheduler period, r the share of the CPU time that runs on
 * all cores. For r = 0 it is max(cpu + wait, cpu/u' - h P (1 - u') + lambda wait). The first quota is spent at full
 * speed, which saves h periods; while a function waits, its quota fills up, so only lambda of the wait adds to a
 * throttled run.
 */

/** What a function asks of the machine. */
export interface Demand {
  /** CPU time of all threads, ms. */
  readonly cpuMs: number
  /** Time off the CPU, ms. */
  readonly waitMs: number
  /** Share of the CPU time that runs on all cores, r in [0, 1]. */
  readonly parallelShare: number
}

/** What the platform does to it. */
export interface QuotaLaw {
  readonly periodMs: number
  /** Cores of the machine, c. */
  readonly cores: number
  /** Periods saved by the first quota, h. */
  readonly headStart: number
  /** Share of the wait that a throttled run feels, lambda. */
  readonly waitShare: number
}

/** Wall time in ms with a quota of `quotaCores`; at least LEAST_MS. */
export function quotaLawMs(demand: Demand, law: QuotaLaw, quotaCores: number): number {
  const { cpuMs, waitMs, parallelShare: r } = demand
  const share = Math.min(1, quotaCores)
  const wide = Math.min(law.cores, quotaCores)
  const free = cpuMs * (1 - r + r / Math.max(1, law.cores)) + waitMs
  const throttled =
    cpuMs * ((1 - r) / share + r / wide) - law.headStart * law.periodMs * (1 - share) + law.waitShare * waitMs
  return Math.max(free, throttled, LEAST_MS)
}

/** Times below this mean nothing, ms. */
export const LEAST_MS = 0.01
