import { usdOf, type Pricing } from "../pricing/pricing.ts"
import type { LateHedges } from "../workflow/run-result.ts"
import type { HedgeMode } from "./hedge-mode.ts"
import type { InFlight } from "./dispatcher.ts"
import type { EngineParts } from "./engine-parts.ts"
import { attemptKey } from "./keys.ts"
import type { InvokeAction } from "./next-actions.ts"
import { roomFor } from "./prewarm-limits.ts"
import { variantOf } from "../platforms/platform.ts"
import { functionOf } from "../workflow/workflow.ts"
import type { InvocationEntry } from "./records.ts"
import { Siblings } from "./siblings.ts"
import type { RunState } from "./state.ts"

/** Fewer parts have no siblings that would tell how long a part takes. */
const LEAST_PARTS = 4

/**
 * The duplicates of one run. Outside the journal like prewarming (E9): a crash forgets them, and what settles a part is
 * recorded once, whichever of its invocations brought it.
 */
export interface Hedging {
  /** Those of the parts of an attempt; null where it gets no duplicates. */
  siblingsOf(action: InvokeAction, state: RunState): Siblings | null
  /** An invocation whose part was settled by another one while it was on its way, and what is booked for it. */
  overtaken(flight: InFlight, booked: InvocationEntry): void
  /** Its answer has come after all: true where it had been overtaken, and then its books are put right. */
  late(flight: InFlight, answered: InvocationEntry): boolean
  /** The same for one that nobody waits for any more: it is billed up to now. */
  abandoned(flight: InFlight): boolean
  /** What is still on its way is billed up to now. */
  readonly result: LateHedges
  close(): void
}

export interface HedgingOptions {
  readonly parts: EngineParts
  readonly mode: HedgeMode
  readonly sinceStartMs: () => number
}

/** Null where no step of the run can have duplicates, which costs nothing then. */
export function hedging(options: HedgingOptions, { definition }: Pick<RunState, "definition">): Hedging | null {
  const { parts, mode, sinceStartMs } = options
  const asks = (index: number): boolean => mode === "all" || definition.workflow.steps[index]?.hedge === true
  if (mode === "none" || !definition.workflow.steps.some((_, index) => asks(index))) return null
  const attempts = new Map<string, Siblings>()
  const open = new Map<InFlight, InvocationEntry>()
  const totals = { late: 0, usd: 0 }
  const { pricing } = parts.platform
  const correction = (booked: InvocationEntry, real: InvocationEntry): number =>
    usdOfEntry(pricing, real) - usdOfEntry(pricing, booked)
  const close = (flight: InFlight, real: () => InvocationEntry): boolean => {
    const booked = open.get(flight)
    if (booked === undefined) return false
    open.delete(flight)
    totals.usd += correction(booked, real())
    return true
  }
  return {
    siblingsOf: (action, state) => {
      if (!asks(action.index) || action.partCount < LEAST_PARTS) return null
      const key = attemptKey(action.id)
      const known = attempts.get(key)
      if (known !== undefined) return known
      const run = state.steps[action.index]!
      const variant = variantOf(functionOf(state.definition.workflow, run.step).name, action.config.memoryMB)
      const made = new Siblings({
        clock: parts.clock,
        sinceStartMs,
        partCount: action.partCount,
        predicted: run.decisions.at(-1)!.predicted,
        mayHedge: () => roomFor(variant, parts) >= 1 && parts.hedgeAllowance.take(),
      })
      attempts.set(key, made)
      return made
    },
    overtaken: (flight, booked) => void open.set(flight, booked),
    late: (flight, answered) => {
      if (!close(flight, () => answered)) return false
      totals.late++
      return true
    },
    abandoned: (flight) => close(flight, () => flight.overtaken()),
    get result() {
      let { usd } = totals
      for (const [flight, booked] of open) usd += correction(booked, flight.overtaken())
      return { late: totals.late, usd }
    },
    close: () => {
      for (const siblings of attempts.values()) siblings.close()
      attempts.clear()
    },
  }
}

function usdOfEntry(pricing: Pricing, { meters }: InvocationEntry): number {
  return usdOf(pricing.bill(meters.map(([meter, quantity]) => ({ meter, quantity: BigInt(quantity) }))).picoUsd)
}
