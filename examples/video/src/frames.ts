import type { FileRef } from "../../../src/index.ts"

/** The clip is small and quick to work on; the workflow doubles its size. */
export const CLIP: { width: number; height: number; fps: number; seconds: number } = {
  width: 176,
  height: 100,
  fps: 24,
  seconds: 4,
}

/** Every eighth frame is pulled and worked on; interpolation makes the seven between. */
export const KEYFRAME_EVERY = 8

/** Size of a frame after super-resolution, pixels. */
export const LARGE: { width: number; height: number } = { width: CLIP.width * 2, height: CLIP.height * 2 }

/** One keyframe: `image` is a PNG. */
export interface Frame<File = FileRef> {
  readonly index: number
  readonly atMs: number
  readonly image: File
}

/** One object found: `box` is left, top, width, height as shares of the frame. */
export interface Detection {
  readonly label: string
  readonly score: number
  readonly box: readonly [number, number, number, number]
}

/** A keyframe with what was found in it. */
export interface DetectedFrame<File = FileRef> extends Frame<File> {
  readonly objects: readonly Detection[]
}

/** The watermark of one keyframe: a transparent PNG as large as the enlarged frame. */
export interface Watermark<File = FileRef> {
  readonly index: number
  readonly objects: readonly Detection[]
  readonly overlay: File
}

/** What the two parents of the colour step made of one keyframe. */
export interface Layers<File = FileRef> {
  readonly watermark: Watermark<File>
  readonly superres: Frame<File>
}

/** The keyframes before, at, after and two after the start of one stretch of the film. */
export interface Stretch<File = FileRef> {
  readonly index: number
  readonly images: readonly File[]
}

/** The frames of one stretch as lossless video. */
export interface StretchVideo<File = FileRef> {
  readonly index: number
  readonly video: File
}

/** The result of the workflow. */
export interface Film<File = FileRef> {
  readonly video: File
  readonly frames: number
  readonly durationMs: number
}
