import {
  DEFAULT_LAW,
  type FunctionLaw,
  lawFunction,
  openWorld,
  parseWorkflow,
  type PresetName,
  type RunResult,
  shapedResults,
  simulate,
  simulatedPreset,
  type StepConfig,
} from "../../src/index.ts"
import { fixedPolicy } from "./one-step.ts"

export interface Measurement {
  readonly platform: PresetName
  readonly law: Partial<FunctionLaw>
  readonly config: StepConfig
  readonly tasks: number
  readonly runs: number
  /** Between the runs, ms: longer than instances are kept makes every run cold. */
  readonly thinkMs: number
  readonly seed: number
}

/** Some executions of a workflow of one step in one configuration. */
export async function measured(options: Measurement): Promise<readonly RunResult["steps"][number][]> {
  const { platform, config, tasks, runs, seed, thinkMs } = options
  const parameters = simulatedPreset(platform)
  const range = (value: number): { min: number; max: number; step: number } => ({ min: value, max: value, step: 1 })
  const workflow = parseWorkflow(
    {
      name: "one",
      functions: { one: { handler: "./one.ts", threads: options.law.threads ?? "single" } },
      steps: {
        one: {
          function: "one",
          split: "each",
          configSpace: {
            memoryMB: range(config.memoryMB),
            instances: range(config.instances),
            processes: range(config.processes),
          },
          timeoutMs: 600_000,
        },
      },
    },
    "measured function",
  )
  const shaped = shapedResults(workflow, () => tasks)
  const law = { ...DEFAULT_LAW, ...options.law }
  const { mbPerVcpu } = parameters.limits
  const world = await openWorld({
    workflow,
    parameters,
    behaviourOf: () => lawFunction(law, { mbPerVcpu, resultsOf: shaped.resultsOf }),
    policyFor: () => fixedPolicy(() => config),
    seed,
    prewarm: "none",
  })
  try {
    const goal = { kind: "cost", sloMs: 3_600_000, percentile: 0.95 } as const
    const load = { kind: "closed", clients: 1, thinkMs } as const
    const { whole } = await simulate({ world, workflow, goal, input: shaped.input, load, runs, seed })
    return whole.map(({ steps }) => steps[0]!)
  } finally {
    await world.close()
  }
}
