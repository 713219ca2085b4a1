import type { Configs } from "../publishing/config-document.ts"
import type { Move } from "./decide.ts"
import { positionOf, type SizeCurve } from "./size-curve.ts"

export interface GridOf {
  /** Sizes of the last plan. */
  readonly centre: Configs
  readonly curves: ReadonlyMap<string, SizeCurve>
}

/** The sizes that differ, with their distance from the last plan. */
export function movesBetween(from: Configs, to: Configs, { centre, curves }: GridOf): readonly Move[] {
  return Object.keys(to).flatMap((step): readonly Move[] => {
    const [fromMB, toMB] = [from[step]?.memoryMB, to[step]!.memoryMB]
    if (fromMB === undefined || fromMB === toMB) return []
    const curve = curves.get(step)
    const middle = centre[step]?.memoryMB ?? toMB
    const distance = curve === undefined ? 0 : Math.abs(positionOf(curve, toMB) - positionOf(curve, middle))
    return [{ step, fromMB, toMB, distance }]
  })
}

/** What names a change: the sizes that differ. */
export function refusalOf(from: Configs, to: Configs): string {
  return Object.keys(to)
    .filter((step) => from[step]?.memoryMB !== to[step]!.memoryMB)
    .sort()
    .map((step) => `${step}:${to[step]!.memoryMB}`)
    .join()
}
