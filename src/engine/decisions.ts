/**
 * E7. A decision is made once and recorded; a replay reads the record and asks nobody.
 * A policy that throws or answers nonsense never stops a run: the last good configuration goes on, and the record
 * says why.
 */
import type { Clock } from "../base/clock.ts"
import { messageOf } from "../base/errors.ts"
import type { Decision, Policy, PredictedStep, RunView } from "../optimization/policy.ts"
import type { StepConfig } from "../workflow/config.ts"
import type { PlatformLimits } from "../workflow/limits.ts"
import { stepOf, type Step } from "../workflow/workflow.ts"
import { smallestAbove } from "./memory-floor.ts"
import type { DecideRecord } from "./records.ts"

export interface DecideOptions {
  readonly policy: Policy
  readonly clock: Clock
  readonly limits: PlatformLimits
  /** The last good configuration of each step, `<workflow>/<step>`: read, and kept up to date. */
  readonly lastGood: Map<string, StepConfig>
}

/** Memory of a step that was never decided, MB: one vCPU of AWS Lambda. */
const DEFAULT_MEMORY_MB = 1_769

/** Asks the policy for the first ready step. Never throws. */
export function decideStep(view: RunView, options: DecideOptions): DecideRecord {
  const { policy, clock, limits, lastGood } = options
  const name = view.ready[0] ?? ""
  const tasks = view.tasks.get(name) ?? 1
  const key = `${view.workflow.name}/${name}`
  const beganMs = clock.monotonicMs()
  let decision: Decision | null = null
  let fallback: string
  try {
    decision = policy.decide(view)
    fallback = faultOf(decision, limits, view.memoryFloorMB.get(name) ?? 0) ?? ""
  } catch (error) {
    fallback = `the policy failed: ${messageOf(error)}`
  }
  const decisionMs = Math.round((clock.monotonicMs() - beganMs) * 1000) / 1000
  const base = { policy: policy.name, decisionMs, tasks }
  if (decision !== null && fallback === "") {
    lastGood.set(key, decision.config)
    return { ...recordable(decision), ...base }
  }
  const config = fallbackConfig(stepOf(view.workflow, name), view, lastGood.get(key))
  return { ...blindDecision(config, view.nowMs, fallback), ...base, fallback }
}

/** What is wrong with a decision; null when it can be followed. */
export function faultOf(decision: Decision, limits: PlatformLimits, memoryFloorMB: number): string | null {
  const { config, predicted, latestFinishMs } = decision
  const { memoryMB, instances, processes } = config
  if (![memoryMB, instances, processes].every((n) => Number.isInteger(n) && n > 0))
    return `the policy chose ${memoryMB} MB x ${instances} x ${processes}, which is no configuration`
  if (memoryMB < limits.memoryMB.min || memoryMB > limits.memoryMB.max)
    return `the policy chose ${memoryMB} MB, which the platform does not offer`
  if (memoryMB <= memoryFloorMB) return `the policy chose ${memoryMB} MB, but more than ${memoryFloorMB} MB are needed`
  if (Number.isNaN(latestFinishMs) || !numbersOf(predicted).every((n) => Number.isFinite(n)))
    return "the policy predicted something that is no number"
  return null
}

/** JSON has no infinity, and a record must read back as what the run went on with. */
function recordable(decision: Decision): Decision {
  const { latestFinishMs, runnerUp } = decision
  const known = runnerUp !== null && Number.isFinite(runnerUp.latencyMs) && Number.isFinite(runnerUp.costUsd)
  const limit = Number.MAX_VALUE
  return {
    ...decision,
    latestFinishMs: Math.min(limit, Math.max(-limit, latestFinishMs)),
    runnerUp: known ? runnerUp : null,
  }
}

function numbersOf(predicted: PredictedStep): readonly number[] {
  const { latencyMs, mappingDelayMs, downloadMs, computeMs, uploadMs, percentileMs, costUsd, coldStarts } = predicted
  const { mappingDelayPercentileMs = mappingDelayMs } = predicted
  return [
    latencyMs,
    mappingDelayMs,
    mappingDelayPercentileMs,
    downloadMs,
    computeMs,
    uploadMs,
    percentileMs,
    costUsd,
    coldStarts,
  ]
}

/** The last good configuration, raised above the floor; one vCPU per instance where there is none. */
function fallbackConfig(step: Step, view: RunView, last: StepConfig | undefined): StepConfig {
  const { memoryMB, instances, processes } = step.configSpace
  const floor = view.memoryFloorMB.get(step.name) ?? 0
  if (last !== undefined && last.memoryMB > floor) return last
  const wanted = last?.memoryMB ?? Math.min(DEFAULT_MEMORY_MB, memoryMB.max)
  return {
    memoryMB: smallestAbove(memoryMB, Math.max(floor, wanted - 1)),
    instances: last?.instances ?? Math.max(instances.min, Math.min(instances.max, view.tasks.get(step.name) ?? 1)),
    processes: last?.processes ?? processes.min,
  }
}

/** A decision about which nothing is predicted. */
function blindDecision(config: StepConfig, nowMs: number, reason: string): Decision {
  const predicted: PredictedStep = {
    latencyMs: 0,
    mappingDelayMs: 0,
    downloadMs: 0,
    computeMs: 0,
    uploadMs: 0,
    percentileMs: 0,
    costUsd: 0,
    coldStarts: 0,
  }
  return { config, reason, runnerUp: null, predicted, latestFinishMs: nowMs, infeasible: false }
}
