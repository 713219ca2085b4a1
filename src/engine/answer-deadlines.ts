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
  /**
   * Calls `overdue` at its time, or `abandoned` as soon as the signal aborts: at once when it has aborted already, and
   * then there is no ticket.
   */
  add(answer: AwaitedAnswer, signal: AbortSignal): Ticket | null
  /** It has come, or its wait is over. A ticket is given back once. */
  remove(ticket: Ticket): void
  /** Answers that are waited for. */
  readonly waiting: number
}

/**
 * An answer with its places in two lists that are not in order: taking it out moves the last one there. Sets that fill and
 * empty without end leave tables behind which keep what was in them alive for a while: a fifth of the engine's time.
 */
export interface Ticket {
  readonly answer: AwaitedAnswer
  /** Those that end with the same signal. */
  readonly group: Ticket[]
  at: number
  inGroup: number
}

export function answerDeadlines(clock: Clock): AnswerDeadlines {
  const tickets: Ticket[] = []
  const bySignal = new WeakMap<AbortSignal, Ticket[]>()
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
    for (const { answer } of tickets.slice()) if (answer.dueMs <= nowMs) answer.overdue()
    const nextMs = tickets.reduce((first, { answer }) => Math.min(first, answer.dueMs), Infinity)
    if (nextMs < armedMs) arm(nextMs)
  }
  const groupOf = (signal: AbortSignal): Ticket[] => {
    const known = bySignal.get(signal)
    if (known !== undefined) return known
    const group: Ticket[] = []
    bySignal.set(signal, group)
    const onAbort = (): void => {
      for (const { answer } of group.slice()) answer.abandoned(reasonOf(signal))
    }
    signal.addEventListener("abort", onAbort, { once: true })
    return group
  }

  return {
    get waiting() {
      return tickets.length
    },
    add: (answer, signal) => {
      if (signal.aborted) {
        answer.abandoned(reasonOf(signal))
        return null
      }
      const group = groupOf(signal)
      const ticket = { answer, group, at: tickets.length, inGroup: group.length }
      tickets.push(ticket)
      group.push(ticket)
      if (answer.dueMs < armedMs) arm(answer.dueMs)
      return ticket
    },
    remove: (ticket) => {
      takeOut(tickets, ticket, "at")
      takeOut(ticket.group, ticket, "inGroup")
      if (tickets.length > 0) return
      disarm()
      armedMs = Infinity
    },
  }
}

function takeOut(list: Ticket[], ticket: Ticket, place: "at" | "inGroup"): void {
  const last = list.pop()
  if (last === undefined || last === ticket) return
  list[ticket[place]] = last
  last[place] = ticket[place]
}
