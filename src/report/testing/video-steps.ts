import type { StepConfig } from "../../workflow/config.ts"

/** One step of the video workflow as the fixture is told it: times of one task on one process. */
export interface VideoStep {
  readonly name: string
  readonly after: readonly string[]
  readonly config: StepConfig
  readonly tasks: number
  readonly taskMs: number
  readonly downloadMs: number
  readonly uploadMs: number
  /** How far the prediction was from what happened: 1.05 means 5 % too long. */
  readonly predictedRatio: number
  /** Instances that were warmed for it before it started. */
  readonly prewarmed: number
  readonly reason: string
  readonly runnerUp: { readonly config: StepConfig; readonly latencyMs: number; readonly costUsd: number } | null
}

const config = (memoryMB: number, instances: number, processes: number): StepConfig => ({
  memoryMB,
  instances,
  processes,
})

/**
 * A video is pulled and cut into frames, objects are detected in them, then watermarking and super-resolution run
 * side by side, and colour, text, interpolation and merging follow:
 *
 *                      +-> watermark -+
 *     pull -> detect --+              +-> colour -> text -> interpolate -> merge
 *                      +-> superres --+
 *
 * Chosen for an SLO of 20 s.
 */
export const LOOSE_STEPS: readonly VideoStep[] = [
  {
    name: "pull",
    after: [],
    config: config(1024, 1, 1),
    tasks: 1,
    taskMs: 1310,
    downloadMs: 240,
    uploadMs: 180,
    predictedRatio: 0.97,
    prewarmed: 0,
    reason: "cheapest size that ends before its latest finish; memory beyond 1,024 MB no longer shortens the download",
    runnerUp: { config: config(1769, 1, 1), latencyMs: 1610, costUsd: 0.0000402 },
  },
  {
    name: "detect",
    after: ["pull"],
    config: config(1769, 6, 1),
    tasks: 24,
    taskMs: 520,
    downloadMs: 160,
    uploadMs: 90,
    predictedRatio: 1.04,
    prewarmed: 6,
    reason: "on the critical path: 6 instances give the best saving of time per dollar among 41 undominated choices",
    runnerUp: { config: config(1769, 8, 1), latencyMs: 2060, costUsd: 0.000493 },
  },
  {
    name: "watermark",
    after: ["detect"],
    config: config(512, 3, 1),
    tasks: 24,
    taskMs: 190,
    downloadMs: 130,
    uploadMs: 110,
    predictedRatio: 1.08,
    prewarmed: 3,
    reason: "runs beside superres with time to spare: the smallest cost within the slack of the branch",
    runnerUp: { config: config(512, 4, 1), latencyMs: 2390, costUsd: 0.0000431 },
  },
  {
    name: "superres",
    after: ["detect"],
    config: config(3008, 12, 2),
    tasks: 24,
    taskMs: 4180,
    downloadMs: 170,
    uploadMs: 240,
    predictedRatio: 0.93,
    prewarmed: 9,
    reason: "on the critical path: fewer instances would miss the latest finish, more would cost 9 % for 4 % less time",
    runnerUp: { config: config(3538, 12, 2), latencyMs: 5310, costUsd: 0.00305 },
  },
  {
    name: "colour",
    after: ["watermark", "superres"],
    config: config(1024, 6, 1),
    tasks: 24,
    taskMs: 300,
    downloadMs: 150,
    uploadMs: 120,
    predictedRatio: 1.02,
    prewarmed: 6,
    reason: "the run was 310 ms late after superres: two more instances than planned win it back",
    runnerUp: { config: config(1024, 4, 1), latencyMs: 2290, costUsd: 0.000136 },
  },
  {
    name: "text",
    after: ["colour"],
    config: config(512, 4, 1),
    tasks: 24,
    taskMs: 110,
    downloadMs: 90,
    uploadMs: 70,
    predictedRatio: 1.01,
    prewarmed: 4,
    reason: "cheapest choice that ends before its latest finish",
    runnerUp: { config: config(512, 3, 1), latencyMs: 1050, costUsd: 0.0000246 },
  },
  {
    name: "interpolate",
    after: ["text"],
    config: config(3008, 8, 2),
    tasks: 24,
    taskMs: 1450,
    downloadMs: 160,
    uploadMs: 230,
    predictedRatio: 0.98,
    prewarmed: 8,
    reason:
      "cheapest choice that ends before its latest finish; a third process would not fit the measured peak memory",
    runnerUp: { config: config(3008, 12, 2), latencyMs: 2480, costUsd: 0.0013 },
  },
  {
    name: "merge",
    after: ["interpolate"],
    config: config(1769, 1, 1),
    tasks: 1,
    taskMs: 980,
    downloadMs: 310,
    uploadMs: 190,
    predictedRatio: 1.03,
    prewarmed: 1,
    reason: "one task: only memory can shorten it, and there are 1.1 s to spare",
    runnerUp: null,
  },
]

/** The same steps chosen for an SLO of 13 s: more instances, more memory, more money. */
export const TIGHT_STEPS: readonly VideoStep[] = LOOSE_STEPS.map((step) => {
  const tight: Readonly<Record<string, { readonly config: StepConfig; readonly taskMs: number }>> = {
    pull: { config: config(1769, 1, 1), taskMs: 1090 },
    detect: { config: config(1769, 12, 1), taskMs: 520 },
    watermark: { config: config(512, 6, 1), taskMs: 190 },
    superres: { config: config(5120, 24, 1), taskMs: 2620 },
    colour: { config: config(1024, 12, 1), taskMs: 300 },
    interpolate: { config: config(3538, 12, 2), taskMs: 1270 },
    merge: { config: config(3008, 1, 1), taskMs: 760 },
  }
  const change = tight[step.name]
  if (change === undefined) return step
  return {
    ...step,
    ...change,
    prewarmed: change.config.instances,
    reason: "the fastest choice that still pays: without it the run would end after its deadline",
  }
})
