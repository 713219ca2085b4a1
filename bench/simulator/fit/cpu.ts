import { simulateQuota } from "../../../src/estimation/operation/quota-simulation.ts"
import { normalQuantile } from "../../../src/statistics/normal.ts"
import { median, sampleQuantile } from "../../../src/statistics/order-statistics.ts"
import type { CpuData } from "./data.ts"

const PERIOD_MS = 20
const TICK_MS = 1
const MB_PER_VCPU = 1769

export interface CpuFit {
  /** CPU work of the function that was measured, ms on one vCPU. */
  readonly workMs: number
  readonly startSpread: number
  readonly invocationSd: number
  readonly instanceSd: number
  readonly disturbedShare: number
  readonly disturbedFactor: number
}

/**
 * Work, where in a period it begins, and noise. At a whole vCPU and more no quota binds: there P50 is the work, the
 * spread of the middle is that of instances and invocations, and what lies beyond is disturbance. The start in the period
 * is then the one under which simulated P10, P50 and P90 at the other sizes lie nearest to the real ones (least squares
 * of relative errors, on a grid).
 */
export function fitCpu(sizes: CpuData["sizes"]): CpuFit {
  const whole = sizes.filter(([memoryMB]) => memoryMB! >= MB_PER_VCPU)
  const workMs = median(whole.map((row) => row[2]!))
  const z = normalQuantile(0.9)
  const sd = median(whole.map((row) => Math.log(row[3]! / row[1]!) / (2 * z)))
  // Batches are instances: what they differ by and what requests differ by cannot be told apart; half of each variance.
  const each = sd / Math.SQRT2
  const far = median(whole.map((row) => row[4]! / row[2]!))
  const noise = { invocationSd: each, instanceSd: each, disturbedShare: 0.02, disturbedFactor: Math.max(1.05, far) }
  let best = { startSpread: 1, error: Infinity, workMs }
  for (let spread = 0; spread <= 1.0001; spread += 0.1)
    for (const work of [0.97, 0.985, 1, 1.015].map((factor) => factor * workMs)) {
      const fit: CpuFit = { ...noise, workMs: work, startSpread: spread }
      const error = sizes.reduce((sum, row) => sum + errorAt(row, fit), 0)
      if (error < best.error) best = { startSpread: spread, error, workMs: work }
    }
  const round = (value: number): number => Number(value.toPrecision(3))
  return {
    workMs: round(best.workMs),
    startSpread: round(best.startSpread),
    invocationSd: round(noise.invocationSd),
    instanceSd: round(noise.instanceSd),
    disturbedShare: noise.disturbedShare,
    disturbedFactor: round(noise.disturbedFactor),
  }
}

/** Starts and factors at which a size is tried: a fixed lattice, so that the error is the same every time. */
const LATTICE = 96

function errorAt(row: readonly number[], fit: CpuFit): number {
  const [memoryMB, p10, p50, p90] = row as [number, number, number, number]
  const cores = Math.min(1, memoryMB / MB_PER_VCPU)
  const sd = Math.hypot(fit.invocationSd, fit.instanceSd)
  const times = Array.from({ length: LATTICE }, (_, i) => {
    const start = (i + 0.5) / LATTICE
    const factor = Math.exp(sd * normalQuantile((((i * 37) % LATTICE) + 0.5) / LATTICE))
    const bursts = [{ cpuMs: fit.workMs * factor, cores: 1, waitMs: 0 }]
    return simulateQuota(bursts, { cores, periodMs: PERIOD_MS, tickMs: TICK_MS }, fit.startSpread * start)
  })
  const error = (p: number, real: number): number => (sampleQuantile(times, p) / real - 1) ** 2
  return error(0.1, p10) + error(0.5, p50) + error(0.9, p90)
}
