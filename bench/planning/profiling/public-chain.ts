// Six public Lambda functions as a chain: what they really take, and recorded runs to measure.
import medians from "../../../src/estimation/testing/slapp-medians.json" with { type: "json" }
import { LAMBDA_LIMITS, LAMBDA_RATES, plainStep } from "../../../src/estimation/testing/one-step.ts"
import { createEstimator, type ProfileEstimator } from "../../../src/estimation/profile-estimator.ts"
import type { CompiledParts, CompiledSpace } from "../../../src/estimation/estimator.ts"
import type { InstanceSample } from "../../../src/estimation/sample.ts"
import type { SpaceDraws } from "../../../src/estimation/space-draws.ts"
import { trimtabPlanner } from "../../../src/optimization/trimtab-planner.ts"
import type { Problem } from "../../../src/optimization/planner.ts"
import type { ConfigSpace } from "../../../src/workflow/config.ts"
import type { Goal } from "../../../src/workflow/goal.ts"
import type { Plan, Workflow } from "../../../src/workflow/workflow.ts"
import { formErrorLibrary } from "../../../src/estimation/form-error.ts"
import formErrors from "../../../src/estimation/data/form-errors-2026-11.json" with { type: "json" }
import { mean } from "../../../src/statistics/order-statistics.ts"
import recorded from "../../estimation/data/slapp-runs.json" with { type: "json" }

export const MEMORY_MB: readonly number[] = medians.memoryMB
export const NAMES: readonly string[] = Object.keys(medians.medianMs)

const ONE = { min: 1, max: 1, step: 1 }
/** Memory alone is chosen. */
const SPACE: ConfigSpace = { memoryMB: { min: 128, max: 3008, step: 64 }, instances: ONE, processes: ONE }

const TRUE_MS: readonly (readonly number[])[] = Object.values(medians.medianMs)

/** f1 -> f2 -> ... -> f6. */
export const CHAIN: Workflow = {
  name: "app6",
  functions: Object.fromEntries(NAMES.map((name) => [name, { name, handler: `./${name}.ts`, threads: "single" }])),
  steps: NAMES.map((name, i) =>
    plainStep(name, name, { after: i === 0 ? [] : [NAMES[i - 1]!], split: { kind: "none" }, configSpace: SPACE }),
  ),
}

/** 1.5 times the fastest plan there is; as the user would state it. */
export const SLO_MS: number = 1.5 * TRUE_MS.reduce((sum, row) => sum + Math.min(...row), 0)
export const GOAL: Goal = { kind: "cost", sloMs: SLO_MS, percentile: 0.5 }

/** One recorded run of a function at a size, the `pick`-th part of them. */
export function recordedMs(f: number, m: number, pick: number): number {
  const runs = recorded.functions[f]!.ms[m]!
  return runs[Math.floor(pick * runs.length)]!
}

/** A recorded run as the sample of an import: its whole duration is compute. */
export function sampleOf(memoryMB: number, ms: number, index: number): InstanceSample {
  return {
    kind: "instance",
    atMs: index,
    source: "import",
    memoryMB,
    processes: 1,
    tasks: 1,
    outcome: "ok",
    cold: false,
    initMs: 0,
    downloadMs: 0,
    computeMs: ms,
    uploadMs: 0,
    downloadBytes: 0,
    uploadBytes: 0,
    downloadObjects: 0,
    uploadObjects: 0,
    durationMs: ms,
    billedMs: Math.ceil(ms),
    maxMemoryUsedMB: 0,
    peakProcessMB: 0,
    contended: false,
    enforced: "platform",
    codeSha256: "",
    id: `${index}`,
  }
}

/** What is known of errors of curves without these functions, which are in the shipped library. */
const OTHERS = formErrorLibrary(formErrors.entries.filter(({ name }) => !name.startsWith("slapp")))

/** The estimator of one function of the chain. */
export function estimatorOf(f: number, samples: readonly InstanceSample[]): ProfileEstimator {
  const name = NAMES[f]!
  return createEstimator({
    workflow: { ...CHAIN, steps: [{ ...CHAIN.steps[f]!, after: [] }] },
    profiles: new Map([[name, { functionName: name, samples }]]),
    limits: LAMBDA_LIMITS,
    rates: LAMBDA_RATES,
    formErrors: OTHERS,
  })
}

/** The step as it is estimated, without starts and transfers, which the recorded runs do not have. */
export function spaceOf(f: number, estimator: ProfileEstimator): CompiledSpace {
  return computeOnly(estimator.compile(requestOf(f)))
}

/** Start of an instance that is measured, billed ms: what is expected of one before any was seen. */
export function startMsOf(f: number, estimator: ProfileEstimator): number {
  return mean([...estimator.compile(requestOf(f)).initMs])
}

export function drawsOf(
  f: number,
  estimator: ProfileEstimator,
  { count, seed }: { count: number; seed: number },
): SpaceDraws {
  const draws = estimator.draws({ ...requestOf(f), count, seed })
  return { ...draws, known: computeOnly(draws.known) }
}

function requestOf(f: number): { step: string; space: ConfigSpace; tasks: number; percentile: number } {
  return { step: NAMES[f]!, space: SPACE, tasks: 1, percentile: GOAL.percentile }
}

function computeOnly(space: CompiledSpace): CompiledSpace {
  const none = (of: Float64Array): Float64Array => new Float64Array(of.length)
  const parts = (from: CompiledParts): CompiledParts => ({
    mappingDelayMs: none(from.mappingDelayMs),
    downloadMs: none(from.downloadMs),
    uploadMs: none(from.uploadMs),
    computeMs: from.computeMs,
  })
  return {
    ...space,
    ...parts(space),
    median: parts(space.median),
    mean: parts(space.mean),
    initMs: none(space.initMs),
    coldExtraMs: none(space.initMs),
  }
}

export function problemOf(spaces: readonly CompiledSpace[]): Problem {
  return {
    workflow: CHAIN,
    goal: GOAL,
    spaces: new Map(spaces.map((space) => [space.step, space])),
    limits: LAMBDA_LIMITS,
  }
}

/** What a plan really takes and costs, by the medians of all runs. */
export interface Truth {
  readonly latencyMs: number
  readonly costUsd: number
}

export function truthOf(plan: Plan): Truth {
  return NAMES.reduce(
    (sum, name, f) => {
      const m = MEMORY_MB.indexOf(plan[name]!.memoryMB)
      return { latencyMs: sum.latencyMs + TRUE_MS[f]![m]!, costUsd: sum.costUsd + usdOf(f, m) }
    },
    { latencyMs: 0, costUsd: 0 },
  )
}

/** What one run of a function at a size is billed. */
export function usdOf(f: number, m: number): number {
  return (TRUE_MS[f]![m]! / 1000) * (MEMORY_MB[m]! / 1024) * LAMBDA_RATES.usdPerGbSecond + LAMBDA_RATES.usdPerRequest
}

/** The cheapest plan that really meets the deadline, USD. */
export function bestUsd(): number {
  const shape = estimatorOf(0, [sampleOf(1792, 1000, 0)])
  const spaces = NAMES.map((name, f): CompiledSpace => {
    const like = spaceOf(0, shape)
    const computeMs = Float64Array.from(TRUE_MS[f]!)
    const parts = { ...like.median, computeMs }
    return { ...like, step: name, ...parts, median: parts, mean: parts }
  })
  const result = trimtabPlanner({ effort: "exact" }).plan(problemOf(spaces))
  if (!result.feasible) throw new Error("1.5 times the fastest plan cannot be met")
  return truthOf(result.plan).costUsd
}
