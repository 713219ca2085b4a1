import { usdOf, type Meters, type Pricing } from "../pricing/pricing.ts"
import type { InvocationResult, StepResult } from "../workflow/run-result.ts"
import type { PredictedStep } from "../optimization/policy.ts"
import type { Condition } from "../workflow/workflow.ts"
import { configOf } from "./run-view.ts"
import { hasEnded, type StepInvocation, type StepRun } from "./state.ts"
import { stepTimes } from "./step-times.ts"

/** One step of a run as people and figures see it, from its records alone; `meters` are those of its invocations. */
export function stepResult(run: StepRun, meters: Meters, pricing: Pricing): StepResult {
  const { step, invocations } = run
  const first = run.decisions[0]
  const predictions = run.firstDecisions.map(({ predicted }) => predicted)
  const last = run.decisions.at(-1)
  return {
    name: step.name,
    function: step.function,
    after: step.after,
    status: hasEnded(run.phase) ? run.phase : "cancelled",
    config: configOf(run),
    tasks: run.tasks?.length ?? 0,
    reason: last?.reason ?? reasonWithout(run),
    runnerUp: last?.runnerUp ?? null,
    infeasible: run.decisions.some((decision) => decision.infeasible),
    predictedMs: predictions.reduce((sum, { latencyMs }) => sum + latencyMs, 0),
    predicted: predictedOf(predictions),
    latestFinishMs: first?.latestFinishMs ?? 0,
    decisionMs: run.decisions.reduce((sum, decision) => sum + decision.decisionMs, 0),
    startedAtMs: run.startedAtMs,
    endedAtMs: run.endedAtMs,
    ...stepTimes(run),
    coldStarts: invocations.filter((entry) => entry.cold).length,
    prewarmed: invocations.filter((entry) => entry.prewarmed === true).length,
    attempts: run.attempt,
    ...(step.loop === undefined ? {} : { iterations: run.iteration + 1 }),
    costUsd: usdOf(pricing.bill(meters).picoUsd),
    invocations: invocations.map(invocationResult),
  }
}

/** Sums below this stay exact in a number; quantities have fewer digits than it, nearly always. */
const EXACT = 2 ** 52
const EXACT_DIGITS = 15

/** What invocations are billed for together, as it was recorded when they ended. */
export function metersOf(invocations: readonly StepInvocation[]): Meters {
  const whole = new Map<string, bigint>()
  const parts = new Map<string, number>()
  const add = (meter: string, quantity: bigint): void => void whole.set(meter, (whole.get(meter) ?? 0n) + quantity)
  for (const { meters } of invocations)
    for (const [meter, quantity] of meters) {
      if (quantity.length > EXACT_DIGITS) add(meter, BigInt(quantity))
      const part = (parts.get(meter) ?? 0) + (quantity.length > EXACT_DIGITS ? 0 : Number(quantity))
      parts.set(meter, part < EXACT ? part : 0)
      if (part >= EXACT) add(meter, BigInt(part))
    }
  for (const [meter, part] of parts) add(meter, BigInt(part))
  return [...whole].map(([meter, quantity]) => ({ meter, quantity }))
}

/** Why a step has no configuration. */
function reasonWithout({ step, phase, tasks, keptFrom }: StepRun): string {
  if (keptFrom !== null) return `kept from run ${keptFrom}`
  if (phase !== "skipped") return tasks?.length === 0 ? "no tasks" : "never started"
  return step.when === undefined
    ? "skipped: no step before it ran"
    : `skipped: ${conditionText(step.when)} does not hold`
}

function conditionText({ step, path, operator, value }: Condition): string {
  const place = path === "" ? step : `${step}.${path}`
  return operator === "exists" ? `${place} exists` : `${place} ${operator} ${JSON.stringify(value ?? null)}`
}

/** Of all iterations together. */
function predictedOf(predictions: readonly PredictedStep[]): StepResult["predicted"] {
  const sum = (part: keyof PredictedStep): number => predictions.reduce((total, next) => total + (next[part] ?? 0), 0)
  const stretch = predictions[0]?.stretch
  return {
    mappingDelayMs: sum("mappingDelayMs"),
    downloadMs: sum("downloadMs"),
    computeMs: sum("computeMs"),
    uploadMs: sum("uploadMs"),
    percentileMs: sum("percentileMs"),
    costUsd: sum("costUsd"),
    coldStarts: sum("coldStarts"),
    ...(stretch === undefined ? {} : { stretch }),
  }
}

function invocationResult(entry: StepInvocation): InvocationResult {
  return {
    kind: entry.kind,
    part: entry.part,
    attempt: entry.attempt,
    ...(entry.iteration === 0 ? {} : { iteration: entry.iteration }),
    repeat: entry.repeat,
    ...(entry.hedge === true ? { hedge: true as const } : {}),
    outcome: entry.outcome,
    sentAtMs: entry.sentAtMs,
    startedAtMs: entry.startedAtMs,
    endedAtMs: entry.endedAtMs,
    queueMs: entry.sentAtMs - entry.askedAtMs + entry.admissionMs,
    coldStart: entry.cold,
    initMs: entry.initMs,
    downloadMs: entry.downloadMs,
    computeMs: entry.computeMs,
    uploadMs: entry.uploadMs,
    billedMs: entry.billedMs,
    memoryMB: entry.memoryMB,
    maxMemoryUsedMB: entry.maxMemoryUsedMB,
  }
}
