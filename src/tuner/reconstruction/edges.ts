import { median } from "../../statistics/order-statistics.ts"
import type { ObservedEdge } from "../observation.ts"
import type { Presence } from "./presence.ts"
import type { SpanTable } from "./spans.ts"
import type { Structure } from "./structure.ts"

export interface EdgeOptions {
  readonly table: SpanTable
  readonly structure: Structure
  readonly callerOf: readonly (number | null)[]
  readonly presence: Presence
}

/** The edges of the DAG: what steps wait for, and calls of the functions that begin a caller's work. */
export function edgesOf(options: EdgeOptions): readonly ObservedEdge[] {
  const { structure, callerOf } = options
  return structure.order.flatMap((to) => {
    const parents = structure.parents[to]!
    const caller = callerOf[to] ?? null
    if (parents.length === 0 && caller !== null) return [callEdge(options, caller, to)]
    return parents.map(({ from, evidence }) => afterEdge(options, { from, to, evidence }))
  })
}

function afterEdge(
  { table, structure, presence }: EdgeOptions,
  { from, to, evidence }: { readonly from: number; readonly to: number; readonly evidence: number },
): ObservedEdge {
  const gaps: number[] = []
  let binding = 0
  for (let r = 0; r < table.runs; r++) {
    const gap = table.requestMs[to]![r]! - table.endMs[from]![r]!
    if (Number.isNaN(gap)) continue
    gaps.push(gap)
    // NaN where another one is not there: it does not bind.
    if (structure.waitsFor[to]!.every((other) => !(table.endMs[other.from]![r]! > table.endMs[from]![r]!))) binding += 1
  }
  return {
    from: table.names[from]!,
    to: table.names[to]!,
    kind: "after",
    probability: presence.given(from, to),
    bindingShare: gaps.length === 0 ? 0 : binding / gaps.length,
    gapMs: gaps.length === 0 ? 0 : median(gaps),
    evidence,
  }
}

function callEdge({ table, presence }: EdgeOptions, from: number, to: number): ObservedEdge {
  const gaps: number[] = []
  for (let r = 0; r < table.runs; r++) {
    const gap = table.requestMs[to]![r]! - table.requestMs[from]![r]!
    if (!Number.isNaN(gap)) gaps.push(gap)
  }
  return {
    from: table.names[from]!,
    to: table.names[to]!,
    kind: "call",
    probability: presence.given(from, to),
    bindingShare: 1,
    gapMs: gaps.length === 0 ? 0 : median(gaps),
    evidence: gaps.length,
  }
}
