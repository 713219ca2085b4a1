import type { Clock } from "../base/clock.ts"
import type { Platform } from "../platforms/platform.ts"
import { type CostLine, type Meter, usdOf } from "../pricing/pricing.ts"
import type { InvocationRecord } from "../protocol/invocation-record.ts"

/** What a campaign may spend. */
export interface CampaignBudget {
  /** Time from start to end, ms, 14 s per function where absent; running each step once may take longer. */
  readonly maxMs?: number
  readonly maxInvocations?: number
  /** USD beyond which nothing more is measured; running each step once may cost more. */
  readonly maxUsd?: number
}

/** How far a campaign is. */
export interface CampaignProgress {
  /** Visits of memory sizes: done, and expected in all. */
  readonly done: number
  readonly total: number
  readonly elapsedMs: number
  /** A guess; null until there is something to go by. */
  readonly leftMs: number | null
  readonly costUsd: number
  readonly invocations: number
  /** What is measured now: `detect at 1,536 MB`. */
  readonly doing: string
}

/** Keeps count of what a campaign spends. */
export interface Ledger {
  invocations: number
  done: number
  total: number
  readonly elapsedMs: () => number
  readonly add: (record: InvocationRecord) => void
  readonly costLines: () => readonly CostLine[]
  readonly costUsd: () => number
  readonly progress: (doing: string) => CampaignProgress
}

export function ledgerOf(platform: Platform, clock: Clock): Ledger {
  const startMs = clock.monotonicMs()
  const meters: Meter[] = []
  const ledger: Ledger = {
    invocations: 0,
    done: 0,
    total: 0,
    elapsedMs: () => clock.monotonicMs() - startMs,
    add: (record) => {
      ledger.invocations++
      meters.push(...platform.meters(record))
    },
    costLines: () => platform.pricing.bill(meters).lines,
    costUsd: () => usdOf(platform.pricing.bill(meters).picoUsd),
    progress: (doing) => {
      const { done, invocations } = ledger
      const total = Math.max(done, ledger.total)
      const elapsedMs = ledger.elapsedMs()
      const leftMs = done === 0 ? null : (elapsedMs / done) * (total - done)
      return { done, total, elapsedMs, leftMs, costUsd: ledger.costUsd(), invocations, doing }
    },
  }
  return ledger
}
