import type { Estimate, Estimator } from "../../estimation/estimator.ts"
import { quantile } from "../../statistics/quantile-table.ts"
import { scale } from "../../statistics/quantile-table-operations.ts"
import type { Json } from "../../base/json.ts"
import {
  NOTHING_MOVED,
  type FunctionBehaviour,
  type HandlerCall,
  type StartLaw,
  type Work,
} from "./function-behaviour.ts"

export interface ProfiledFunctionOptions {
  readonly estimator: Estimator
  /** The step that a call belongs to: one function may serve several. */
  readonly stepOf: (call: Pick<HandlerCall, "functionName" | "key">) => string
  readonly resultsOf: (call: HandlerCall) => readonly Json[]
  /** Starts and transfers as they were measured; else those of the platform's parameters, with nothing to move. */
  readonly delays: "measured" | "platform"
  readonly runtime?: string
}

/** What the same call takes warm and cold, as far as it does not depend on chance. */
interface Known {
  readonly work: Work
  readonly start: StartLaw
}

/**
 * A function as its profile knows it: its times are drawn from the estimates that plans are made of. So a simulation says
 * what the plan is worth if the estimates are right; it cannot say where they are wrong.
 */
export function profiledFunction(options: ProfiledFunctionOptions): FunctionBehaviour {
  const { estimator, stepOf, resultsOf, delays, runtime = "nodejs" } = options
  const known = new Map<string, Known>()
  const knownFor = (
    step: string,
    call: Pick<HandlerCall, "memoryMB" | "processes">,
    tasks: number,
    count: number,
  ): Known => {
    const key = `${step}|${call.memoryMB}|${call.processes}|${tasks}|${count}`
    let found = known.get(key)
    if (found === undefined) {
      found = knownOf(estimator, { step, memoryMB: call.memoryMB, processes: call.processes, tasks, count })
      if (known.size >= MOST_KNOWN) known.clear()
      known.set(key, found)
    }
    return found
  }
  return {
    runtime,
    packageKind: "zip",
    packageMB: 1,
    initWorkMs: 0,
    handle: (call) => {
      const step = stepOf(call)
      const { work } = knownFor(step, call, call.tasks.length, call.part[1])
      const results = resultsOf(call)
      // A split or merge only hands on: its own time is in no profile, and short.
      if (call.export !== "handler") return { ...work, computeMs: HAND_ON_MS, results, errors: NO_ERRORS }
      if (delays === "measured") return { ...work, results, errors: NO_ERRORS }
      const { downloadMs: _, uploadMs: __, ...own } = work
      return { ...own, results, errors: NO_ERRORS }
    },
    ...(delays === "measured"
      ? { startLaw: (at) => knownFor(stepOf({ functionName: at.functionName, key: at.key }), at, 1, at.count).start }
      : {}),
  }
}

const MOST_KNOWN = 20_000
const HAND_ON_MS = 2
const NO_ERRORS: readonly never[] = []

function knownOf(
  estimator: Estimator,
  at: {
    readonly step: string
    readonly memoryMB: number
    readonly processes: number
    readonly tasks: number
    readonly count: number
  },
): Known {
  const { step, memoryMB, processes, tasks, count } = at
  const estimate = (instances: number, ofTasks: number, warmInstances: number): Estimate =>
    estimator.estimate({ step, config: { memoryMB, instances, processes }, tasks: ofTasks, warmInstances })
  const warm = estimate(1, tasks, 1)
  const cold = estimate(1, tasks, 0)
  const medianMs = quantile(warm.parts.compute, 0.5)
  const coldExtraMs = Math.max(0, quantile(cold.parts.compute, 0.5) - medianMs)
  return {
    work: {
      computeMs: medianMs,
      spread: scale(warm.parts.compute, 1 / medianMs),
      coldExtraMs,
      download: NOTHING_MOVED,
      upload: NOTHING_MOVED,
      downloadMs: warm.parts.download,
      uploadMs: warm.parts.upload,
      peakMB: warm.blocked === "memory-floor" ? Infinity : 0.6 * memoryMB,
      peakProcessMB: 0,
    },
    start: {
      // All instances of the step, one task each: how long until the last of them runs.
      warm: estimate(count, count, count).parts.mappingDelay,
      cold: estimate(count, count, 0).parts.mappingDelay,
      initMs: Math.max(0, cold.billedMs.mean - warm.billedMs.mean - coldExtraMs),
    },
  }
}
