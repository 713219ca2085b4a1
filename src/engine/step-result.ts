import { usdOf, type Meters, type Pricing } from "../pricing/pricing.ts"
import type { InvocationResult, StepResult } from "../workflow/run-result.ts"
import type { PredictedStep } from "../optimization/policy.ts"
import { configOf } from "./run-view.ts"
import { hasEnded, type StepInvocation, type StepRun } from "./state.ts"
import { stepTimes } from "./step-times.ts"

/** One step of a run as people and figures see it, from its records alone; `meters` are those of its invocations. */
export function stepResult(run: StepRun, meters: Meters, pricing: Pricing): StepResult {
  const { step, invocations } = run
  const first = run.decisions[0]
  const last = run.decisions.at(-1)
  return {
    name: step.name,
    function: step.function,
    after: step.after,
    status: hasEnded(run.phase) ? run.phase : "cancelled",
    config: configOf(run),
    tasks: run.tasks?.length ?? 0,
    reason: last?.reason ?? (run.tasks?.length === 0 ? "no tasks" : "never started"),
    runnerUp: last?.runnerUp ?? null,
    infeasible: run.decisions.some((decision) => decision.infeasible),
    predictedMs: first?.predicted.latencyMs ?? 0,
    predicted: predictedOf(first?.predicted),
    latestFinishMs: first?.latestFinishMs ?? 0,
    decisionMs: run.decisions.reduce((sum, decision) => sum + decision.decisionMs, 0),
    startedAtMs: run.startedAtMs,
    endedAtMs: run.endedAtMs,
    ...stepTimes(run),
    coldStarts: invocations.filter((entry) => entry.cold).length,
    prewarmed: invocations.filter((entry) => entry.prewarmed === true).length,
    attempts: run.attempt,
    costUsd: usdOf(pricing.bill(meters).picoUsd),
    invocations: invocations.map(invocationResult),
  }
}

/** What invocations are billed for, as it was recorded when they ended. */
export function metersOf(invocations: readonly StepInvocation[]): Meters {
  return invocations.flatMap(({ meters }) => meters.map(([meter, quantity]) => ({ meter, quantity: BigInt(quantity) })))
}

function predictedOf(predicted: PredictedStep | undefined): StepResult["predicted"] {
  return {
    mappingDelayMs: predicted?.mappingDelayMs ?? 0,
    downloadMs: predicted?.downloadMs ?? 0,
    computeMs: predicted?.computeMs ?? 0,
    uploadMs: predicted?.uploadMs ?? 0,
    percentileMs: predicted?.percentileMs ?? 0,
    costUsd: predicted?.costUsd ?? 0,
    coldStarts: predicted?.coldStarts ?? 0,
    ...(predicted?.stretch === undefined ? {} : { stretch: predicted.stretch }),
  }
}

function invocationResult(entry: StepInvocation): InvocationResult {
  return {
    kind: entry.kind,
    part: entry.part,
    attempt: entry.attempt,
    repeat: entry.repeat,
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
