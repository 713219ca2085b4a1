import { attemptKey, decideKey, parseKey } from "../../engine/keys.ts"
import type { MemoryDisk } from "../../engine/memory-journal.ts"
import type { InvokeRequest } from "../../platforms/platform.ts"
import { DEADLINE_EXCEEDED } from "../../engine/state.ts"
import type { InvocationResult, RunResult } from "../../workflow/run-result.ts"
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
  const mine = [...settled].map(parseKey).filter((key) => key !== null && "id" in key && key.id.step === step)
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
  if (status === "cancelled") wrong.push(...wrongInDeadline(result))
  else if (status !== "succeeded") wrong.push(`I13: run ${runId} ${status}: ${error?.step}: ${error?.message}`)
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
  const lateUsd = result.hedges?.lateUsd ?? 0
  const costUsd = steps.reduce((sum, step) => sum + step.costUsd, 0) + result.prewarm.costUsd + lateUsd
  // Each of the sums rounds its own way.
  if (Math.abs(costUsd - result.costUsd) > 1e-9 * (1 + result.costUsd))
    wrong.push(`I6: steps cost ${costUsd}, the run ${result.costUsd}`)
  const linesUsd = result.costLines.reduce((sum, line) => sum + (line.usd ?? 0), 0)
  if (Math.abs(linesUsd - result.costUsd) > 1e-9 * (1 + result.costUsd))
    wrong.push(`I6: the lines of the bill come to ${linesUsd}, the run to ${result.costUsd}`)
  const { goal, latencyMs } = result
  if (
    goal.kind === "cost" &&
    goal.onDeadline === "cancel" &&
    status === "succeeded" &&
    latencyMs > goal.sloMs + LATE_MS
  )
    wrong.push(`I13: the run went on until ${latencyMs}, and was to be ended at ${goal.sloMs}`)
  return wrong
}

/** A deadline is acted upon within this, ms: a commit may be under way, and a restart may have to replay. */
const LATE_MS = 1_000

/** Instants since 1970 in a number are exact to about a quarter of a microsecond. */
const ROUNDING_MS = 1e-3

/** A run that nobody cancelled was ended by a deadline: one of its own, that had come, of something that went on. */
function wrongInDeadline({ runId, goal, latencyMs, error, steps }: RunResult): string[] {
  if (error?.errorType !== DEADLINE_EXCEEDED) return [`I13: run ${runId} was cancelled, and nobody asked for it`]
  if (error.step === "") {
    const asked = goal.kind === "cost" && goal.onDeadline === "cancel"
    return asked && latencyMs >= goal.sloMs - ROUNDING_MS
      ? []
      : [`I9: run ${runId} was ended after ${latencyMs}, too early`]
  }
  const step = steps.find(({ name }) => name === error.step)
  if (step === undefined || step.status !== "cancelled")
    return [`I9: run ${runId} was ended by step ${error.step}, which ${step?.status ?? "is not there"}`]
  return latencyMs >= step.latestFinishMs - ROUNDING_MS || step.iterations !== undefined
    ? []
    : [`I9: run ${runId} was ended before the latest finish of ${error.step}`]
}

/** What duplicates must not do to the books. */
export function wrongInHedges({ runId, steps }: RunResult): string[] {
  const wrong: string[] = []
  const parts = new Map<string, InvocationResult[]>()
  for (const step of steps)
    for (const one of step.invocations) {
      const name = [step.name, one.iteration ?? 0, one.attempt, one.kind, one.part].join(" ")
      parts.set(name, [...(parts.get(name) ?? []), one])
    }
  for (const [name, all] of parts) {
    const hedged = all.filter((one) => one.hedge === true)
    const overtaken = all.filter((one) => one.outcome === "overtaken")
    if (hedged.length > 0 && hedged.length === all.length)
      wrong.push(`I6: ${name} of ${runId} has a duplicate of nothing`)
    if (overtaken.length > hedged.length) wrong.push(`I6: ${name} of ${runId} was overtaken by nothing`)
  }
  return wrong
}

function* numbersIn(value: unknown, path: string = ""): Generator<readonly [string, number]> {
  if (typeof value === "number") yield [path, value]
  else if (typeof value === "object" && value !== null)
    for (const [name, inner] of Object.entries(value)) yield* numbersIn(inner, `${path}.${name}`)
}

/** Share of an engine's invocations that may be duplicates; one is free in each of its lives. */
const HEDGE_SHARE = 0.05

export function wrongInAllowance(hedges: number, invocations: number, lives: number): string[] {
  return hedges > lives + HEDGE_SHARE * invocations ? [`${hedges} duplicates for ${invocations} invocations`] : []
}
