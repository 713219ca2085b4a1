import type { LawName } from "./step-laws.ts"
import { type ConfigAxes, type PaperStep, type PaperWorkflow, paperWorkflow, type Volume } from "./paper-workflow.ts"

/** Sizes that the paper profiles, and the space that its planners choose from, thinned to multiples of 256 MB. */
export const STEPCONF_AXES: ConfigAxes = {
  memoryMB: { min: 512, max: 10_240, step: 256 },
  mostInstances: 32,
  mostProcesses: 6,
}

const one = (bytes: number): Volume => ({ objects: 1, bytes })

export interface Scale {
  /** How much more data is moved than the measured steps move: 1, or more for workflows that wait for the store. */
  readonly data: number
  /** Share of the tasks; 1 where absent. */
  readonly tasks?: number
}

/** Machine learning: three independent pipelines of 96 shards (Orion's workflow). */
export function ml({ data, tasks = 1 }: Scale = { data: 1 }): PaperWorkflow {
  const shards = Math.round(96 * tasks)
  const steps = ["1", "2", "3"].flatMap((copy): PaperStep[] => [
    {
      name: `preprocess${copy}`,
      after: [],
      law: "preprocess",
      tasks: shards,
      download: one(512_000 * data),
      upload: one(283_000 * data),
    },
    {
      name: `train${copy}`,
      after: [`preprocess${copy}`],
      law: "train",
      tasks: shards,
      download: one(283_000 * data),
      upload: one(98_000 * data),
    },
    {
      name: `merge${copy}`,
      after: [`train${copy}`],
      law: "merge-ml",
      tasks: 1,
      work: shards / 8,
      download: { objects: shards, bytes: shards * 98_000 * data },
      upload: one(1000),
    },
  ])
  return paperWorkflow("ml", steps, STEPCONF_AXES)
}

/** Video processing: a film of 96 keyframes through the eight steps of examples/video. */
export function vp({ data, tasks = 1 }: Scale = { data: 1 }): PaperWorkflow {
  const frames = Math.round(96 * tasks)
  const each = (name: string, after: string[], law: LawName, down: number, up: number): PaperStep => ({
    name,
    after,
    law,
    tasks: frames,
    download: { objects: Math.max(1, after.length), bytes: down * data },
    upload: one(up * data),
  })
  const steps: PaperStep[] = [
    {
      name: "pull",
      after: [],
      law: "pull",
      tasks: 1,
      work: frames,
      download: one(600_000 * data),
      upload: { objects: frames, bytes: frames * 30_000 * data },
    },
    each("detect", ["pull"], "detect", 30_000, 30_000),
    each("watermark", ["detect"], "watermark", 30_000, 60_000),
    each("superres", ["detect"], "superres", 30_000, 120_000),
    each("colour", ["watermark", "superres"], "colour", 180_000, 120_000),
    each("text", ["colour"], "text", 120_000, 130_000),
    each("interpolate", ["text"], "interpolate", 520_000, 100_000),
    {
      name: "merge",
      after: ["interpolate"],
      law: "merge-video",
      tasks: 1,
      work: frames / 12,
      download: { objects: frames, bytes: frames * 100_000 * data },
      upload: one(2_000_000 * data),
    },
  ]
  return paperWorkflow("vp", steps, STEPCONF_AXES)
}

/** Edges and difficulties of examples/dag16. */
const EDGES = "0-1 0-2 0-3 1-4 1-5 2-5 2-6 3-7 4-8 5-8 5-9 6-10 7-10 7-11 8-12 9-12 9-13 10-13 11-14 12-15 13-15 14-15"
const DIFFICULTIES = ["easy", "hardest", "hard", "medium"] as const
const OUTPUT_BYTES: Readonly<Record<(typeof DIFFICULTIES)[number], number>> = {
  easy: 50_000,
  medium: 200_000,
  hard: 800_000,
  hardest: 2_000_000,
}

/** The synthetic workflow: 16 steps of is-prime, 24 tasks each. */
export function dag16({ data, tasks = 1 }: Scale = { data: 1 }): PaperWorkflow {
  const edges = EDGES.split(" ").map((edge) => edge.split("-").map(Number))
  const difficultyOf = (step: number): (typeof DIFFICULTIES)[number] => DIFFICULTIES[step % DIFFICULTIES.length]!
  const steps = Array.from({ length: 16 }, (_, i): PaperStep => {
    const parents = edges.filter(([, to]) => to === i).map(([from]) => from!)
    const bytes = parents.reduce((sum, parent) => sum + OUTPUT_BYTES[difficultyOf(parent)], 0)
    const difficulty = difficultyOf(i)
    return {
      name: `s${i}`,
      after: parents.map((parent) => `s${parent}`),
      law: difficulty,
      tasks: Math.round(24 * tasks),
      download: { objects: parents.length, bytes: bytes * data },
      upload: one(OUTPUT_BYTES[difficulty] * data),
    }
  })
  return paperWorkflow("dag16", steps, STEPCONF_AXES)
}

/** The workflows of StepConf's evaluation, in the order in which its text names them. */
export const STEPCONF_WORKFLOWS: readonly ((scale?: Scale) => PaperWorkflow)[] = [ml, vp, dag16]
