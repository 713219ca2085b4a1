import type { InstanceSample, Sample } from "../estimation/sample.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import { vcpus } from "../workflow/limits.ts"
import type { Observed, Shot } from "./design.ts"

/** The samples of one function that its present code gave on campaigns and runs. */
export function ofCode(samples: readonly Sample[], codeSha256: string): InstanceSample[] {
  return samples.filter((sample) => sample.kind === "instance").filter((sample) => sample.codeSha256 === codeSha256)
}

/** What the samples tell about a function; null when none ended well. */
export function observedOf(
  samples: readonly InstanceSample[],
  limits: PlatformLimits,
  threads: "single" | "multi",
): Observed | null {
  const ok = samples.filter((sample) => sample.outcome === "ok")
  const base = ok.some((sample) => !sample.cold) ? ok.filter((sample) => !sample.cold) : ok
  if (base.length === 0) return null
  const work = base
    .map(({ memoryMB, processes, tasks, computeMs }) => {
      const u = vcpus(limits, memoryMB)
      return (computeMs * (threads === "multi" ? u : Math.min(u, processes, tasks))) / tasks
    })
    .sort((a, b) => a - b)
  const peakMB = Math.max(...ok.map((sample) => Math.max(sample.peakProcessMB, sample.maxMemoryUsedMB)))
  const tooSmall = samples.filter((sample) => sample.outcome === "out-of-memory").map((sample) => sample.memoryMB)
  const inits = ok.filter((sample) => sample.cold).map((sample) => sample.initMs)
  return {
    workMs: middle(work),
    initMs: inits.length === 0 ? 0 : middle(inits.sort((a, b) => a - b)),
    peakMB: Math.max(peakMB, ...tooSmall),
  }
}

function middle(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)]!
}

/** True when what a shot would measure is in the profile already: as many samples of its cell, or a failure of its size. */
export function isKnown(samples: readonly InstanceSample[], memoryMB: number, shot: Shot): boolean {
  const atSize = samples.filter((sample) => sample.memoryMB === memoryMB)
  if (atSize.some((sample) => sample.outcome === "out-of-memory" || sample.outcome === "timeout")) return true
  if (shot.again === true) return false
  if (shot.find === "cold" && atSize.some((sample) => sample.cold)) return true
  const cell = atSize.filter(
    (sample) => !sample.cold && sample.processes === shot.processes && sample.tasks === shot.tasksPerInstance,
  )
  return cell.length >= shot.instances
}
