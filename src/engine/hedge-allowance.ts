/** Duplicates are at most one in so many invocations: 5 %. */
const CALLS_PER_HEDGE = 20

/** Allowance that is saved up at most, duplicates: when a whole platform is slow they must not double its load. */
const MOST_SAVED = 50

/** How many duplicates all runs of an engine may send. */
export interface HedgeAllowance {
  /** A first invocation of a part. */
  called(): void
  /** Takes a duplicate out of the allowance; false where there is none. */
  take(): boolean
}

/** One duplicate is free, every twenty invocations earn another one, and fifty can be saved up. */
export function hedgeAllowance(): HedgeAllowance {
  let credit = CALLS_PER_HEDGE
  return {
    called: () => {
      if (credit < MOST_SAVED * CALLS_PER_HEDGE) credit++
    },
    take: () => {
      if (credit < CALLS_PER_HEDGE) return false
      credit -= CALLS_PER_HEDGE
      return true
    },
  }
}
