import type { DemandParameters } from "./demand.ts"
import { type Demand, type QuotaLaw, quotaLawMs } from "./quota-law.ts"
import { type Burst, quotaPhases } from "./quota-simulation.ts"
import { type OperationPlatform, periodAt } from "./training-set.ts"

/** Everything of the law that belongs to the platform. */
export interface PlatformParameters extends DemandParameters {
  /** h of the law. */
  readonly headStart: number
  /** lambda of the law. */
  readonly waitShare: number
  /** Runs of less CPU time than this many periods are simulated; 0 simulates none. */
  readonly simulatedPeriods: number
  /** Turns that work and waits of a simulated run take. */
  readonly turns: number
  /** Simulated runs start in this first share of a period: a quota that idled begins its period with the work. */
  readonly startSpread: number
  /** Scheduler tick at which a simulated run that used up its quota is stopped, ms. */
  readonly tickMs: number
}

export interface CurveOptions {
  readonly parameters: PlatformParameters
  readonly platform: OperationPlatform
  /** Starts over a period that a simulated run is averaged over; the design says 20 to 64. */
  readonly phases: number
}

export interface CurvePoint {
  /** Mean of ln t over the starts. */
  readonly logMs: number
  /** Sd of ln t over the starts: the spread of the stairs. */
  readonly phaseSd: number
}

/** The law at one quota, or the simulation where the platform has it and the quota binds. */
export function quotaCurve(demand: Demand, options: CurveOptions, quota: number): CurvePoint {
  const { parameters, platform } = options
  const periodMs = periodAt(platform, quota)
  const law: QuotaLaw = { ...parameters, periodMs, cores: platform.cores }
  const most = demand.parallelShare > 0 ? platform.cores : 1
  if (quota >= most || demand.cpuMs >= parameters.simulatedPeriods * periodMs)
    return { logMs: Math.log(quotaLawMs(demand, law, quota)), phaseSd: 0 }
  const times = quotaPhases(
    burstsOf(demand, { turns: parameters.turns, cores: platform.cores }),
    {
      cores: quota,
      periodMs,
      tickMs: parameters.tickMs,
    },
    { count: options.phases, spread: parameters.startSpread },
  )
  let sum = 0
  let squares = 0
  for (const ms of times) {
    const log = Math.log(Math.max(ms, 1e-3))
    sum += log
    squares += log * log
  }
  const logMs = sum / times.length
  return { logMs, phaseSd: Math.sqrt(Math.max(0, squares / times.length - logMs * logMs)) }
}

/** Work and wait in equal turns; in each the parallel part runs on all cores after the serial one. */
function burstsOf({ cpuMs, waitMs, parallelShare }: Demand, at: { turns: number; cores: number }): readonly Burst[] {
  const serial: Burst = { cpuMs: (cpuMs * (1 - parallelShare)) / at.turns, cores: 1, waitMs: 0 }
  const wide: Burst = { cpuMs: (cpuMs * parallelShare) / at.turns, cores: at.cores, waitMs: waitMs / at.turns }
  return Array.from({ length: at.turns }, () => [serial, wide]).flat()
}
