import type { Clock } from "../base/clock.ts"
import { reasonOf } from "./abort-reason.ts"

/** An answer that is waited for. Exactly one of the two is called, and only while it is registered. */
export interface AwaitedAnswer {
  /** When it is given up, on the monotonic clock. */
  readonly dueMs: number
  overdue(): void
  /** Nobody wants it any more. */
  abandoned(reason: Error): void
}

/**
 * Ends the wait for answers that are long overdue or that nobody wants any more. One timer and one listener per signal
 * serve all invocations in flight: a controller, a timer and a listener for each would cost more than the rest of its way
 * through the engine. The call itself is left to the platform, whose own read timeout is shorter (P2).
 */
export interface AnswerDeadlines {
  /** Calls `overdue` at its time, or `abandoned` as soon as the signal aborts: at once when it has aborted already. */
  add(answer: AwaitedAnswer, signal: AbortSignal): void
  /** It has come, or its wait is over. */
  remove(answer: AwaitedAnswer, signal: AbortSignal): void
  /** Answers that are waited for. */
  readonly waiting: number
}

export function answerDeadlines(clock: Clock): AnswerDeadlines {
  const answers = new Set<AwaitedAnswer>()
  const bySignal = new WeakMap<AbortSignal, Set<AwaitedAnswer>>()
  let armedMs = Infinity
  let disarm = (): void => {}

  const arm = (dueMs: number): void => {
    disarm()
    armedMs = dueMs
    disarm = clock.after(dueMs - clock.monotonicMs(), sweep)
  }
  const sweep = (): void => {
    armedMs = Infinity
    const nowMs = clock.monotonicMs()
    for (const answer of answers) if (answer.dueMs <= nowMs) answer.overdue()
    const nextMs = [...answers].reduce((first, answer) => Math.min(first, answer.dueMs), Infinity)
    if (nextMs < armedMs) arm(nextMs)
  }
  /** The answers that end with a signal. */
  const groupOf = (signal: AbortSignal): Set<AwaitedAnswer> => {
    const known = bySignal.get(signal)
    if (known !== undefined) return known
    const group = new Set<AwaitedAnswer>()
    bySignal.set(signal, group)
    const onAbort = (): void => {
      for (const answer of group) answer.abandoned(reasonOf(signal))
    }
    signal.addEventListener("abort", onAbort, { once: true })
    return group
  }

  return {
    get waiting() {
      return answers.size
    },
    add: (answer, signal) => {
      if (signal.aborted) {
        answer.abandoned(reasonOf(signal))
        return
      }
      answers.add(answer)
      groupOf(signal).add(answer)
      if (answer.dueMs < armedMs) arm(answer.dueMs)
    },
    remove: (answer, signal) => {
      bySignal.get(signal)?.delete(answer)
      if (!answers.delete(answer) || answers.size > 0) return
      disarm()
      armedMs = Infinity
    },
  }
}
