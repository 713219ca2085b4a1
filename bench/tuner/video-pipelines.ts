import { readFileSync } from "node:fs"
import { computeMs, type ComputeParameters } from "../../src/estimation/compute-model.ts"
import { NOTHING_MOVED, type FunctionBehaviour } from "../../src/platforms/simulated/function-behaviour.ts"
import type { CalledFunction } from "./called-pipeline.ts"

/**
 * The three pipelines of ConfigNavigator, table 3, as functions that call functions. Edges are our reading (the paper
 * lists tasks). The CPU work of face detection, beautification, restore and HD is measured, in one local run of the real
 * functions of this repository on one photograph (bench/estimation/data/face-2026-11-22.json); that of the others, how many
 * pictures of a 5-second clip each looks at, and how work grows with the clip, are assumptions that stand here.
 */

/** A 5-second clip. */
export interface Clip {
  /** Pixels beside those of 1080p: 1, 0.44 (720p), 0.2 (480p), 0.11 (360p). */
  readonly pixels: number
  /** Faces that are to be worked on. */
  readonly faces: number
  /** How much its scenes ask for, around 1. */
  readonly motion: number
}

/** CPU work of a function and how it grows with the clip. */
interface VideoFunction extends CalledFunction<Clip> {
  /** On one vCPU for a 1080p clip with one face, ms. */
  readonly workMs: number
  /** Share of the work that uses all cores. */
  readonly parallelShare: number
  readonly fixedMs: number
  readonly peakMB: number
  readonly work: (clip: Clip) => number
}

export interface VideoPipeline {
  readonly name: string
  readonly functions: readonly VideoFunction[]
}

/** Pictures of a clip that are looked at. */
const PICTURES = 10

interface FaceData {
  readonly functions: readonly {
    readonly id: string
    readonly operations: {
      readonly local: { readonly wallMs: number; readonly userMs: number; readonly systemMs: number }
      readonly counters: { readonly peakMemoryBytes: number }
    }
  }[]
}

const FACE_DATA = JSON.parse(
  readFileSync(new URL("../estimation/data/face-2026-11-22.json", import.meta.url), "utf8"),
) as FaceData // a file of this repository

/** One picture of a measured function. On two cores the share r of its work that uses both makes it 1 - r / 2 as long. */
function measured(id: string): Pick<VideoFunction, "workMs" | "parallelShare" | "peakMB"> {
  const { local, counters } = FACE_DATA.functions.find((one) => one.id === id)!.operations
  const cpuMs = local.userMs + local.systemMs
  return {
    workMs: PICTURES * cpuMs,
    parallelShare: Math.min(1, Math.max(0, 2 * (1 - local.wallMs / cpuMs))),
    peakMB: counters.peakMemoryBytes / 2 ** 20,
  }
}

const byPixels = ({ pixels, motion }: Clip): number => pixels * motion
/** A detector scales its picture down first: only that part grows with the pixels. */
const byPicture = ({ pixels }: Clip): number => 0.5 + 0.5 * pixels
const byFaces = ({ pixels, faces }: Clip): number => Math.max(1, faces) * (0.4 + 0.6 * pixels)
/** Enlarging small pictures costs as many pixels as come out. */
const byOutput = ({ pixels, motion }: Clip): number => (0.3 + 0.7 * pixels) * motion
const hasFaces = ({ faces }: Clip): boolean => faces > 0

type Shape = Pick<VideoFunction, "work"> & Partial<Pick<VideoFunction, "when" | "parallelShare">>

function ofFaces(name: string, id: string, after: readonly string[], shape: Shape): VideoFunction {
  return { name, after, fixedMs: 40, ...measured(id), ...shape }
}

function assumed(
  name: string,
  after: readonly string[],
  workMs: number,
  shape: Shape & { readonly peakMB?: number },
): VideoFunction {
  return { name, after, workMs, parallelShare: 0, fixedMs: 25, peakMB: 180, ...shape }
}

/** Decoders and encoders use all cores for most of their work. */
const CODEC = { work: byPixels, parallelShare: 0.85, peakMB: 320 } as const

export const VIDEO_PIPELINES: readonly VideoPipeline[] = [
  {
    name: "face-detection",
    functions: [
      assumed("decode", [], 1500, CODEC),
      ofFaces("face", "face-detection", ["decode"], { work: byPicture }),
      ofFaces("hd", "hd", ["decode"], { work: byOutput }),
      assumed("encode", ["face", "hd"], 2600, CODEC),
    ],
  },
  {
    name: "face-beautification",
    functions: [
      assumed("decode", [], 1500, CODEC),
      ofFaces("roi", "face-detection", ["decode"], { work: byPicture }),
      ofFaces("beautify", "beautification", ["roi"], { work: byFaces, when: hasFaces }),
      assumed("judge", ["roi"], 220, { work: byPixels, when: hasFaces }),
      ofFaces("hd", "hd", ["judge"], { work: byOutput, when: hasFaces }),
      ofFaces("restore", "restore", ["judge"], { work: byFaces, when: hasFaces }),
      assumed("encode", ["beautify", "hd", "restore"], 2600, CODEC),
    ],
  },
  {
    name: "autoclip",
    functions: [
      assumed("decode", [], 1500, CODEC),
      assumed("scale", ["decode"], 700, { work: byPixels, parallelShare: 0.6 }),
      assumed("border", ["scale"], 350, { work: byPixels }),
      ofFaces("face", "face-detection", ["scale"], { work: byPicture }),
      assumed("object", ["scale"], 2400, { work: byPicture, parallelShare: 0.5, peakMB: 400 }),
      assumed("fuse", ["border", "face", "object"], 120, { work: () => 1 }),
      assumed("crop", ["fuse"], 600, { work: byPixels, parallelShare: 0.5 }),
      assumed("encode", ["crop"], 2200, CODEC),
    ],
  },
]

/** The function on the simulated platform: its law, scaled by what the clip asks for. */
export function videoBehaviour(
  { workMs, parallelShare, fixedMs, peakMB, work }: VideoFunction,
  mbPerVcpu: number,
): FunctionBehaviour {
  const parameters: ComputeParameters = {
    kind: parallelShare > 0 ? "multi" : "single",
    phiMs: fixedMs,
    f0Ms: 0,
    w0Ms: workMs,
    parallelShare,
    contention: 0.05,
    coherence: 0,
    mbPerVcpu,
  }
  return {
    runtime: "nodejs",
    packageKind: "zip",
    packageMB: 40,
    initWorkMs: 250,
    handle: ({ memoryMB, payload, tasks }) => ({
      computeMs: computeMs(
        { ...parameters, w0Ms: workMs * work(clipOf(payload)) },
        { memoryMB, processes: 1, tasks: 1 },
      ),
      coldExtraMs: 0,
      download: NOTHING_MOVED,
      upload: NOTHING_MOVED,
      peakMB,
      peakProcessMB: peakMB,
      results: tasks.map(() => 0),
      errors: [],
      payload: {},
    }),
  }
}

function clipOf(payload: unknown): Clip {
  return (payload as { readonly clip: Clip }).clip // what the bench sends
}
