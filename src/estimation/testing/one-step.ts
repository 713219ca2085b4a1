import { DEFAULT_CONFIG_SPACE } from "../../workflow/config.ts"
import type { PlatformLimits } from "../../workflow/limits.ts"
import type { Step, Workflow } from "../../workflow/workflow.ts"
import type { Estimate, Estimator } from "../estimator.ts"
import type { EstimatorOptions } from "../profile-estimator.ts"
import type { Profile } from "../sample.ts"

/** A step with everything at its default. */
export function plainStep(name: string, functionName: string, changes: Partial<Step> = {}): Step {
  return {
    name,
    function: functionName,
    after: [],
    split: { kind: "each" },
    merge: { kind: "list" },
    configSpace: DEFAULT_CONFIG_SPACE,
    retry: [],
    timeoutMs: 900_000,
    tolerance: { kind: "count", count: 0 },
    ...changes,
  }
}

export const LAMBDA_LIMITS: PlatformLimits = {
  memoryMB: { min: 128, max: 10_240, step: 1 },
  mbPerVcpu: 1769,
  vcpuTotal: null,
  timeoutMs: 900_000,
  payloadBytes: { sync: 6_291_456, async: 1_048_576 },
  concurrency: { account: 1000, keepFree: 100 },
  startsPer10s: 1000,
  initTimeoutMs: 10_000,
  publishMsPerVariant: 2000,
}

export const LAMBDA_RATES = { usdPerGbSecond: 0.0000166667, usdPerRequest: 0.0000002 } as const

/** Estimator options for a workflow of one step for each of the profiles, named like its function. */
export function optionsFor(profiles: readonly Profile[], threads: "single" | "multi" = "single"): EstimatorOptions {
  const names = profiles.map((profile) => profile.functionName)
  const workflow: Workflow = {
    name: "synthetic",
    functions: Object.fromEntries(names.map((name) => [name, { name, handler: `./${name}.ts`, threads }])),
    steps: names.map((name) => plainStep(name, name)),
  }
  return {
    workflow,
    profiles: new Map(profiles.map((profile) => [profile.functionName, profile])),
    limits: LAMBDA_LIMITS,
    rates: LAMBDA_RATES,
  }
}

/** The estimate of one configuration, with a default for everything: one warm instance of 1,024 MB, four tasks. */
export function estimateAt(
  estimator: Estimator,
  at: { memoryMB?: number; instances?: number; processes?: number; tasks?: number; warm?: number; step?: string },
): Estimate {
  const { memoryMB = 1024, instances = 1, processes = 1, tasks = 4, warm = 64, step = estimator.steps[0]! } = at
  return estimator.estimate({ step, config: { memoryMB, instances, processes }, tasks, warmInstances: warm })
}
