import type { Decision, Policy, RunView } from "../../optimization/policy.ts"
import type { StepConfig } from "../../workflow/config.ts"

export interface FakePolicyOptions {
  /** 1,024 MB, one instance per task, one process by default; the memory rises above the floor. */
  readonly config?: (view: RunView, step: string) => Partial<StepConfig>
  /** Of a cold step; a warm one is faster by the mapping delay. */
  readonly latencyMs?: number
  /** Keeps no views. */
  readonly forget?: true
  readonly mappingDelayMs?: number
  /** A millionth of a dollar by default. */
  readonly costUsd?: number
  /** When the step takes as long as predicted where absent. */
  readonly latestFinishMs?: (view: RunView) => number
  /** Throws, or answers nonsense. */
  readonly broken?: (view: RunView) => Decision
}

export interface FakePolicy extends Policy {
  /** Every view it was asked with. */
  readonly views: readonly RunView[]
}

/** A policy that decides without a model, and remembers what it was shown. */
export function fakePolicy(options: FakePolicyOptions = {}): FakePolicy {
  const views: RunView[] = []
  return {
    name: "fake",
    views,
    decide: (view) => {
      if (options.forget !== true) views.push(view)
      if (options.broken !== undefined) return options.broken(view)
      return decisionOf(view, options)
    },
  }
}

function decisionOf(
  view: RunView,
  { config, latestFinishMs, costUsd = 1e-6, latencyMs = 100, mappingDelayMs = 10 }: FakePolicyOptions,
): Decision {
  const step = view.ready[0]!
  const floor = view.memoryFloorMB.get(step) ?? 0
  const chosen = {
    memoryMB: floor >= 1024 ? Math.min(10_240, floor * 2) : 1024,
    instances: Math.max(1, Math.min(64, view.tasks.get(step) ?? 1)),
    processes: 1,
    ...config?.(view, step),
  }
  const warm = view.warm(view.workflow.steps.find(({ name }) => name === step)!.function, chosen.memoryMB)
  const coldStarts = Math.max(0, chosen.instances - warm)
  const delayMs = coldStarts > 0 ? mappingDelayMs : 0
  return {
    config: chosen,
    reason: "fake",
    runnerUp: null,
    predicted: {
      latencyMs: latencyMs - mappingDelayMs + delayMs,
      mappingDelayMs: delayMs,
      downloadMs: 0,
      computeMs: latencyMs - mappingDelayMs,
      uploadMs: 0,
      percentileMs: latencyMs,
      costUsd,
      coldStarts,
    },
    latestFinishMs: latestFinishMs?.(view) ?? view.nowMs + latencyMs,
    infeasible: false,
  }
}
