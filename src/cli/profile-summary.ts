import type { InstanceSample, Profile, Sample } from "../estimation/sample.ts"
import { selectSamples } from "../estimation/sample-selection.ts"
import { fitMemoryFloor } from "../estimation/memory-floor.ts"

/** What a profile holds, for people and for JSON. */
export interface ProfileSummary {
  readonly function: string
  /** All rows of the profile. */
  readonly samples: number
  /** Rows of whole steps among them. */
  readonly steps: number
  readonly cold: number
  readonly contended: number
  /** Rows that are means of several runs. */
  readonly means: number
  readonly sources: Readonly<Record<string, number>>
  readonly failures: Readonly<Record<string, number>>
  readonly oldestAtMs: number | null
  readonly newestAtMs: number | null
  /** Versions of the code. */
  readonly versions: number
  /** Samples that the estimates rest on now. */
  readonly used: number
  /** Memory that one process needs, MB; 0 when nothing is known. */
  readonly floorMB: number
  readonly sizes: readonly SizeSummary[]
}

export interface SizeSummary {
  readonly memoryMB: number
  readonly samples: number
  readonly cold: number
  readonly failed: number
}

/** Counts what a profile holds. */
export function profileSummary(profile: Profile): ProfileSummary {
  const { samples } = profile
  const instances = samples.filter((sample) => sample.kind === "instance")
  const selection = selectSamples(profile)
  const times = samples.map((sample) => sample.atMs)
  return {
    function: profile.functionName,
    samples: samples.length,
    steps: samples.length - instances.length,
    cold: instances.filter((sample) => sample.cold).length,
    contended: samples.filter((sample) => sample.contended).length,
    means: instances.filter((sample) => sample.aggregate !== undefined).length,
    sources: countBy(samples, (sample) => sample.source),
    failures: countBy(
      instances.filter((sample) => sample.outcome !== "ok"),
      (sample) => sample.outcome,
    ),
    oldestAtMs: extreme(times, (a, b) => a < b),
    newestAtMs: extreme(times, (a, b) => a > b),
    versions: new Set(samples.map((sample) => sample.codeSha256)).size,
    used: selection.ok.length,
    floorMB: selection.ok.length + selection.outOfMemory.length === 0 ? 0 : fitMemoryFloor(selection, 1).needMB(1),
    sizes: sizesOf(instances),
  }
}

/** The first of all that no other one beats; profiles may hold more samples than a call takes arguments. */
function extreme(values: readonly number[], beats: (a: number, b: number) => boolean): number | null {
  let best: number | null = null
  for (const value of values) if (best === null || beats(value, best)) best = value
  return best
}

function countBy<T extends Sample>(samples: readonly T[], key: (sample: T) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const sample of samples) counts[key(sample)] = (counts[key(sample)] ?? 0) + 1
  return counts
}

function sizesOf(instances: readonly InstanceSample[]): readonly SizeSummary[] {
  const sizes = new Map<number, { samples: number; cold: number; failed: number }>()
  for (const { memoryMB, cold, outcome } of instances) {
    const size = sizes.get(memoryMB) ?? { samples: 0, cold: 0, failed: 0 }
    sizes.set(memoryMB, size)
    size.samples += 1
    if (cold) size.cold += 1
    if (outcome !== "ok") size.failed += 1
  }
  return [...sizes].sort(([a], [b]) => a - b).map(([memoryMB, size]) => ({ memoryMB, ...size }))
}

/** `12 log, 3 run`. */
export function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count.toLocaleString("en-US")} ${name}`)
    .join(", ")
}

/** `3 days`, `5 h`, `2 min`: the greatest whole unit. */
export function ageText(ms: number): string {
  const minutes = Math.max(0, ms) / 60_000
  if (minutes < 2) return "a minute"
  if (minutes < 120) return `${Math.round(minutes)} min`
  if (minutes < 2880) return `${Math.round(minutes / 60)} h`
  return `${Math.round(minutes / 1440)} days`
}
