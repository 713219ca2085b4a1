/**
 * The one frontier loop.
 *
 * E1. It has one suspension point, `await port.race(pending)`: no other promise decides what happens next.
 * E2. The state after an event depends on the state before and the recorded event alone.
 */
import { apply } from "./apply.ts"
import { nextActions, type Action, type FinishAction } from "./next-actions.ts"
import type { DurablePort, Pending, Settled } from "./port.ts"
import type { RunState } from "./state.ts"

export interface ExecuteOptions {
  /** Asks the port for one action; never waits. */
  readonly perform: (action: Exclude<Action, FinishAction>, state: RunState) => Pending
  /** Told after every event; it must not throw. */
  readonly onSettled?: (settled: Settled, before: RunState, after: RunState) => void
}

/** Runs a state to its end over a port, live or in replay: the loop does not know which. */
export async function execute(port: DurablePort, initial: RunState, options: ExecuteOptions): Promise<RunState> {
  const pending: Pending[] = []
  let state = initial
  for (;;) {
    for (const action of nextActions(state)) {
      if (action.kind === "finish") return state
      pending.push(options.perform(action, state))
    }
    const settled = await port.race(pending)
    const at = pending.findIndex(({ key }) => key === settled.key)
    if (at >= 0) pending.splice(at, 1)
    const before = state
    state = apply(before, settled)
    options.onSettled?.(settled, before, state)
  }
}
