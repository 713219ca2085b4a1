import { type Random, seededRandom } from "../../base/random.ts"
import { normalQuantile } from "../../statistics/normal.ts"
import { computeMs, type ComputeParameters } from "../compute-model.ts"
import type { InstanceSample, Profile, Sample, StepSample } from "../sample.ts"

/** A function whose every law is known, to see whether an estimator finds it. */
export interface SyntheticFunction {
  readonly name: string
  readonly compute: ComputeParameters
  /** Sd of ln t of each run. */
  readonly noise: number
  readonly initMs: number
  /** First-call work of a cold instance, ms on one vCPU. */
  readonly coldWorkMs: number
  readonly launchMs: number
  /** Bytes each task downloads; one object a task. */
  readonly bytesPerTask: number
  readonly peakMB: number
}

export const SYNTHETIC: SyntheticFunction = {
  name: "mark",
  compute: {
    kind: "single",
    phiMs: 15,
    f0Ms: 20,
    w0Ms: 240,
    parallelShare: 0,
    contention: 0.05,
    coherence: 0,
    mbPerVcpu: 1769,
  },
  noise: 0.03,
  initMs: 180,
  coldWorkMs: 30,
  launchMs: 8,
  bytesPerTask: 400_000,
  peakMB: 70,
}

export interface Campaign {
  readonly memoriesMB: readonly number[]
  readonly tasks: readonly number[]
  readonly processes: readonly number[]
  readonly repetitions: number
  readonly seed: number
}

export const SPARSE_CAMPAIGN: Campaign = {
  memoriesMB: [256, 768, 1792, 3008],
  tasks: [2, 6],
  processes: [1, 2],
  repetitions: 1,
  seed: 1,
}

/** A small campaign: every combination warm, one cold start per memory, a step of one instance for each sample. */
export function syntheticProfile(truth: SyntheticFunction, campaign: Campaign): Profile {
  const random = seededRandom(campaign.seed)
  const samples: Sample[] = []
  for (const memoryMB of campaign.memoriesMB) {
    for (const [i, tasks] of campaign.tasks.entries()) {
      for (const [j, processes] of campaign.processes.entries()) {
        const point = { memoryMB, processes, tasks }
        if (i === 0 && j === 0) samples.push(...invocation(truth, point, { random, cold: true, atMs: samples.length }))
        for (let repetition = 0; repetition < campaign.repetitions; repetition++) {
          samples.push(...invocation(truth, point, { random, cold: false, atMs: samples.length }))
        }
      }
    }
  }
  return { functionName: truth.name, samples }
}

interface Point {
  readonly memoryMB: number
  readonly processes: number
  readonly tasks: number
}

function invocation(
  truth: SyntheticFunction,
  point: Point,
  options: { readonly random: Random; readonly cold: boolean; readonly atMs: number },
): [InstanceSample, StepSample] {
  const { random, cold, atMs } = options
  const noisy = (ms: number): number => ms * Math.exp(truth.noise * normalQuantile(0.001 + 0.998 * random.next()))
  const core = Math.min(1, point.memoryMB / truth.compute.mbPerVcpu)
  const initMs = cold ? noisy(truth.initMs) : 0
  const computed = noisy(computeMs(truth.compute, point)) + (cold ? truth.coldWorkMs / core : 0)
  const downloadBytes = truth.bytesPerTask * point.tasks
  const downloadMs = noisy(transferMs(truth, point))
  const durationMs = downloadMs + computed
  const sample = instanceSample({
    ...point,
    atMs,
    cold,
    initMs,
    computeMs: computed,
    downloadMs,
    downloadBytes,
    downloadObjects: point.tasks,
    durationMs,
    billedMs: Math.ceil(durationMs + initMs),
    peakProcessMB: truth.peakMB,
    maxMemoryUsedMB: truth.peakMB * point.processes,
  })
  const mappingDelayMs = noisy(truth.launchMs) + initMs
  const config = { memoryMB: point.memoryMB, instances: 1, processes: point.processes }
  const common = { atMs, source: "campaign", contended: false, enforced: "cgroup-v1", codeSha256: "a" } as const
  return [
    sample,
    {
      ...common,
      kind: "step",
      config,
      tasks: point.tasks,
      cold: cold ? 1 : 0,
      mappingDelayMs,
      wallMs: mappingDelayMs + durationMs,
    },
  ]
}

/** 2 ms an object and 100 MB/s at a full vCPU. */
export function transferMs(
  truth: SyntheticFunction,
  point: { readonly memoryMB: number; readonly tasks: number },
): number {
  const core = Math.min(1, point.memoryMB / truth.compute.mbPerVcpu)
  return 2 * point.tasks + (truth.bytesPerTask * point.tasks) / 1e5 / core
}

/** A valid warm sample with the given fields changed. */
export function instanceSample(changes: Partial<InstanceSample> = {}): InstanceSample {
  return {
    kind: "instance",
    atMs: 0,
    source: "campaign",
    memoryMB: 1024,
    processes: 1,
    tasks: 1,
    outcome: "ok",
    cold: false,
    initMs: 0,
    downloadMs: 0,
    computeMs: 500,
    uploadMs: 0,
    downloadBytes: 0,
    uploadBytes: 0,
    downloadObjects: 0,
    uploadObjects: 0,
    durationMs: (changes.computeMs ?? 500) + (changes.downloadMs ?? 0) + (changes.uploadMs ?? 0),
    billedMs: 500,
    maxMemoryUsedMB: 60,
    peakProcessMB: 60,
    contended: false,
    enforced: "cgroup-v1",
    codeSha256: "a",
    ...changes,
  }
}
