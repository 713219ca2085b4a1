import type { Decision, Policy, RunView } from "../policy.ts"
import type { Problem } from "../planner.ts"
import { startView } from "./synthetic-problem.ts"

export interface SimulatedRun {
  readonly latencyMs: number
  readonly costUsd: number
  readonly decisions: ReadonlyMap<string, Decision>
  /** Largest sum of vCPUs that ran at one moment. */
  readonly peakVcpus: number
}

type Running = Map<string, { startedAtMs: number; config: Decision["config"]; endsAtMs: number }>

/** Drives a policy through a run in which a step takes what `durationMs` says. */
export function simulateRun(
  problem: Problem,
  policy: Policy,
  durationMs: (step: string, decision: Decision) => number = (_, decision) => decision.predicted.percentileMs,
): SimulatedRun {
  const finished: Map<string, { startedAtMs: number; endedAtMs: number; config: Decision["config"] }> = new Map()
  const running: Running = new Map()
  const decisions = new Map<string, Decision>()
  let nowMs = 0
  let peakVcpus = 0
  while (finished.size < problem.workflow.steps.length) {
    for (let ready = readySteps(problem, finished, running); ready.length > 0;) {
      const decision = policy.decide(startView(problem, { nowMs, finished, running, ready }))
      decisions.set(ready[0]!, decision)
      running.set(ready[0]!, {
        startedAtMs: nowMs,
        config: decision.config,
        endsAtMs: nowMs + durationMs(ready[0]!, decision),
      })
      ready = readySteps(problem, finished, running)
    }
    peakVcpus = Math.max(peakVcpus, vcpusOf(problem, running))
    const [name, next] = [...running].reduce((a, b) => (b[1].endsAtMs < a[1].endsAtMs ? b : a))
    nowMs = next.endsAtMs
    running.delete(name)
    finished.set(name, { startedAtMs: next.startedAtMs, endedAtMs: nowMs, config: next.config })
  }
  const costUsd = [...decisions.values()].reduce((sum, decision) => sum + decision.predicted.costUsd, 0)
  return { latencyMs: nowMs, costUsd, decisions, peakVcpus }
}

function readySteps(problem: Problem, finished: RunView["finished"], running: Running): string[] {
  return problem.workflow.steps
    .filter((step) => !finished.has(step.name) && !running.has(step.name))
    .filter((step) => step.after.every((parent) => finished.has(parent)))
    .map((step) => step.name)
}

function vcpusOf(problem: Problem, running: Running): number {
  let sum = 0
  for (const { config } of running.values()) sum += (config.instances * config.memoryMB) / problem.limits.mbPerVcpu
  return sum
}
