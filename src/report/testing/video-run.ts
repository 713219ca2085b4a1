import { seededRandom, seedOf } from "../../base/random.ts"
import type { Random } from "../../base/random.ts"
import type { InvocationResult, RunResult, StepResult } from "../../workflow/run-result.ts"
import { LOOSE_STEPS, TIGHT_STEPS } from "./video-steps.ts"
import type { VideoStep } from "./video-steps.ts"

export interface VideoRunOptions {
  /** Which choices were made: for 20 s or for 13 s. */
  readonly goal?: "loose" | "tight"
  readonly sloMs?: number
  readonly runId?: string
}

/** Prices of AWS Lambda x86_64, dollars: only to make the fixture's bill plausible. */
const USD_PER_GB_SECOND = 0.0000166667
const USD_PER_REQUEST = 0.0000002
const DISPATCH_MS = 9

/**
 * A run of the eight-step video workflow as the engine would report it: cold starts, a failed attempt, prewarmed
 * instances, decisions. Deterministic; its sums hold (parts add up to measuredMs, lines to costUsd).
 */
export function videoRun(options: VideoRunOptions = {}): RunResult {
  const specs = options.goal === "tight" ? TIGHT_STEPS : LOOSE_STEPS
  const random = seededRandom(seedOf(`video ${options.goal ?? "loose"}`))
  const sloMs = options.sloMs ?? (options.goal === "tight" ? 13_000 : 20_000)
  const steps: StepResult[] = []
  for (const spec of specs) {
    const ready = Math.max(0, ...spec.after.map((name) => steps.find((step) => step.name === name)?.endedAtMs ?? 0))
    steps.push(playStep(spec, ready + DISPATCH_MS, random))
  }
  return summarise(steps, { sloMs, runId: options.runId ?? `run-video-${options.goal ?? "loose"}` })
}

function playStep(spec: VideoStep, startMs: number, random: Random): StepResult {
  const retried = spec.name === "superres" ? 4 : -1
  const invocations = Array.from({ length: spec.config.instances }, (_, part) => {
    const first = playInvocation(spec, { part, startMs, attempt: 1 }, random)
    if (part !== retried) return [first]
    const cut = first.startedAtMs + first.downloadMs + 700
    const failed = { ...first, outcome: "function-error", endedAtMs: cut, computeMs: 700, uploadMs: 0, billedMs: 1160 }
    return [failed, playInvocation(spec, { part, startMs: cut + 200, attempt: 2 }, random)]
  }).flat()
  const last = invocations.reduce((a, b) => (b.endedAtMs > a.endedAtMs ? b : a))
  const retryMs = last.attempt > 1 ? last.sentAtMs - startMs : 0
  const mappingDelayMs = last.startedAtMs - last.sentAtMs - last.queueMs
  const { queueMs, downloadMs, computeMs, uploadMs } = last
  const measuredMs = queueMs + retryMs + mappingDelayMs + downloadMs + computeMs + uploadMs
  return {
    ...predictionOf(spec, measuredMs),
    name: spec.name,
    function: spec.name,
    after: spec.after,
    status: "succeeded",
    config: spec.config,
    tasks: spec.tasks,
    reason: spec.reason,
    runnerUp: spec.runnerUp,
    infeasible: false,
    decisionMs: 0.3 + random.next() * 0.8,
    startedAtMs: startMs,
    endedAtMs: last.endedAtMs,
    measuredMs,
    queueMs,
    retryMs,
    mappingDelayMs,
    downloadMs,
    computeMs,
    uploadMs,
    coldStarts: invocations.filter((invocation) => invocation.coldStart).length,
    prewarmed: spec.prewarmed,
    attempts: Math.max(...invocations.map((invocation) => invocation.attempt)),
    costUsd: invocations.reduce((sum, invocation) => sum + costOf(invocation), 0),
    invocations,
  }
}

function predictionOf(
  spec: VideoStep,
  measuredMs: number,
): Pick<StepResult, "predictedMs" | "predicted" | "latestFinishMs"> {
  const predictedMs = measuredMs * spec.predictedRatio
  const mappingDelayMs = spec.prewarmed > 0 ? 45 : 310
  const { downloadMs, uploadMs } = spec
  return {
    predictedMs,
    latestFinishMs: 0,
    predicted: {
      mappingDelayMs,
      downloadMs,
      uploadMs,
      computeMs: Math.max(0, predictedMs - mappingDelayMs - downloadMs - uploadMs),
      percentileMs: predictedMs * 1.16,
      costUsd: (spec.config.instances * spec.config.memoryMB * predictedMs * 0.86 * USD_PER_GB_SECOND) / 1_024_000,
      coldStarts: Math.max(0, spec.config.instances - spec.prewarmed),
    },
  }
}

function playInvocation(
  spec: VideoStep,
  at: { readonly part: number; readonly startMs: number; readonly attempt: number },
  random: Random,
): InvocationResult {
  const { instances, processes, memoryMB } = spec.config
  const coldStart = at.attempt === 1 && at.part >= spec.prewarmed
  const initMs = coldStart ? 170 + random.next() * 90 : 0
  const queueMs = at.part >= 8 ? 18 + random.next() * 40 : random.next() * 3
  const sentAtMs = at.startMs + at.part * 1.5
  const startedAtMs = sentAtMs + queueMs + 14 + random.next() * 40 + initMs
  const perProcess = Math.ceil(Math.ceil(spec.tasks / instances) / processes)
  const downloadMs = spec.downloadMs * (0.8 + random.next() * 0.5)
  const computeMs = perProcess * spec.taskMs * (0.9 + random.next() * 0.2)
  const uploadMs = spec.uploadMs * (0.8 + random.next() * 0.5)
  const durationMs = downloadMs + computeMs + uploadMs
  return {
    kind: "tasks",
    part: at.part,
    attempt: at.attempt,
    repeat: 0,
    outcome: "ok",
    sentAtMs,
    startedAtMs,
    endedAtMs: startedAtMs + durationMs,
    queueMs,
    coldStart,
    initMs,
    downloadMs,
    computeMs,
    uploadMs,
    billedMs: Math.ceil(initMs + durationMs),
    memoryMB,
    maxMemoryUsedMB: Math.round(memoryMB * (0.4 + random.next() * 0.3)),
  }
}

function costOf(invocation: InvocationResult): number {
  return (invocation.billedMs * invocation.memoryMB * USD_PER_GB_SECOND) / 1_024_000 + USD_PER_REQUEST
}

function summarise(played: readonly StepResult[], run: { readonly sloMs: number; readonly runId: string }): RunResult {
  const path = ["pull", "detect", "superres", "colour", "text", "interpolate", "merge"]
  const byName = new Map(played.map((step) => [step.name, step]))
  const onPath = path.map((name) => byName.get(name)?.measuredMs ?? 0)
  const latencyMs = Math.max(...played.map((step) => step.endedAtMs)) + 6
  const steps = played.map((step, i) => ({ ...step, latestFinishMs: latestFinish(played, i, run.sloMs) }))
  const invocations = steps.flatMap((step) => step.invocations)
  const memoryMs = invocations.reduce((sum, { billedMs, memoryMB }) => sum + billedMs * memoryMB, 0)
  const warmed = steps.reduce((sum, step) => sum + step.prewarmed, 0)
  const costLines = [
    { meter: "lambda.duration.x86_64", quantity: String(memoryMs), usd: (memoryMs * USD_PER_GB_SECOND) / 1_024_000 },
    { meter: "lambda.requests", quantity: String(invocations.length), usd: invocations.length * USD_PER_REQUEST },
    { meter: "s3.standard.put", quantity: "121", usd: 121 * 0.000005 },
    { meter: "s3.standard.get", quantity: "170", usd: 170 * 0.0000004 },
  ]
  return {
    schemaVersion: 1,
    runId: run.runId,
    workflow: "video",
    status: "succeeded",
    goal: { kind: "cost", sloMs: run.sloMs, percentile: 0.95 },
    sloMs: run.sloMs,
    sloMet: latencyMs <= run.sloMs,
    startedAtWallMs: Date.UTC(2026, 10, 20, 9, 41, 7),
    latencyMs,
    costUsd: costLines.reduce((sum, line) => sum + line.usd, 0),
    costLines,
    overheadMs: latencyMs - onPath.reduce((sum, ms) => sum + ms, 0),
    criticalPath: path,
    enforcement: "cgroup v2",
    decisionMs: steps.map((step) => step.decisionMs),
    infeasible: false,
    policy: "stepconf",
    output: { $ref: "runs/video/merged.mp4", bytes: 18_400_312, sha256: "f00d" },
    error: null,
    steps,
    prewarm: { asked: warmed + 2, warmed: warmed + 1, hits: warmed - 2, costUsd: warmed * 0.0000042 },
  }
}

/** What the steps after this one still need is taken from the SLO, at the predicted 95th percentile. */
function latestFinish(steps: readonly StepResult[], index: number, sloMs: number): number {
  const needs = steps.map(() => 0)
  for (let i = steps.length - 1; i >= 0; i--) {
    const children = steps.flatMap((step, j) => (step.after.includes(steps[i]?.name ?? "") ? [j] : []))
    needs[i] = Math.max(0, ...children.map((j) => (needs[j] ?? 0) + (steps[j]?.predicted.percentileMs ?? 0) * 0.97))
  }
  return sloMs - (needs[index] ?? 0)
}
