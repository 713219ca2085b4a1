import type { Chance } from "./chance.ts"
import { curveAt } from "./curve.ts"
import type { FunctionBehaviour } from "./function-behaviour.ts"
import type { StartParameters } from "./parameters.ts"
import { draw } from "./quantile-sampler.ts"

/** What passes between a request and the work of its instance, ms. */
export interface StartDelay {
  /** Until init begins, or on a warm instance until the work does. */
  readonly beforeMs: number
  /** 0 on a warm instance. */
  readonly initMs: number
}

export interface StartRequest {
  readonly behaviour: FunctionBehaviour
  readonly isCold: boolean
  readonly vcpus: number
  /** Rank of the instance in its step, from 0. */
  readonly rank: number
  readonly inputBytes: number
}

/**
 * The delay of one start. It takes the same numbers from the stream whether the instance is warm or cold, so that what
 * is drawn after it is the same in both cases.
 */
export function startDelay(request: StartRequest, start: StartParameters, chance: Chance): StartDelay {
  const { behaviour, isCold, vcpus, rank, inputBytes } = request
  const dispatchMs = draw(start.dispatch, chance.next())
  const [place, slow, extra, init] = [chance.next(), chance.next(), chance.next(), chance.next()]
  let beforeMs = dispatchMs
  if (start.byRank !== undefined) beforeMs += curveAt(start.byRank, rank)
  if (start.byBytes !== undefined) beforeMs += curveAt(start.byBytes, inputBytes)
  if (!isCold) return { beforeMs, initMs: 0 }
  beforeMs += draw(start.placement, place) + start.msPerPackageMB[behaviour.packageKind] * behaviour.packageMB
  if (slow < start.slow.share) beforeMs += draw(start.slow.extra, extra)
  const law = start.init[behaviour.runtime]?.[behaviour.packageKind]
  const runtimeMs = law === undefined ? 0 : draw(law, init)
  const share = start.initCpu === "share" ? Math.min(1, vcpus) : 1
  return { beforeMs, initMs: (runtimeMs + behaviour.initWorkMs) / share }
}
