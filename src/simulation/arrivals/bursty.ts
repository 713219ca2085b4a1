import { exponential, type Arrivals } from "./arrivals.ts"

export interface BurstyOptions {
  /** Mean over all time. */
  readonly perSecond: number
  /** Rate within a burst against the mean; 10 by default. */
  readonly factor?: number
  /** Share of the time that is burst; 0.05 by default. `factor * share` must be below 1. */
  readonly share?: number
  /** Mean length of a burst, ms; 10 s by default. */
  readonly burstMs?: number
}

/** A Poisson process that switches between two rates, both times exponential (a Markov-modulated Poisson process). */
export function bursty(options: BurstyOptions): Arrivals {
  const { perSecond, factor = 10, share = 0.05, burstMs = 10_000 } = options
  if (factor * share >= 1) throw new RangeError("bursts of that rate and share hold more than all arrivals")
  const rates = [(perSecond * (1 - factor * share)) / (1 - share), perSecond * factor] as const
  const lengths = [(burstMs * (1 - share)) / share, burstMs] as const
  return function* (random) {
    let state: 0 | 1 = random.next() < share ? 1 : 0
    let fromMs = 0
    for (;;) {
      const untilMs = fromMs + exponential(lengths[state], random)
      const gapMs = 1000 / rates[state]
      for (let at = fromMs + exponential(gapMs, random); at < untilMs; at += exponential(gapMs, random)) yield at
      fromMs = untilMs
      state = state === 0 ? 1 : 0
    }
  }
}
