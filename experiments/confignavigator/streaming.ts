import {
  azureArrivals,
  type Load,
  openWorld,
  type Plan,
  type RunResult,
  simulate,
  staticPolicy,
  type Estimator,
  type World,
} from "../../src/index.ts"
import type { Setting } from "../stepconf/setting.ts"

/** What a plan took for one clip after the other. */
export interface Streamed {
  readonly latencyMs: readonly number[]
  readonly costUsd: readonly number[]
  /** By run, then step in the order of the workflow. */
  readonly stepMs: readonly (readonly number[])[]
  readonly stepUsd: readonly (readonly number[])[]
  readonly coldShare: number
}

/** Plays clips through plans. */
export interface Stream {
  play(plan: Plan, clips: Clips): Promise<Streamed>
}

export interface Clips {
  readonly runs: number
  readonly seed: number
  readonly load: Load
}

/** The same clip again and again: nothing is cold but the first (section 4.4). */
export const ONE_BY_ONE: Load = { kind: "closed", clients: 1, thinkMs: 0 }

/** Arrivals as the Azure trace has them, a clip in five seconds on average (section 4.2). */
export const AZURE: Load = { kind: "open", arrivals: azureArrivals({ perSecond: 0.2 }) }

/** Streams on the simulated platform, each plan in a world of its own. */
export function streamOf(setting: Setting, estimator: Estimator): Stream {
  const { paper, parameters, behaviourOf, input, rates } = setting
  const { workflow } = paper
  return {
    play: async (plan, { runs, seed, load }) => {
      const policy = staticPolicy(plan, estimator)
      const world = await openWorld({
        workflow,
        parameters,
        behaviourOf,
        policyFor: () => policy,
        seed,
        prewarm: "none",
      })
      try {
        const whole = await played(world, { runs, seed, load })
        const stepUsd = whole.map((run) => run.steps.map((step) => paidFor(step, rates.usdPerGbSecond)))
        const invocations = whole.flatMap((run) => run.steps.flatMap((step) => step.invocations))
        return {
          latencyMs: whole.map((run) => run.latencyMs),
          stepMs: whole.map((run) => run.steps.map((step) => step.endedAtMs - step.startedAtMs)),
          stepUsd,
          costUsd: stepUsd.map((all) => all.reduce((sum, usd) => sum + usd, 0)),
          coldShare: invocations.filter((one) => one.coldStart).length / Math.max(1, invocations.length),
        }
      } finally {
        await world.close()
      }
    },
  }

  async function played(world: World, clips: Clips): Promise<readonly RunResult[]> {
    const goal = { kind: "latency", budgetUsd: 1, percentile: 0.5 } as const
    return (await simulate({ world, workflow, goal, input, ...clips })).whole
  }
}

/** The paper's unit of cost is MB ms: requests cost nothing. */
function paidFor({ invocations }: RunResult["steps"][number], usdPerGbSecond: number): number {
  return invocations.reduce(
    (sum, { memoryMB, billedMs }) => sum + (memoryMB / 1024) * (billedMs / 1000) * usdPerGbSecond,
    0,
  )
}
