import type { Placed } from "./dag-layout.ts"
import { round } from "./svg.ts"

/** The curve from the right side of one node to the left side of the next, through the bends of the layout. */
export function edgeD(points: readonly Placed[], halfNodeWidth: number): string {
  const last = points.length - 1
  const ends = points.map((point, i) => ({
    x: i === 0 ? point.x + halfNodeWidth : i === last ? point.x - halfNodeWidth : point.x,
    y: point.y,
  }))
  return ends
    .map((point, i) => {
      const before = ends[i - 1]
      if (before === undefined) return `M${round(point.x)} ${round(point.y)}`
      const middle = round((before.x + point.x) / 2)
      return `C${middle} ${round(before.y)} ${middle} ${round(point.y)} ${round(point.x)} ${round(point.y)}`
    })
    .join("")
}
