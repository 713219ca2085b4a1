import { type ComputeDrift, detectDrift } from "./compute-drift.ts"
import { type InstanceSample, type Profile, runsOf, type Sample, type StepSample } from "./sample.ts"
import { isUsable } from "./sample-validation.ts"

/** A sample as a fit sees it. */
export interface SelectedSample extends InstanceSample {
  /** Share of a new sample that it counts for; 1 where absent. */
  readonly weight?: number
}

/** The samples of one function that its models rest on. */
export interface Selection {
  readonly functionName: string
  /**
   * Invocations that ended well, oldest first. A contended one is here only where no clean one has its configuration;
   * one from before a change of the function only where few newer ones have it, with less weight and the compute time
   * that it would have now.
   */
  readonly ok: readonly SelectedSample[]
  readonly outOfMemory: readonly InstanceSample[]
  readonly timedOut: readonly InstanceSample[]
  readonly steps: readonly StepSample[]
  /** True when only contended or unenforced samples were there: the answers are a guess. */
  readonly doubtful: boolean
  /** Change of the compute times while they were measured; absent where nobody looked. */
  readonly drift?: ComputeDrift
}

/** What a sample from before a change counts for, and the newer samples of its configuration that supersede it. */
const OLD_WEIGHT = 0.25
const SUPERSEDED_BY = 3

/** A new version of the code stands alone from this many good samples on. */
const ENOUGH_SAMPLES = 6
const ENOUGH_MEMORIES = 3

/**
 * Chooses what a fit may use: rows with impossible numbers are dropped; the newest code alone if it has enough
 * samples, else all; a contended sample only where no clean one has its configuration; unenforced ones only if there is
 * nothing else at all. The order of the profile does not matter.
 */
export function selectSamples(profile: Profile): Selection {
  const usable = profile.samples.filter(isUsable)
  const epoch = newestEpoch(usable)
  const clean = (sample: Sample): boolean => !sample.contended && sample.enforced !== "none"
  const instances = epoch.filter((sample) => sample.kind === "instance")
  const allOk = instances.filter((sample) => sample.outcome === "ok")
  const enforcedOk = allOk.filter((sample) => sample.enforced !== "none")
  const cleanOk = allOk.filter(clean)
  const steps = epoch.filter((sample) => sample.kind === "step")
  const cleanSteps = steps.filter(clean)
  const ok = inOrder(enforcedOk.length > 0 ? [...cleanOk, ...fillIns(enforcedOk, cleanOk)] : allOk)
  const drift = detectDrift(ok)
  return {
    functionName: profile.functionName,
    ok: afterDrift(ok, drift),
    // A kill for memory is a fact about memory whatever else ran on the machine.
    outOfMemory: instances.filter((sample) => sample.outcome === "out-of-memory" && sample.enforced !== "none"),
    timedOut: instances.filter((sample) => sample.outcome === "timeout" && clean(sample)),
    steps: inOrder(cleanSteps.length > 0 ? cleanSteps : steps),
    doubtful: cleanOk.length === 0,
    drift,
  }
}

/** Old samples are never dropped for their age alone: their shape over memory and tasks still tells something. */
function afterDrift(ok: readonly InstanceSample[], { changedAtMs, ratio }: ComputeDrift): readonly SelectedSample[] {
  if (changedAtMs === null) return ok
  const newer = new Map<string, number>()
  for (const sample of ok) {
    const key = configurationOf(sample)
    if (sample.atMs >= changedAtMs) newer.set(key, (newer.get(key) ?? 0) + runsOf(sample))
  }
  return ok.flatMap((sample): readonly SelectedSample[] => {
    if (sample.atMs >= changedAtMs) return [sample]
    if ((newer.get(configurationOf(sample)) ?? 0) >= SUPERSEDED_BY) return []
    const computeMs = sample.computeMs * ratio
    const durationMs = sample.durationMs + computeMs - sample.computeMs
    return [{ ...sample, computeMs, durationMs, weight: OLD_WEIGHT }]
  })
}

/** Contended samples of configurations that no clean sample has: longer than the truth, but better than nothing. */
function fillIns(all: readonly InstanceSample[], clean: readonly InstanceSample[]): InstanceSample[] {
  const known = new Set(clean.map(configurationOf))
  return all.filter((sample) => sample.contended && !known.has(configurationOf(sample)))
}

/** Names memory, processes, tasks, and warm or cold. */
export function configurationOf(sample: InstanceSample): string {
  return `${sample.memoryMB}/${sample.processes}/${sample.tasks}/${sample.cold}`
}

function newestEpoch(samples: readonly Sample[]): readonly Sample[] {
  let newest: Sample | undefined
  for (const sample of samples) if (newest === undefined || isNewer(sample, newest)) newest = sample
  const hash = newest?.codeSha256
  const own = samples.filter((sample) => sample.codeSha256 === hash)
  const memories = memoriesOf(own)
  const enough = goodCount(own) >= ENOUGH_SAMPLES && memories >= Math.min(ENOUGH_MEMORIES, memoriesOf(samples))
  return enough ? own : samples
}

function isNewer(a: Sample, b: Sample): boolean {
  return a.atMs > b.atMs || (a.atMs === b.atMs && a.codeSha256 > b.codeSha256)
}

function goodCount(samples: readonly Sample[]): number {
  return samples.reduce((count, sample) => {
    const isGood = sample.kind === "instance" && sample.outcome === "ok" && !sample.contended
    return isGood ? count + runsOf(sample) : count
  }, 0)
}

function memoriesOf(samples: readonly Sample[]): number {
  return new Set(samples.filter((sample) => sample.kind === "instance").map((sample) => sample.memoryMB)).size
}

function inOrder<T extends Sample>(samples: readonly T[]): readonly T[] {
  return samples.toSorted((a, b) => a.atMs - b.atMs)
}
