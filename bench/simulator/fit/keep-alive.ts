import type { Curve } from "../../../src/platforms/simulated/parameters.ts"

/** Points at which a fitted curve is written down, as shares of instances that are still warm. */
const SHARES = [0.98, 0.9, 0.75, 0.5, 0.25, 0.1, 0.02] as const

/** Least spread of the logistic law, s: calls that separate clean would make it a step. */
const LEAST_SCALE_S = 3

/**
 * Share of instances that are warm after so long idle, as a logistic law in the idle time by maximum likelihood (a grid,
 * refined), written down as a curve in ms.
 */
export function fitKeepAlive(calls: readonly (readonly [idleS: number, warm: number])[]): Curve {
  const { middle, scale } = logisticFit(calls)
  const at = (share: number): number => Math.round(1000 * (middle + scale * Math.log((1 - share) / share)))
  const first = Math.max(0, at(0.995))
  return [[first, 1], ...SHARES.map((share): [number, number] => [at(share), share]), [at(0.005), 0]]
}

/** The idle time, s, at which half of the instances are gone, and the scale of the law around it. */
export function logisticFit(calls: readonly (readonly [idleS: number, warm: number])[]): {
  readonly middle: number
  readonly scale: number
} {
  const likelihood = (middle: number, scale: number): number =>
    calls.reduce((sum, [idleS, warm]) => {
      const x = (middle - idleS) / scale
      return sum - Math.log1p(Math.exp(warm === 1 ? -x : x))
    }, 0)
  let best = { middle: 0, scale: LEAST_SCALE_S, value: -Infinity }
  for (let scale = LEAST_SCALE_S; scale <= 120; scale *= 1.1)
    for (let middle = 60; middle <= 1200; middle += 2) {
      const value = likelihood(middle, scale)
      if (value > best.value) best = { middle, scale, value }
    }
  return best
}
