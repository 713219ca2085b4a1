/**
 * The CFS bandwidth quota as events: a group may use `quotaCores` * period of CPU time in each period; what runs on
 * beyond it until the next accounting tick is paid back in the next period. Below about eight periods of CPU time this
 * makes ConfigNavigator's "performance stairs", which no smooth law follows.
 */

/** CPU time used at `cores` cores at once, then a wait off the CPU. */
export interface Burst {
  readonly cpuMs: number
  readonly cores: number
  readonly waitMs: number
}

export interface Quota {
  /** CPU time per wall time that is granted, in cores. */
  readonly cores: number
  readonly periodMs: number
  /** How often the scheduler looks at the account, ms. */
  readonly tickMs: number
}

/** Scheduler tick that public Lambda times show best, ms. */
export const TICK_MS = 1

/** Ticks and periods of different starts fall together differently: the golden ratio spreads them evenly. */
const GOLDEN = 0.6180339887498949

/**
 * Wall time in ms of the bursts, one after the other, when they start at the share `phase` in [0, 1) of a period with a
 * full quota. Cost: one step a period and burst.
 */
export function simulateQuota(bursts: readonly Burst[], quota: Quota, phase: number): number {
  const { periodMs, tickMs } = quota
  const granted = quota.cores * periodMs
  const tickOffset = ((phase * GOLDEN * 1000) % 1) * tickMs
  const start = phase * periodMs
  let now = start
  let next = periodMs
  let left = granted
  const refill = (): void => {
    if (now < next) return
    const periods = Math.floor((now - next) / periodMs) + 1
    left = Math.min(granted, left + periods * granted)
    next += periods * periodMs
  }
  for (const { cpuMs, cores, waitMs } of bursts) {
    let need = cpuMs
    while (need > 1e-9) {
      if (left <= 1e-9) now = next
      else {
        const tick = Math.ceil((now + left / cores - tickOffset) / tickMs - 1e-9) * tickMs + tickOffset
        const run = Math.min(need / cores, tick - now, next - now)
        now += run
        need -= run * cores
        left -= run * cores
        // Rounding must not leave a sliver before the end of a period that no step can cross.
        if (next - now < 1e-9) now = next
      }
      refill()
    }
    now += waitMs
    refill()
  }
  return now - start
}

export interface Starts {
  readonly count: number
  /** They are spread evenly over this first share of a period. */
  readonly spread: number
}

/** Wall times in ms of starts spread evenly, in the order of their phases. */
export function quotaPhases(bursts: readonly Burst[], quota: Quota, { count, spread }: Starts): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => simulateQuota(bursts, quota, (spread * (i + 0.5)) / count))
}
