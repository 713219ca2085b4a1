import type { FileRef } from "../../../../src/index.ts"

/** Left, top, width, height as shares of the picture. */
export type Box = readonly [number, number, number, number]

/** A picture, and the faces in it as far as they are known. */
export interface Picture<File = FileRef> {
  readonly image: File
  readonly faces?: readonly Face[]
}

/** One face found. */
export interface Face {
  readonly box: Box
  readonly score: number
  /** Whether the mesh of landmarks fits: a face, and not something like one. */
  readonly confirmed: boolean
}

/** The pixels of a box inside a picture of this size, one pixel at least. */
export function pixelsOf(
  [left, top, width, height]: Box,
  size: { readonly width: number; readonly height: number },
): { readonly left: number; readonly top: number; readonly width: number; readonly height: number } {
  const x = Math.min(size.width - 1, Math.max(0, Math.round(left * size.width)))
  const y = Math.min(size.height - 1, Math.max(0, Math.round(top * size.height)))
  return {
    left: x,
    top: y,
    width: Math.max(1, Math.min(size.width - x, Math.round(width * size.width))),
    height: Math.max(1, Math.min(size.height - y, Math.round(height * size.height))),
  }
}

/** Intersection over union. */
export function overlap(a: Box, b: Box): number {
  const width = Math.max(0, Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]))
  const height = Math.max(0, Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]))
  const both = width * height
  return both / (a[2] * a[3] + b[2] * b[3] - both || 1)
}
