import { exponential, type Arrivals } from "./arrivals.ts"

/** Independent arrivals at a constant rate. */
export function poisson(perSecond: number): Arrivals {
  return function* (random) {
    for (let atMs = exponential(1000 / perSecond, random); ; atMs += exponential(1000 / perSecond, random)) yield atMs
  }
}
