import { simulateQuota } from "../../estimation/operation/quota-simulation.ts"
import type { Chance } from "./chance.ts"
import type { Work } from "./function-behaviour.ts"
import type { CpuParameters } from "./parameters.ts"

/**
 * Time of an invocation's compute, ms: the smooth law times the factor of its noise; or for short work on less CPU than
 * it could use the scheduler's periods one by one, for CPU work that is so much more. Then time comes in stairs, and the
 * same work takes longer or shorter as it begins earlier or later in a period.
 */
export function computeTimeMs(
  work: Work,
  cpu: CpuParameters,
  at: { vcpus: number; factor: number },
  chance: Chance,
): number {
  const start = cpu.startSpread * chance.next()
  const { bursts } = work
  if (bursts === undefined) return work.computeMs * at.factor
  let cpuMs = 0
  let widest = 1
  for (const burst of bursts) {
    cpuMs += burst.cpuMs
    if (burst.cores > widest) widest = burst.cores
  }
  if (at.vcpus >= widest || cpuMs > cpu.shortPeriods * cpu.periodMs) return work.computeMs * at.factor
  const quota = { cores: at.vcpus, periodMs: cpu.periodMs, tickMs: cpu.tickMs }
  const noisy = bursts.map((burst) => ({ ...burst, cpuMs: burst.cpuMs * at.factor }))
  return simulateQuota(noisy, quota, start)
}
