import type { Random } from "../../base/random.ts"
import azure from "../data/azure-2019.json" with { type: "json" }
import type { Arrivals } from "./arrivals.ts"
import { gamma } from "./gamma.ts"

export interface AzureOptions {
  /** Mean rate; drawn from the distribution of the trace where absent. */
  readonly perSecond?: number
  /** Coefficient of variation of the times between arrivals; drawn where absent. */
  readonly variation?: number
}

/** The trace is of two weeks. */
const TRACE_S = 14 * 24 * 3600

/** Below this the arrivals of a timer are meant: as regular as can be. Above it shapes are too small to draw from. */
const VARIATION_BOUNDS = [0.02, 12] as const

/**
 * Arrivals of one function of Azure Functions in 2019, made from the published distributions: how regular its arrivals are
 * and, where no rate is given, how many there are. A quarter of the functions are timers, half are more regular than
 * Poisson, one in ten comes in bursts with a variation of 5 and more. Times between arrivals are gamma-distributed, which
 * the published distributions do not say.
 */
export function azureArrivals(options: AzureOptions = {}): Arrivals {
  return function* (random) {
    const { rate, variation } = azureFunction(random)
    const perSecond = options.perSecond ?? rate
    const [least, most] = VARIATION_BOUNDS
    const shape = Math.min(most, Math.max(least, options.variation ?? variation)) ** -2
    for (let atMs = 0; ;) {
      atMs += (1000 / perSecond) * gamma(shape, random)
      yield atMs
    }
  }
}

/** One function of the trace: its rate, per second, and the variation of its arrivals. */
export function azureFunction(random: Random): { readonly rate: number; readonly variation: number } {
  const variation = valueAt(azure.variation, random.next())
  return { variation, rate: Math.max(1, valueAt(azure.invocations, random.next())) / TRACE_S }
}

/** The value of a distribution at a level, linear between its levels. */
function valueAt(values: readonly number[], level: number): number {
  const { levels } = azure
  const above = levels.findIndex((one) => one >= level)
  if (above <= 0) return values[0]!
  const share = (level - levels[above - 1]!) / (levels[above]! - levels[above - 1]!)
  return values[above - 1]! + share * (values[above]! - values[above - 1]!)
}
