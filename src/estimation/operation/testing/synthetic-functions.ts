import type { Random } from "../../../base/random.ts"
import { logUniform } from "../../../statistics/least-squares.ts"
import { normalQuantile } from "../../../statistics/normal.ts"
import type { OperationProfile } from "../../operation-profile.ts"
import { type Burst, simulateQuota, TICK_MS } from "../quota-simulation.ts"
import { type MeasuredFunction, type OperationPlatform, quotaCores, type TrainingSet } from "../training-set.ts"

export const SYNTHETIC_PLATFORM: OperationPlatform = { periodMs: 20, mbPerVcpu: 1769, vcpuScale: 1, cores: 2 }

export const SYNTHETIC_MEMORY_MB: readonly number[] = [128, 256, 512, 1024, 2048, 4096]

/** Slices in which computing, storage and requests take turns. */
const SLICES = 4
/** Sd of ln t of one run's CPU time and of one request's delay. */
const CPU_NOISE = 0.02
const DELAY_NOISE = 0.15
/** Function by function: what its CPU time and its waits are on the platform over the local run. */
const CPU_SHIFT = 0.02
const WAIT_SHIFT = 0.03

/** What a generated function does in all slices together; the model never sees it. */
interface Truth {
  readonly userMs: number
  readonly systemMs: number
  readonly requests: number
  readonly delayMs: number
  readonly parallelShare: number
  /** CPU time grows with this power of the lack of quota: what caches lose while throttled. */
  readonly cacheLoss: number
}

export interface SyntheticOptions {
  readonly count: number
  readonly repeats: number
  readonly random: Random
}

/** Functions of random basic operations, run by the quota's events: like ConfigNavigator's set, without a machine. */
export function syntheticFunctions({ count, repeats, random }: SyntheticOptions): TrainingSet {
  const functions = Array.from({ length: count }, (_, i): MeasuredFunction => {
    const truth = truthOf(random)
    const normal = (sd: number): number => Math.exp(sd * gaussian(random))
    const shifted = { ...truth, userMs: truth.userMs * normal(CPU_SHIFT), delayMs: truth.delayMs * normal(WAIT_SHIFT) }
    return {
      id: `f${i}`,
      operations: profileOf(truth, random),
      cells: SYNTHETIC_MEMORY_MB.map((memoryMB) => ({
        memoryMB,
        warmMs: Array.from({ length: repeats }, () =>
          runMs(shifted, { quota: quotaCores(SYNTHETIC_PLATFORM, memoryMB), random }),
        ),
      })),
    }
  })
  return { platform: SYNTHETIC_PLATFORM, functions }
}

function truthOf(random: Random): Truth {
  const computes = random.next() < 0.75
  const requests = !computes || random.next() < 0.5 ? Math.round(logUniform(random, 1, 24)) : 0
  return {
    userMs: computes ? logUniform(random, 3, 120) : logUniform(random, 0.5, 3),
    systemMs: logUniform(random, 0.2, 2) + 0.3 * requests,
    requests,
    delayMs: logUniform(random, 1, 8),
    parallelShare: computes && random.next() < 0.2 ? 0.3 + 0.6 * random.next() : 0,
    cacheLoss: random.next() < 0.3 ? 0.06 * random.next() : 0,
  }
}

function profileOf(truth: Truth, random: Random): OperationProfile {
  const wallMs = runMs(truth, { quota: SYNTHETIC_PLATFORM.cores, random })
  const packets = truth.requests * 4
  return {
    source: "portable",
    local: { wallMs, userMs: truth.userMs, systemMs: truth.systemMs },
    counters: {
      contextSwitches: 20 + 3 * truth.requests,
      memorySnapshots: Math.round(truth.userMs / 30),
      heapBytes: 5e6 + 1e6 * random.next(),
      peakMemoryBytes: 6e7 + 1e7 * random.next(),
      bytesSent: packets * 200,
      bytesReceived: packets * 1000,
      packetsSent: packets,
      packetsReceived: packets,
    },
  }
}

/** One run under a quota that starts anywhere in a period. */
function runMs(truth: Truth, { quota, random }: { readonly quota: number; readonly random: Random }): number {
  const growth = Math.max(1, 1 / quota) ** truth.cacheLoss * Math.exp(CPU_NOISE * gaussian(random))
  const userMs = (truth.userMs * growth) / SLICES
  const bursts: Burst[] = []
  for (let slice = 0; slice < SLICES; slice++) {
    bursts.push({ cpuMs: userMs * (1 - truth.parallelShare), cores: 1, waitMs: 0 })
    bursts.push({ cpuMs: userMs * truth.parallelShare, cores: SYNTHETIC_PLATFORM.cores, waitMs: 0 })
    const requests = Math.round(((slice + 1) * truth.requests) / SLICES) - Math.round((slice * truth.requests) / SLICES)
    const systemMs = truth.systemMs / SLICES / Math.max(1, requests)
    bursts.push({ cpuMs: requests === 0 ? systemMs : 0, cores: 1, waitMs: 0 })
    for (let i = 0; i < requests; i++)
      bursts.push({ cpuMs: systemMs, cores: 1, waitMs: truth.delayMs * Math.exp(DELAY_NOISE * gaussian(random)) })
  }
  return simulateQuota(bursts, { cores: quota, periodMs: SYNTHETIC_PLATFORM.periodMs, tickMs: TICK_MS }, random.next())
}

function gaussian(random: Random): number {
  return normalQuantile(0.5 / 2 ** 52 + random.next())
}
