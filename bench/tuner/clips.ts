import { type Random, seededRandom, seedOf } from "../../src/base/random.ts"
import { normalQuantile } from "../../src/statistics/normal.ts"
import type { Clip } from "./video-pipelines.ts"

/** What a stretch of the stream is like. */
export interface Regime {
  readonly name: string
  /** Shares of the resolutions; they add up to 1. */
  readonly resolutions: readonly (readonly [pixels: number, share: number])[]
  /** Share of clips without any face. */
  readonly withoutFaces: number
}

/** Pixels beside those of 1080p. */
const [P1080, P720, P480, P360] = [1, 0.444, 0.197, 0.111] as const

export const HIGH: Regime = {
  name: "1080p",
  resolutions: [
    [P1080, 0.9],
    [P720, 0.1],
  ],
  withoutFaces: 0.05,
}

export const MIDDLE: Regime = {
  name: "720p",
  resolutions: [
    [P1080, 0.1],
    [P720, 0.8],
    [P480, 0.1],
  ],
  withoutFaces: 0.05,
}

export const LOW: Regime = {
  name: "480p",
  resolutions: [
    [P720, 0.1],
    [P480, 0.7],
    [P360, 0.2],
  ],
  withoutFaces: 0.05,
}

/** Spread of what scenes ask for, sd of ln. */
const MOTION_SD = 0.12

/** The clip of a run: the same for a seed and a number whatever else happens. */
export function clipOf(regime: Regime, seed: number, run: number): Clip {
  const random = seededRandom(seedOf(`clip ${seed} ${run}`))
  const pixels = drawn(regime.resolutions, random)
  const motion = Math.exp(MOTION_SD * normalQuantile(0.001 + 0.998 * random.next()))
  const faces = random.next() < regime.withoutFaces ? 0 : 1 + Math.floor(random.next() * 3)
  return { pixels, motion, faces }
}

function drawn(shares: Regime["resolutions"], random: Random): number {
  let left = random.next()
  for (const [pixels, share] of shares) {
    left -= share
    if (left < 0) return pixels
  }
  return shares.at(-1)![0]
}
