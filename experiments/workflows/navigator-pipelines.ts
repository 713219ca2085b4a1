import { type ConfigAxes, type PaperStep, type PaperWorkflow, paperWorkflow } from "./paper-workflow.ts"
import type { LawName } from "./step-laws.ts"

/** 32 sizes, as in the paper (section 3.1); the other knobs stay at one. */
export const NAVIGATOR_AXES: ConfigAxes = {
  memoryMB: { min: 128, max: 4096, step: 128 },
  mostInstances: 1,
  mostProcesses: 1,
}

/** Keyframes of a clip of five seconds. */
const KEYFRAMES = 10

/** A clip and what is made of its frames on the way, bytes. */
const CLIP_BYTES = 600_000
const FRAMES_BYTES = 800_000

/** A step that works on the whole clip, `work` times the task of its law. */
function step(name: string, after: readonly string[], law: LawName, work: number): PaperStep {
  const inputBytes = after.length === 0 ? CLIP_BYTES : after.length * FRAMES_BYTES
  const outputBytes = name === "encode" ? CLIP_BYTES : FRAMES_BYTES
  return {
    name,
    after,
    law,
    work,
    tasks: 1,
    download: { objects: Math.max(1, after.length), bytes: inputBytes },
    upload: { objects: 1, bytes: outputBytes },
  }
}

/** Edges are ours: the paper lists tasks. decode -> { face, hd } -> encode. */
export function faceDetection(): PaperWorkflow {
  return paperWorkflow(
    "face-detection",
    [
      step("decode", [], "pull", KEYFRAMES),
      step("face", ["decode"], "face-detection", KEYFRAMES),
      step("hd", ["decode"], "hd", KEYFRAMES),
      step("encode", ["face", "hd"], "merge-video", 0.6),
    ],
    NAVIGATOR_AXES,
  )
}

/** decode -> roi -> { beautify, judge -> { hd, restore } } -> encode, for three faces. */
export function faceBeautification(): PaperWorkflow {
  const faces = 3
  return paperWorkflow(
    "face-beautification",
    [
      step("decode", [], "pull", KEYFRAMES),
      step("roi", ["decode"], "face-detection", KEYFRAMES),
      step("beautify", ["roi"], "beautify", faces * KEYFRAMES),
      step("judge", ["roi"], "text", faces * KEYFRAMES),
      step("hd", ["judge"], "hd", KEYFRAMES),
      step("restore", ["judge"], "restore", faces * KEYFRAMES),
      step("encode", ["beautify", "hd", "restore"], "merge-video", 0.6),
    ],
    NAVIGATOR_AXES,
  )
}

/** decode -> scale -> { border, face, object } -> fuse -> crop -> encode. */
export function autoclip(): PaperWorkflow {
  return paperWorkflow("autoclip", autoclipSteps(), NAVIGATOR_AXES)
}

/** Share of the work of libraries that use all cores; the paper's functions are written with such ones. */
const MULTI_CORE_SHARE = 0.9

/** Autoclip with code that uses all cores: a controlled change, since the steps that we measured use one. */
export function multiCoreAutoclip(): PaperWorkflow {
  const steps = autoclipSteps().map((one) => ({ ...one, parallelShare: MULTI_CORE_SHARE }))
  return paperWorkflow("autoclip-multi-core", steps, NAVIGATOR_AXES)
}

function autoclipSteps(): readonly PaperStep[] {
  return [
    step("decode", [], "pull", KEYFRAMES),
    step("scale", ["decode"], "watermark", KEYFRAMES),
    step("border", ["scale"], "text", KEYFRAMES),
    step("face", ["scale"], "face-detection", KEYFRAMES),
    step("object", ["scale"], "detect", KEYFRAMES),
    step("fuse", ["border", "face", "object"], "text", 1),
    step("crop", ["fuse"], "watermark", KEYFRAMES),
    step("encode", ["crop"], "merge-video", 0.6),
  ]
}

/** The pipelines of ConfigNavigator's evaluation (section 4.1). */
export const NAVIGATOR_PIPELINES: readonly (() => PaperWorkflow)[] = [faceDetection, faceBeautification, autoclip]
