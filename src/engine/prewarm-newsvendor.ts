import type { PrewarmAsk, PrewarmRule } from "./prewarm-rule.ts"
import { quantileOf } from "./start-law.ts"

/**
 * Our rule: a newsvendor's. An instance that is ready early idles, one that is ready late has missed its step, and both
 * have a price. The best instant to be ready is the quantile `Q_a` of the step's start, where
 * `a = early / (early + late)`, a second of earliness and of lateness in money.
 *
 * - early: idle time, where it is billed, and the risk that the instance is gone before it is used.
 * - late: the step waits for the whole mapping delay all the same, however little it is late: over the width of the start's
 *   distribution a millisecond of lateness loses that share of the delay. It counts with the probability of the branch.
 *
 * What is gained by then is compared with what is paid: a prewarm that does not pay is not made.
 */
export const newsvendorRule: PrewarmRule = { name: "newsvendor", weighsBranches: true, time: timed }

/** Quantiles below this say more about the law's form than about the step. */
const LEAST_LEVEL = 0.02

/** Levels at which the start is looked at to say what a prewarm gains: the middles of equal shares. */
const LEVELS = [0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95]

function timed(ask: PrewarmAsk): ReturnType<PrewarmRule["time"]> {
  const a = levelOf(ask)
  const atMs = ask.start.quantile(a) - quantileOf(ask.delay, 1 - a)
  const { gainUsd, costUsd } = balanceOf(ask, Math.max(ask.nowMs, atMs) + ask.delay.medianMs)
  return gainUsd > costUsd ? { kind: "fire", atMs } : { kind: "declined", gainUsd, costUsd }
}

/** a = early / (early + late). */
export function levelOf(ask: PrewarmAsk): number {
  const { start, probability, delay, usdPerMs, instances, prices } = ask
  const lostUsd = usdPerMs * delay.medianMs
  const widthMs = Math.max(1, start.quantile(0.84) - start.quantile(0.16))
  const goneShare = (1 - prices.warmAfter(widthMs)) / widthMs
  const early = instances * prices.idleUsdPerMs + goneShare * probability * lostUsd
  const late = (probability * lostUsd) / widthMs
  return Math.max(LEAST_LEVEL, early / (early + late || 1))
}

/**
 * What instances that are ready at an instant gain and cost on the average, USD. A hit saves the mapping delay and the
 * billed start of the real call; the dummy calls are paid for in any case, and what idles until it is used, or until its
 * platform takes it away.
 */
export function balanceOf(ask: PrewarmAsk, readyMs: number): { readonly gainUsd: number; readonly costUsd: number } {
  const { start, probability, delay, usdPerMs, instances, prices } = ask
  let hitShare = 0
  let idleMs = 0
  for (const level of LEVELS) {
    const earlyMs = start.quantile(level) - readyMs
    if (earlyMs >= 0) hitShare += prices.warmAfter(earlyMs) / LEVELS.length
    idleMs += Math.max(0, earlyMs) / LEVELS.length
  }
  const savedUsd = usdPerMs * delay.medianMs + instances * (prices.coldCallUsd - prices.warmCallUsd)
  return {
    gainUsd: probability * hitShare * savedUsd,
    costUsd: instances * (prices.coldCallUsd + prices.idleUsdPerMs * idleMs),
  }
}
