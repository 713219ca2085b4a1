import type { Curve } from "./parameters.ts"

/** The law of a curve at `x`: linear between its points, constant outside; 0 without points. */
export function curveAt(curve: Curve, x: number): number {
  const first = curve[0]
  if (first === undefined) return 0
  if (x <= first[0]) return first[1]
  for (let i = 1; i < curve.length; i++) {
    const [x1, y1] = curve[i]!
    if (x > x1) continue
    const [x0, y0] = curve[i - 1]!
    return x1 === x0 ? y1 : y0 + ((x - x0) / (x1 - x0)) * (y1 - y0)
  }
  return curve.at(-1)![1]
}

/** Where a falling curve is `y`: its inverse. */
export function fallingCurveInverse(curve: Curve, y: number): number {
  const first = curve[0]
  if (first === undefined) return 0
  if (y >= first[1]) return first[0]
  for (let i = 1; i < curve.length; i++) {
    const [x1, y1] = curve[i]!
    if (y < y1) continue
    const [x0, y0] = curve[i - 1]!
    return y0 === y1 ? x1 : x0 + ((y0 - y) / (y0 - y1)) * (x1 - x0)
  }
  return curve.at(-1)![0]
}
