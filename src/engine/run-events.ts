import type { EngineParts } from "./engine-parts.ts"
import { parseKey } from "./keys.ts"
import type { Settled } from "./port.ts"
import type { Prewarmer } from "./prewarmer.ts"
import type { InvokeRecord } from "./records.ts"
import { floorKey } from "./run-view.ts"
import { hasEnded, type Definition, type RunState } from "./state.ts"

export interface ObserverOptions {
  readonly parts: EngineParts
  readonly definition: Definition
  /** Events that are replayed: nobody is told of them again. */
  readonly replayed: number
  readonly prewarmer: Prewarmer | null
}

/** Tells the outside of a run's events: listeners, the prewarmer, the count of warm instances. Changes nothing in it. */
export function observeRun(options: ObserverOptions): {
  settled(settled: Settled, before: RunState, after: RunState): void
} {
  let seen = 0
  return {
    settled: (settled, before, after) => {
      seen++
      const key = parseKey(settled.key)
      if (key === null || key.kind === "cancel" || key.kind === "deadline") return
      const index = options.definition.graph.indexOf.get(key.id.step)
      if (index === undefined) return
      if (key.kind === "invoke") inheritFloor(options, index, after, settled.value)
      if (seen <= options.replayed) return
      if (key.kind === "decide") decided(options, index, after)
      else ended(options, index, before, after)
      if (after.end !== null) return
      options.prewarmer?.moved(after)
      options.parts.warm.refresh()
    },
  }
}

/** A size that ran out of memory is not tried again by later runs. */
function inheritFloor({ parts, definition }: ObserverOptions, index: number, after: RunState, value: unknown): void {
  const record = value as InvokeRecord // the value of an invoke entry
  if (!record.parts.some((part) => part.openCause === "out-of-memory")) return
  const run = after.steps[index]!
  const key = floorKey(definition.workflow.name, run.step.name)
  parts.floors.set(key, Math.max(parts.floors.get(key) ?? 0, run.memoryFloorMB))
}

function decided({ parts, definition }: ObserverOptions, index: number, after: RunState): void {
  if (parts.emit === undefined) return
  const run = after.steps[index]!
  const common = { runId: definition.runId, step: run.step.name, attempt: run.attempt, atMs: after.nowMs }
  const decision = run.decisions.at(-1)!
  parts.emit({ kind: "step-decided", ...common, decision })
  parts.emit({ kind: "step-started", ...common, parts: run.parts.length, tasks: decision.tasks })
}

/** The step may have ended, and with it steps below it that had nothing to do. */
function ended({ parts, definition }: ObserverOptions, index: number, before: RunState, after: RunState): void {
  if (parts.emit === undefined) return
  const open = [index]
  const told = new Set<number>()
  for (let i = open.shift(); i !== undefined; i = open.shift()) {
    const run = after.steps[i]!
    if (told.has(i) || !hasEnded(run.phase) || hasEnded(before.steps[i]!.phase)) continue
    told.add(i)
    const { phase: status, errors, step } = run
    const common = { runId: definition.runId, step: step.name, atMs: after.nowMs }
    parts.emit({ kind: "step-finished", ...common, status, errors: errors.length + run.earlierErrors })
    open.push(...definition.graph.children[i]!)
  }
}
