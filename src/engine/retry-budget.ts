import type { Clock } from "../base/clock.ts"

/** Retries may be this share of the calls in the window. */
const SHARE = 0.2

/** Retries in the window that are free whatever the share. */
const FREE = 10

const WINDOW_MS = 10_000

/** Bounds the load that retries add to a platform that is in trouble already. */
export interface RetryBudget {
  /** Counts a first invocation. */
  called(): void
  /** Takes a retry out of the budget: 0 when there is one, else ms until the window may have room again. */
  tryTake(): number
}

interface Slot {
  readonly second: number
  calls: number
  retries: number
}

/** At most 20 % of the calls of a sliding window of 10 s, kept by the second; 10 are free. */
export function retryBudget(clock: Clock): RetryBudget {
  const slots: Slot[] = []
  const slotNow = (): Slot => {
    const nowMs = clock.monotonicMs()
    const second = Math.floor(nowMs / 1000)
    while (slots.length > 0 && (slots[0]!.second + 1) * 1000 <= nowMs - WINDOW_MS) slots.shift()
    const last = slots.at(-1)
    if (last !== undefined && last.second === second) return last
    const slot = { second, calls: 0, retries: 0 }
    slots.push(slot)
    return slot
  }
  return {
    called: () => {
      slotNow().calls++
    },
    tryTake: () => {
      const slot = slotNow()
      let calls = 0
      let retries = 0
      for (const item of slots) {
        calls += item.calls
        retries += item.retries
      }
      if (retries < Math.max(FREE, SHARE * calls)) {
        slot.retries++
        return 0
      }
      const oldest = slots.find((item) => item.retries > 0) ?? slot
      return Math.max(50, (oldest.second + 1) * 1000 + WINDOW_MS - clock.monotonicMs())
    },
  }
}
