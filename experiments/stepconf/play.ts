import {
  awsLambdaPricing,
  type Goal,
  type Load,
  openWorld,
  paperCostUsd,
  type Policy,
  type PrewarmRuleName,
  type RunResult,
  simulate,
} from "../../src/index.ts"
import type { Setting } from "./setting.ts"
import type { Sources, Strategy } from "./strategies.ts"

export interface PlayOptions {
  readonly sloMs: number
  readonly runs: number
  readonly seed: number
  readonly load: Load
  /** What the strategy's authors do where absent. */
  readonly prewarm?: PrewarmRuleName
  /** What the policy is told to keep, where it differs from the SLO that counts. */
  readonly plannedSloMs?: number
}

/** How a strategy came out in some runs. */
export interface Played {
  readonly strategy: string
  readonly latencyMs: readonly number[]
  /** Within the SLO. */
  readonly attained: number
  /** Mean of the platform's bill, prewarming included. */
  readonly costUsd: number
  /** Mean by the paper's formula: every instance pays for the whole step, the mapping delay included. */
  readonly paperUsd: number
  /** Means over the runs, shares of the latency along the critical path. */
  readonly shares: PhaseShares
  /** Computing of a decision over the latency of its run: of all decisions of a run together. */
  readonly decisionShare: number
}

export interface PhaseShares {
  readonly mapping: number
  readonly download: number
  readonly compute: number
  readonly upload: number
  /** Waits for room and retries. */
  readonly waiting: number
}

/** Some 30 s between the end of a run and the next one: some instances are warm then, some are not. */
export const SPACED: Load = { kind: "closed", clients: 1, thinkMs: 30_000 }

/** Nothing is warm when a run begins. */
export const COLD: Load = { kind: "closed", clients: 1, thinkMs: 3_000_000 }

/** Plays so many runs of a strategy. The same seed gives all strategies the same chance. */
export async function play(sources: Sources, strategy: Strategy, options: PlayOptions): Promise<Played> {
  const { setting } = sources
  const goal = { kind: "cost", sloMs: options.sloMs, percentile: 0.95 } as const
  const timed = timedPolicy(strategy.policyOf(sources, { ...goal, sloMs: options.plannedSloMs ?? options.sloMs }))
  const whole = await runsOf(setting, timed.policy, { ...options, prewarm: options.prewarm ?? strategy.prewarm })
  const latencyMs = whole.map((run) => run.latencyMs)
  const mean = (of: (run: RunResult) => number): number => whole.reduce((sum, run) => sum + of(run), 0) / whole.length
  return {
    strategy: strategy.name,
    latencyMs,
    attained:
      latencyMs.filter((ms, i) => ms <= options.sloMs && whole[i]!.status === "succeeded").length / whole.length,
    costUsd: mean((run) => run.costUsd),
    paperUsd: mean(paperCostOf),
    shares: {
      mapping: mean((run) => shareOf(run, (step) => step.mappingDelayMs)),
      download: mean((run) => shareOf(run, (step) => step.downloadMs)),
      compute: mean((run) => shareOf(run, (step) => step.computeMs)),
      upload: mean((run) => shareOf(run, (step) => step.uploadMs)),
      waiting: mean((run) => shareOf(run, (step) => step.queueMs + step.retryMs)),
    },
    decisionShare: timed.totalMs() / latencyMs.reduce((sum, ms) => sum + ms, 0),
  }
}

async function runsOf(
  { paper, parameters, behaviourOf, input }: Setting,
  policy: Policy,
  options: PlayOptions & { readonly prewarm: PrewarmRuleName },
): Promise<readonly RunResult[]> {
  const { runs, seed, load, prewarm } = options
  const goal: Goal = { kind: "cost", sloMs: options.plannedSloMs ?? options.sloMs, percentile: 0.95 }
  const { workflow } = paper
  const world = await openWorld({ workflow, parameters, behaviourOf, policyFor: () => policy, seed, prewarm })
  try {
    return (await simulate({ world, workflow, goal, input, load, runs, seed })).whole
  } finally {
    await world.close()
  }
}

/**
 * A policy whose decisions are timed, those that prewarming asks for included: in CPU time, since other work on the
 * machine is not the policy's.
 */
function timedPolicy(policy: Policy): { readonly policy: Policy; readonly totalMs: () => number } {
  let totalMs = 0
  return {
    totalMs: () => totalMs,
    policy: {
      name: policy.name,
      decide: (view) => {
        const from = process.cpuUsage()
        const decision = policy.decide(view)
        const { user, system } = process.cpuUsage(from)
        totalMs += (user + system) / 1000
        return decision
      },
    },
  }
}

type Step = RunResult["steps"][number]

/** Along the critical path, over the latency of the run. */
function shareOf({ steps, criticalPath, latencyMs }: RunResult, of: (step: Step) => number): number {
  const onPath = steps.filter((step) => criticalPath.includes(step.name))
  return onPath.reduce((sum, step) => sum + of(step), 0) / latencyMs
}

/** Orchestration of one instance, AWS Step Functions: the paper pays it with each request (section 3.5). */
const STATE_TRANSITION_USD = 2.5e-5

function paperCostOf({ steps }: RunResult): number {
  const { usdPerGbSecond, usdPerRequest } = awsLambdaPricing()
  return steps.reduce(
    (sum, { config, measuredMs, queueMs }) =>
      sum +
      paperCostUsd(
        { memoryMB: config.memoryMB, instances: config.instances, latencyMs: measuredMs - queueMs },
        { usdPerGbSecond, usdPerRequest: usdPerRequest + STATE_TRANSITION_USD },
      ),
    0,
  )
}
