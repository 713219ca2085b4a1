import { attemptKey, decideKey, parseKey } from "../../engine/keys.ts"
import type { MemoryDisk } from "../../engine/memory-journal.ts"
import type { InvokeRequest } from "../../platforms/platform.ts"
import type { RunResult } from "../../workflow/run-result.ts"
import { stepOf, type Workflow } from "../../workflow/workflow.ts"

/** What an invocation must not be, seen from what is on disk when it is sent; prewarms are none. */
export function wrongInSending({ idempotencyKey }: InvokeRequest, disk: MemoryDisk, workflow: Workflow): string[] {
  const slash = idempotencyKey.indexOf("/")
  const runId = idempotencyKey.slice(0, slash)
  const key = `invoke/${idempotencyKey.slice(slash + 1)}`
  const parsed = parseKey(key)
  const run = disk.runs.get(runId)
  if (run === undefined) return [`I1: ${idempotencyKey} belongs to no accepted run`]
  if (parsed?.kind !== "invoke") return [`${idempotencyKey} is no key of a part`]
  const settled = new Set((disk.entries.get(runId) ?? []).map((entry) => entry.key))
  const wrong: string[] = []
  if (settled.has(key)) wrong.push(`I2: ${key} is settled and is sent again`)
  if (run.status !== "running") wrong.push(`I2: run ${runId} is ${run.status} and goes on`)
  if (!settled.has(decideKey(parsed.id)))
    wrong.push(`E3: ${attemptKey(parsed.id)} is sent before its decision is durable`)
  for (const parent of stepOf(workflow, parsed.id.step).after)
    if (!isOver(parent, settled)) wrong.push(`I3: ${key} is sent before ${parent} has ended`)
  return wrong
}

/** A parent that was begun has settled work; one that was skipped has no record at all. */
function isOver(step: string, settled: ReadonlySet<string>): boolean {
  const mine = [...settled].map(parseKey).filter((key) => key !== null && key.kind !== "cancel" && key.id.step === step)
  return mine.length === 0 || mine.some((key) => key!.kind === "invoke") || mine.every((key) => key!.kind === "decide")
}

/** What the journal must not hold: records of a run are numbered 0, 1, 2, ... without a gap, each key once. */
export function wrongOnDisk(disk: MemoryDisk): string[] {
  const wrong: string[] = []
  for (const [runId, entries] of disk.entries) {
    if (entries.some((entry, i) => entry.seq !== i)) wrong.push(`I8: the records of run ${runId} are not numbered on`)
    if (new Set(entries.map((entry) => entry.key)).size < entries.length)
      wrong.push(`I6: run ${runId} has a record twice`)
  }
  return wrong
}

/** What a result must not say. */
export function wrongInResult(result: RunResult): string[] {
  const wrong: string[] = []
  const { runId, status, error, steps } = result
  if (status !== "succeeded") wrong.push(`I13: run ${runId} ${status}: ${error?.step}: ${error?.message}`)
  const seen = new Set<string>()
  for (const step of steps) {
    if (status === "succeeded" && step.status !== "succeeded" && step.status !== "skipped")
      wrong.push(`I13: the run succeeded, its step ${step.name} ${step.status}`)
    if (step.endedAtMs < step.startedAtMs) wrong.push(`I9: ${step.name} ended before it started`)
    for (const one of step.invocations) {
      const name = [step.name, one.iteration ?? 0, one.attempt, one.kind, one.part, one.repeat].join(" ")
      if (seen.has(name)) wrong.push(`I6: invocation ${name} is in the books twice`)
      seen.add(name)
    }
  }
  for (const [path, value] of numbersIn(result))
    if (path.endsWith("Ms") && !(value >= 0)) wrong.push(`I9: ${path} is ${value}`)
  const costUsd = steps.reduce((sum, step) => sum + step.costUsd, 0) + result.prewarm.costUsd
  // Each of the sums rounds its own way.
  if (Math.abs(costUsd - result.costUsd) > 1e-9 * (1 + result.costUsd))
    wrong.push(`I6: steps cost ${costUsd}, the run ${result.costUsd}`)
  return wrong
}

function* numbersIn(value: unknown, path: string = ""): Generator<readonly [string, number]> {
  if (typeof value === "number") yield [path, value]
  else if (typeof value === "object" && value !== null)
    for (const [name, inner] of Object.entries(value)) yield* numbersIn(inner, `${path}.${name}`)
}
