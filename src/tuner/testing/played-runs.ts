import { isObject, type Json } from "../../base/json.ts"
import { seededRandom, seedOf } from "../../base/random.ts"
import { fakePolicy } from "../../engine/testing/fake-policy.ts"
import { DEFAULT_LAW, lawFunction } from "../../platforms/simulated/law-function.ts"
import type { FunctionBehaviour, HandlerCall } from "../../platforms/simulated/function-behaviour.ts"
import { preset } from "../../platforms/simulated/presets.ts"
import type { InvocationRecord } from "../../protocol/invocation-record.ts"
import { poisson } from "../../simulation/arrivals/poisson.ts"
import { openWorld } from "../../simulation/world.ts"
import { fromSamples } from "../../statistics/from-samples.ts"
import { normalQuantile } from "../../statistics/normal.ts"
import type { RunResult } from "../../workflow/run-result.ts"
import type { Workflow } from "../../workflow/workflow.ts"

/** Runs of a workflow by the real engine in virtual time: what a log would say, and what was true. */
export interface PlayedRuns {
  readonly workflow: Workflow
  /** In the order in which they ended. */
  readonly results: readonly RunResult[]
  readonly invocations: readonly PlayedInvocation[]
}

export interface PlayedInvocation {
  readonly runId: string
  readonly step: string
  readonly record: InvocationRecord
  /** Number of the invocation that called it and waits for it; absent where the engine did. */
  readonly caller?: number
}

export interface PlayOptions {
  readonly workflow: Workflow
  readonly runs: number
  readonly seed: number
  /** Runs a second, one after the other however many are under way; 0.5 by default, so that many overlap. */
  readonly ratePerSecond?: number
}

/** Median durations of functions, ms: each has its own between them. */
const MEDIAN_MS = { least: 200, greatest: 1_200 }

/** Spread of durations, standard deviation of ln: that of functions whose input varies. */
const LOG_SD = 0.35

export async function playRuns({ workflow, runs, seed, ratePerSecond = 0.5 }: PlayOptions): Promise<PlayedRuns> {
  const parameters = preset("lambda")
  const invocations: PlayedInvocation[] = []
  const results: RunResult[] = []
  const world = await openWorld({
    workflow,
    parameters,
    seed,
    behaviourOf: (name) => noisyFunction(name, parameters.limits.mbPerVcpu),
    policyFor: () => fakePolicy({ forget: true, config: () => ({ memoryMB: 1792 }) }),
    prewarm: "none",
    onEvent: (event) => {
      if (event.kind !== "invocation-ended") return
      invocations.push({ runId: event.runId, step: event.step, record: event.record })
    },
  })
  try {
    const { clock } = world.platform
    const random = seededRandom(seedOf(`arrivals ${seed}`))
    const arrivals = poisson(ratePerSecond)(random)
    const under: Promise<void>[] = []
    const all = async (): Promise<void> => {
      const fromMs = clock.monotonicMs()
      let i = 0
      for (const atMs of arrivals) {
        if (i >= runs) break
        await clock.sleep(fromMs + atMs - clock.monotonicMs())
        under.push(one(i++))
      }
      await Promise.all(under)
    }
    const one = async (i: number): Promise<void> => {
      const goal = { kind: "cost", sloMs: 600_000, percentile: 0.95 } as const
      const { result } = await world.engine.start({ workflow, input: { n: i, list: [seed, i] }, goal })
      results.push(await result)
    }
    await clock.run(all())
  } finally {
    await world.close()
  }
  return { workflow, results, invocations }
}

/** A function with a median of its own and the spread of varying input. */
function noisyFunction(name: string, mbPerVcpu: number): FunctionBehaviour {
  const random = seededRandom(seedOf(`median of ${name}`))
  const taskMs = MEDIAN_MS.least + random.next() * (MEDIAN_MS.greatest - MEDIAN_MS.least)
  const base = lawFunction({ ...DEFAULT_LAW, taskMs }, { mbPerVcpu, resultsOf: answersOf })
  return { ...base, handle: (call) => ({ ...base.handle(call), spread: SPREAD }) }
}

/** Lognormal around 1. */
const SPREAD = fromSamples(Array.from({ length: 199 }, (_, i) => Math.exp(LOG_SD * normalQuantile((i + 1) / 200))))

/** `{ n: 0-9, list: 1-6 numbers }`, from the run, the step and the task alone. */
function answersOf(call: HandlerCall): readonly Json[] {
  return call.tasks.map((task, i) => {
    const what = JSON.stringify(isObject(task) ? Object.entries(task) : task)
    const random = seededRandom(seedOf(`${call.functionName} ${what} ${i} ${call.part.join()}`))
    const list = Array.from({ length: 1 + Math.floor(random.next() * 6) }, () => Math.floor(random.next() * 1_000))
    return { n: Math.floor(random.next() * 10), list }
  })
}
