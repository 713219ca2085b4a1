import { existsSync, readFileSync } from "node:fs"
import type { Workflow } from "../../src/workflow/workflow.ts"

/** How often each idempotency key was asked of the platform, from the file that `effectsPlatform` writes. */
export function askedKeys(effectsPath: string): Map<string, number> {
  const counts = new Map<string, number>()
  if (!existsSync(effectsPath)) return counts
  for (const line of readFileSync(effectsPath, "utf8").split("\n")) {
    const [what, key = ""] = line.split(" ")
    if (what === "asked") counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

interface Place {
  readonly run: string
  readonly step: string
  readonly iteration: number
  readonly attempt: number
  /** 0 of an exported split, 1 of tasks, 2 of an exported merge. */
  readonly phase: number
}

function placeOf(key: string): Place {
  const [, run = "", step = "", iteration, attempt, part = ""] = /^(.+)\/([^/#]+)#(\d+)\.(\d+)\/(\w+)$/.exec(key) ?? []
  const phase = part === "split" ? 0 : part === "merge" ? 2 : 1
  return { run, step, iteration: Number(iteration), attempt: Number(attempt), phase }
}

/**
 * Of the keys that were asked, those whose record must have been durable: something was asked that an engine asks only
 * when it has them. The others may have been in flight.
 */
export function surelyRecorded(
  asked: ReadonlyMap<string, number>,
  workflowOf: (run: string) => Workflow,
): ReadonlySet<string> {
  const places = [...asked.keys()].map((key) => ({ key, ...placeOf(key) }))
  const begun = new Map<string, Place[]>()
  for (const place of places) begun.set(place.run, [...(begun.get(place.run) ?? []), place])
  const sure = new Set<string>()
  for (const { key, ...place } of places) {
    const isBefore = ancestry(workflowOf(place.run))
    if (begun.get(place.run)!.some((later) => follows(place, later, isBefore))) sure.add(key)
  }
  return sure
}

function follows(place: Place, later: Place, isBefore: (step: string, other: string) => boolean): boolean {
  if (later.step !== place.step) return isBefore(place.step, later.step)
  if (later.iteration !== place.iteration) return later.iteration > place.iteration
  if (later.attempt !== place.attempt) return later.attempt > place.attempt
  return later.phase > place.phase
}

/** Whether a step comes before another one on some path. */
function ancestry(workflow: Workflow): (step: string, other: string) => boolean {
  const parents = new Map(workflow.steps.map(({ name, after }) => [name, after]))
  const isBefore = (step: string, other: string): boolean =>
    (parents.get(other) ?? []).some((parent) => parent === step || isBefore(step, parent))
  return isBefore
}
