// Many runs on simulated platforms, each begun when the instances of the one before are gone or nearly so. What the
// estimator knows of cold starts was measured on the same platform in runs without prewarming, as a profile would have it.
import { trimtabPolicy } from "../../src/optimization/trimtab-policy.ts"
import { problemOf, syntheticEstimator } from "../../src/optimization/testing/synthetic-problem.ts"
import type { SyntheticLaw } from "../../src/optimization/testing/synthetic-space.ts"
import { DEFAULT_LAW, lawFunction } from "../../src/platforms/simulated/law-function.ts"
import { preset } from "../../src/platforms/simulated/presets.ts"
import type { PrewarmRuleName } from "../../src/engine/prewarm-rule.ts"
import { shapedResults } from "../../src/simulation/shaped-results.ts"
import { openWorld } from "../../src/simulation/world.ts"
import { median } from "../../src/statistics/order-statistics.ts"
import { defineWorkflow } from "../../src/workflow/builder.ts"
import type { RunResult } from "../../src/workflow/run-result.ts"
import type { Workflow } from "../../src/workflow/workflow.ts"
import type { Bench } from "../bench.ts"
import { dag16 } from "../simulator/dag16.ts"
import { against, nothing, RULES, withRun, type PrewarmFigures } from "./figures.ts"

const QUICK = { calibration: 10, runs: 100 }
const FULL = { calibration: 30, runs: 1_000 }

/** Time between two runs of one client: longer than any platform keeps an idle instance. */
const REST_MS = 20 * 60_000

const TASKS = 10

/** A function of the bench: a task on one vCPU, and what loading its module takes. */
interface Kind {
  readonly taskMs: number
  readonly initWorkMs: number
}

interface Case {
  readonly name: string
  readonly platform: "lambda" | "knative"
  readonly workflow: Workflow
  readonly sloMs: number
  readonly kindOf: (step: string) => Kind
}

/** A video workflow as StepConf's, whose functions load models: a second of init. */
const heavyVideo: Workflow = branchless("video", {
  pull: [],
  detect: ["pull"],
  watermark: ["detect"],
  superres: ["detect"],
  colour: ["watermark", "superres"],
  text: ["colour"],
  interpolate: ["text"],
  merge: ["interpolate"],
})

const CASES: readonly Case[] = [
  { name: "lambdaDag16", platform: "lambda", workflow: dag16, sloMs: 9_000, kindOf: light },
  { name: "lambdaVideo", platform: "lambda", workflow: heavyVideo, sloMs: 25_000, kindOf: heavy },
  { name: "knativeVideo", platform: "knative", workflow: heavyVideo, sloMs: 40_000, kindOf: heavy },
]

function light(step: string): Kind {
  return { taskMs: [120, 260, 540, 1100][(Number(step.slice(1)) * 7) % 4]!, initWorkMs: 0 }
}

function heavy(): Kind {
  return { taskMs: 900, initWorkMs: 1_000 }
}

function branchless(name: string, edges: Readonly<Record<string, string[]>>): Workflow {
  const space = {
    memoryMB: { min: 512, max: 3072, step: 256 },
    instances: { min: 2, max: TASKS, step: 1 },
    processes: { min: 1, max: 1, step: 1 },
  }
  const steps = Object.entries(edges).map(
    ([step, after]) => [step, { function: step, after, split: "each" as const, configSpace: space }] as const,
  )
  const functions = Object.fromEntries(Object.keys(edges).map((step) => [step, { handler: `./${step}.ts` }]))
  return defineWorkflow({ name, functions, steps: Object.fromEntries(steps) })
}

export const bench: Bench = async ({ full }) => {
  const size = full ? FULL : QUICK
  const rows: object[] = []
  const summary: Record<string, number | null> = {}
  for (const one of CASES) {
    const coldMs = await coldDelayMs(one, size.calibration)
    const figures = new Map<PrewarmRuleName, PrewarmFigures>()
    for (const rule of RULES) figures.set(rule, sumOf(rule, await play(one, { rule, runs: size.runs, coldMs })))
    for (const rule of RULES) {
      const row = against(figures.get("none")!, figures.get(rule)!)
      rows.push({ table: "simulated", case: one.name, platform: one.platform, coldMs, rule, ...row })
      for (const key of ["mappingSharePct", "coldStartsPerRun", "latencyMs"])
        summary[`${one.name}.${rule}.${key}`] = row[key]!
      if (rule !== "none")
        for (const key of ["coldAvoidedPerUsd", "extraCostPct", "wastedPct", "savedMsPerRun"])
          summary[`${one.name}.${rule}.${key}`] = row[key]!
    }
  }
  return { summary, reasons: {}, rows }
}

function sumOf(rule: PrewarmRuleName, runs: readonly RunResult[]): PrewarmFigures {
  return runs.reduce(withRun, nothing(rule))
}

/** Median mapping delay of steps that start cold, beyond that of a warm one. */
async function coldDelayMs(one: Case, runs: number): Promise<number> {
  const results = await play(one, { rule: "none", runs, coldMs: 500 })
  const cold = results.flatMap(({ steps }) => steps.filter((step) => step.coldStarts > 0))
  return Math.round(median(cold.map((step) => step.mappingDelayMs)))
}

interface Play {
  readonly rule: PrewarmRuleName
  readonly runs: number
  readonly coldMs: number
}

async function play({ platform, workflow, sloMs, kindOf }: Case, { rule, runs, coldMs }: Play): Promise<RunResult[]> {
  const parameters = preset(platform)
  const { limits } = parameters
  const goal = { kind: "cost", sloMs, percentile: 0.95 } as const
  const law = (step: string): Partial<SyntheticLaw> => ({
    tasks: TASKS,
    workMs: kindOf(step).taskMs,
    fixedMs: 5,
    transferMs: 40,
    mappingMs: 20,
    mappingPerInstanceMs: 0,
    coldMs,
    spread: 1.2,
  })
  const estimator = syntheticEstimator(problemOf(workflow, { law, sloMs, limits }), law)
  const shaped = shapedResults(workflow, () => TASKS)
  const world = await openWorld({
    workflow,
    parameters,
    seed: 1,
    prewarm: rule,
    policyFor: () => trimtabPolicy({ estimator, limits }),
    behaviourOf: (name) => {
      const { taskMs, initWorkMs } = kindOf(name)
      const transfers = { objectsPerTask: 1, downloadBytesPerTask: 200_000, uploadBytesPerTask: 50_000 }
      const own = { ...DEFAULT_LAW, fixedMs: 5, taskMs, initWorkMs, ...transfers }
      return lawFunction(own, { mbPerVcpu: limits.mbPerVcpu, resultsOf: shaped.resultsOf })
    },
  })
  const { clock } = world.platform
  const results: RunResult[] = []
  const client = async (): Promise<void> => {
    for (let i = 0; i < runs; i++) {
      const { result } = await world.engine.start({ workflow, input: shaped.input, goal })
      results.push(await result)
      await clock.sleep(REST_MS)
    }
  }
  try {
    await clock.run(client())
  } finally {
    await world.close()
  }
  return results
}
