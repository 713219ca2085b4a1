import { apply } from "../apply.ts"
import { decideStep, type DecideOptions } from "../decisions.ts"
import { nextActions } from "../next-actions.ts"
import type { Settled } from "../port.ts"
import { runView, type ViewSources } from "../run-view.ts"
import type { RunState } from "../state.ts"

/**
 * The decisions that follow when this event is the next one of a run, each on the state that the ones before it leave: a
 * chain decides its next step, a fan of steps all of them. Empty where a decision is being made already. Null is the
 * event of the run's start, which changes nothing. `state` is what all of them lead to.
 */
export function foresee(
  state: RunState,
  settled: Settled | null,
  on: { readonly decide: DecideOptions; readonly sources: ViewSources },
): { readonly next: readonly Settled[]; readonly state: RunState } {
  const next: Settled[] = []
  let after = settled === null ? state : apply(state, settled)
  const atMs = settled?.atMs ?? state.startedAtWallMs
  while (after.end === null && !after.deciding && after.undecided.length > 0) {
    const action = nextActions(after).find(({ kind }) => kind === "decide")
    if (action?.kind !== "decide") break
    const decision = { key: action.key, value: decideStep(runView(after, on.sources), on.decide), atMs }
    next.push(decision)
    after = apply(after, decision)
  }
  return { next, state: after }
}
