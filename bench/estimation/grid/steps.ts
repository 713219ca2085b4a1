import { createEstimator } from "../../../src/estimation/profile-estimator.ts"
import type { InstanceSample, Profile, StepSample } from "../../../src/estimation/sample.ts"
import { awsLambdaPricing } from "../../../src/pricing/aws-lambda.ts"
import { mean } from "../../../src/statistics/order-statistics.ts"
import { momentsOf } from "../../../src/statistics/quantile-table.ts"
import { DEFAULT_CONFIG_SPACE } from "../../../src/workflow/config.ts"
import type { PlatformLimits } from "../../../src/workflow/limits.ts"
import type { Step, Workflow } from "../../../src/workflow/workflow.ts"
import type { GridCell, GridRun } from "./cells.ts"

/** The programs of StepConf RQ1: single-thread code without and with processes, multi-core code. */
const STEPS: readonly string[] = ["single-q1", "single-q4", "multi-r90"]

/** A step of one warm instance: mean time at the client and mean cost, measured and estimated. */
export interface StepRow {
  readonly program: string
  readonly memoryMB: number
  readonly tasks: number
  readonly fitted: boolean
  readonly meanMs: number
  readonly estimatedMs: number
  readonly meanUsd: number
  readonly estimatedUsd: number
  /** Mean of the odd repetitions against that of the even ones, percent; null with one run. */
  readonly halvesErrorPct: number | null
  /** Of each run. */
  readonly wallMs: readonly number[]
  readonly billedMs: readonly number[]
}

const LIMITS: PlatformLimits = {
  memoryMB: { min: 128, max: 10_240, step: 1 },
  mbPerVcpu: 1769,
  vcpuTotal: null,
  timeoutMs: 900_000,
  payloadBytes: { sync: 6_291_456, async: 1_048_576 },
  concurrency: { account: 1000, keepFree: 100 },
  startsPer10s: null,
  initTimeoutMs: 10_000,
  publishMsPerVariant: 10,
}

/** Every cell of the three programs, from an Estimator that saw the samples of the fitted cells alone. */
export function estimateSteps(cells: readonly GridCell[]): readonly StepRow[] {
  const { usdPerGbSecond, usdPerRequest } = awsLambdaPricing()
  const fitted = cells.filter((cell) => cell.fitted)
  const names = [...new Set(cells.map(functionOf))]
  const workflow: Workflow = {
    name: "grid",
    functions: Object.fromEntries(
      names.map((name) => [
        name,
        { name, handler: `./${name}.ts`, threads: name === "single" ? ("single" as const) : ("multi" as const) },
      ]),
    ),
    steps: names.map(stepOf),
  }
  const estimator = createEstimator({
    workflow,
    profiles: new Map(names.map((name) => [name, profileOf(name, fitted)])),
    limits: LIMITS,
    rates: { usdPerGbSecond, usdPerRequest },
  })
  return cells
    .filter((cell) => STEPS.includes(cell.program.name))
    .map((cell) => {
      const { program, memoryMB, tasks } = cell
      const config = { memoryMB, instances: 1, processes: program.processes }
      const estimate = estimator.estimate({ step: functionOf(cell), config, tasks, warmInstances: 1 })
      const usdPerMs = ((memoryMB / 1024) * usdPerGbSecond) / 1000
      return {
        program: program.name,
        memoryMB,
        tasks,
        fitted: cell.fitted,
        meanMs: mean(cell.runs.map((run) => run.wallMs)),
        estimatedMs: momentsOf(estimate.latencyMs).mean,
        meanUsd: mean(cell.runs.map((run) => run.billedMs)) * usdPerMs + usdPerRequest,
        estimatedUsd: estimate.costUsd.mean,
        halvesErrorPct: halvesOf(cell.runs),
        wallMs: cell.runs.map((run) => run.wallMs),
        billedMs: cell.runs.map((run) => run.billedMs),
      }
    })
}

function functionOf({ program }: GridCell): string {
  return program.kind === "single" ? "single" : program.name
}

function stepOf(name: string): Step {
  return {
    name,
    function: name,
    after: [],
    split: { kind: "each" },
    merge: { kind: "list" },
    configSpace: DEFAULT_CONFIG_SPACE,
    retry: [],
    timeoutMs: 900_000,
    tolerance: { kind: "count", count: 0 },
  }
}

function profileOf(functionName: string, fitted: readonly GridCell[]): Profile {
  const own = fitted.filter((cell) => functionOf(cell) === functionName)
  return { functionName, samples: own.flatMap((cell) => cell.runs.flatMap((run) => samplesOf(cell, run))) }
}

/** An invocation, and the same as a step of one instance: what the client waits beyond it is mapping delay. */
function samplesOf({ program, memoryMB, tasks }: GridCell, run: GridRun): [InstanceSample, StepSample] {
  const { processes } = program
  const common = {
    atMs: run.atS * 1000,
    source: "campaign",
    contended: false,
    enforced: "cgroup-v1",
    codeSha256: "grid",
  } as const
  const { computeMs, durationMs, billedMs, downloadMs, uploadMs, maxMemoryUsedMB } = run
  return [
    {
      ...common,
      kind: "instance",
      memoryMB,
      processes,
      tasks,
      outcome: "ok",
      cold: false,
      initMs: 0,
      downloadMs,
      computeMs,
      uploadMs,
      downloadBytes: 0,
      uploadBytes: 0,
      downloadObjects: 0,
      uploadObjects: 0,
      durationMs,
      billedMs,
      maxMemoryUsedMB,
      peakProcessMB: maxMemoryUsedMB / processes,
    },
    {
      ...common,
      kind: "step",
      config: { memoryMB, instances: 1, processes },
      tasks,
      cold: 0,
      mappingDelayMs: Math.max(0, run.wallMs - durationMs),
      wallMs: run.wallMs,
    },
  ]
}

function halvesOf(runs: readonly GridRun[]): number | null {
  if (runs.length < 2) return null
  const half = (first: number): number => mean(runs.filter((_, i) => i % 2 === first).map((run) => run.wallMs))
  return 100 * Math.abs(half(0) / half(1) - 1)
}
