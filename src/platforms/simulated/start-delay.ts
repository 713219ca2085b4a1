import type { Chance } from "./chance.ts"
import { curveAt } from "./curve.ts"
import type { FunctionBehaviour, StartLaw, StartPoint } from "./function-behaviour.ts"
import type { StartParameters } from "./parameters.ts"
import { draw } from "./quantile-sampler.ts"

/** What passes between a request and the work of its instance, ms. */
export interface StartDelay {
  /** Until init begins, or on a warm instance until the work does. */
  readonly beforeMs: number
  /** 0 on a warm instance. */
  readonly initMs: number
}

export interface StartRequest extends StartPoint {
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
  const measured = behaviour.startLaw?.(request)
  if (measured !== undefined) return measuredDelay(measured, request, place)
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

/**
 * A delay whose largest of `count` is distributed as was measured: each is drawn at u^count, since the largest of so many
 * uniform numbers to that power is uniform again.
 */
function measuredDelay({ warm, cold, initMs }: StartLaw, { isCold, count }: StartRequest, u: number): StartDelay {
  const delayMs = draw(isCold ? cold : warm, u ** Math.max(1, count))
  const init = isCold ? Math.min(initMs, delayMs) : 0
  return { beforeMs: delayMs - init, initMs: init }
}
