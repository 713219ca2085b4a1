import type { Json } from "../base/json.ts"
import type { StepBench } from "./bench.ts"
import { type DesignRequest, expectedMs, type Observed, type Shot, type Visit } from "./design.ts"
import { isKnown, ofCode } from "./known.ts"

/** A function whose step has been run once, ready to be measured at other sizes. */
export interface Subject {
  readonly bench: StepBench
  readonly request: DesignRequest
  readonly tasks: readonly Json[]
  readonly observed: Observed
}

export interface VisitLimits {
  /** Instant of the campaign at which it should be over, ms. */
  readonly endMs: number
  readonly maxInvocations: number
  readonly maxUsd: number
}

/** `failed`: the size cannot run the function, which the profile now says. `skipped`: there is no time or money. */
export type VisitEnd = "made" | "failed" | "skipped"

/** What an invocation takes beside start and work, ms. */
const AROUND_MS = 150

/** Makes a visit, except for the shots that the profile has already. */
export async function makeVisit(subject: Subject, visit: Visit, limits: VisitLimits): Promise<VisitEnd> {
  const { bench } = subject
  const known = ofCode(bench.samples, bench.pkg.codeSha256)
  const shots = visit.shots.filter((shot) => !isKnown(known, visit.memoryMB, shot))
  if (!isAffordable(subject, { ...visit, shots }, limits)) return "skipped"
  if (visit.start === "prewarmed" && shots.length > 0) await bench.prewarm(visit.memoryMB)
  for (const shot of shots) {
    const end = await fireShot(subject, visit, shot)
    if (end === "failed") return "failed"
  }
  return "made"
}

function isAffordable({ request, observed, bench }: Subject, visit: Visit, limits: VisitLimits): boolean {
  const { ledger } = bench
  const invocations = visit.shots.reduce((sum, shot) => sum + shot.instances, 0)
  if (ledger.invocations + invocations > limits.maxInvocations) return false
  if (limits.maxUsd < Infinity && ledger.costUsd() >= limits.maxUsd) return false
  const startMs = visit.start === "prewarmed" ? observed.initMs : 0
  const workMs = visit.shots.reduce((sum, shot) => {
    // Further processes start in about the time of an instance.
    const starts = (shot.find === "cold" ? 1 : 0) + (shot.processes > 1 ? 1 : 0)
    return sum + AROUND_MS + starts * observed.initMs + expectedMs(request, visit.memoryMB, shot, observed)
  }, startMs)
  return ledger.elapsedMs() + workMs <= limits.endMs
}

async function fireShot({ bench, tasks }: Subject, { memoryMB }: Visit, shot: Shot): Promise<"made" | "failed"> {
  const { instances, processes, tasksPerInstance } = shot
  const config = { memoryMB, instances, processes }
  const chosen = spread(tasks, instances * tasksPerInstance)
  const shots = await bench.fire(config, chosen, "samples")
  if (shots.failure !== null) return "failed"
  // An instance that was gone in the meantime: now there is a warm one.
  const cold = shots.ends.every((end) => end.record.coldStart)
  if (shot.find === "cold" || !cold) return "made"
  const again = await bench.fire(config, chosen, "samples")
  return again.failure === null ? "made" : "failed"
}

/** So many tasks, evenly spread over the list and from its middle outwards: tasks often grow along it. */
export function spread<T>(tasks: readonly T[], count: number): readonly T[] {
  const wanted = Math.min(count, tasks.length)
  return Array.from({ length: wanted }, (_, i) => tasks[Math.floor(((i + 0.5) * tasks.length) / wanted)]!)
}
