import type { Detection } from "./frames.ts"

/** Below this the detector guesses. */
const MIN_SCORE = 0.25
/** Two boxes of one label that share more than this of their union are one object. */
const MAX_OVERLAP = 0.5

type Box = Detection["box"]

/** The objects worth keeping, best first: of boxes that overlap under one label only the best stays. */
export function distinctObjects(candidates: readonly Detection[]): Detection[] {
  const kept: Detection[] = []
  const best = candidates.filter((one) => one.score >= MIN_SCORE).toSorted((a, b) => b.score - a.score)
  for (const one of best) {
    const twin = kept.some((other) => other.label === one.label && overlap(other.box, one.box) > MAX_OVERLAP)
    if (!twin) kept.push(one)
  }
  return kept
}

/** Intersection over union, 0 to 1. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0])
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1])
  if (width <= 0 || height <= 0) return 0
  const shared = width * height
  return shared / (a[2] * a[3] + b[2] * b[3] - shared)
}

/** What is in the picture, in words: `3 persons, 1 wine glass`. */
export function describe(objects: readonly Detection[]): string {
  const counts = new Map<string, number>()
  for (const { label } of objects) counts.set(label, (counts.get(label) ?? 0) + 1)
  const parts = [...counts].map(([label, count]) => `${count} ${count === 1 ? label : plural(label)}`)
  return parts.length === 0 ? "nothing found" : parts.join(", ")
}

function plural(label: string): string {
  return /(s|ch|sh|x)$/.test(label) ? `${label}es` : `${label}s`
}
