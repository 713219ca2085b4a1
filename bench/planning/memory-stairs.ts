import type { Random } from "../../src/base/random.ts"
import { paretoOrder } from "../../src/optimization/pareto.ts"
import type { CostCurve } from "../../src/optimization/selection-problem.ts"
import { MB_PER_VCPU, USD_PER_GB_SECOND } from "./generator.ts"

/** ConfigNavigator's 32 sizes, 128 to 4,096 MB; one instance, one process. */
export const LATENCY_MEMORY_MB: readonly number[] = Array.from({ length: 32 }, (_, i) => 128 * (i + 1))

/** A function whose time over memory falls in stairs (ConfigNavigator fig. 3a) or smoothly (3b). */
export interface MemoryLaw {
  /** Core-seconds, of which `share` runs on all cores. */
  readonly workS: number
  readonly share: number
  readonly fixedS: number
  /** Memory that is granted at once: more of it counts only when the next stair is full. */
  readonly stairMB: number
}

/** One function drawn at random; half of them have stairs of 256, 512 or 1,024 MB. */
export function drawMemoryLaw(random: Random): MemoryLaw {
  const log = (low: number, high: number): number => low * (high / low) ** random.next()
  return {
    workS: log(0.5, 20),
    share: random.next() < 0.4 ? 0.3 + 0.6 * random.next() : 0,
    fixedS: log(0.05, 1),
    stairMB: random.next() < 0.5 ? 128 : 256 * 2 ** Math.floor(3 * random.next()),
  }
}

/** Seconds at one size. Below the first stair a part of it is granted. */
export function memoryLawS(law: MemoryLaw, memoryMB: number): number {
  const granted = Math.max(memoryMB < law.stairMB ? memoryMB : 0, law.stairMB * Math.floor(memoryMB / law.stairMB))
  const u = granted / MB_PER_VCPU
  const serial = (1 - law.share) / Math.min(1, u)
  return law.fixedS + law.workS * (serial + law.share / u)
}

/** The sizes worth choosing; cost = time x memory, ConfigNavigator's measure in USD. */
export function memoryCurve(law: MemoryLaw): CostCurve {
  const latencyMs = Float64Array.from(LATENCY_MEMORY_MB, (m) => 1000 * memoryLawS(law, m))
  const costUsd = latencyMs.map((ms, i) => (ms / 1000) * (LATENCY_MEMORY_MB[i]! / 1024) * USD_PER_GB_SECOND)
  const order = paretoOrder({ count: latencyMs.length, latencyMs, costUsd })
  return {
    latencyMs: Float64Array.from(order, (i) => latencyMs[i]!),
    costUsd: Float64Array.from(order, (i) => costUsd[i]!),
  }
}
