import type { Spread } from "../statistics/spread.ts"

/** A pipeline that was rebuilt from logs, as plain data: the command line prints it, a page draws it. */
export interface PipelineReport {
  /** In topological order. */
  readonly steps: readonly PipelineStep[]
  readonly edges: readonly PipelineEdge[]
  readonly branches: readonly PipelineBranch[]
  /** Most frequent first. */
  readonly criticalPaths: readonly { readonly path: readonly string[]; readonly probability: number }[]
  readonly latencyMs: Spread
  /** Null where no price is known. */
  readonly costUsd: Spread | null
  readonly window: {
    readonly fromMs: number | null
    readonly toMs: number | null
    readonly runs: number
    readonly completeRuns: number
    readonly invocations: number
  }
}

export interface PipelineStep {
  readonly name: string
  readonly functionName: string
  readonly memoryMB: number
  readonly sizes: readonly { readonly memoryMB: number; readonly share: number }[]
  /** Share of the runs. */
  readonly probability: number
  /** Invocations in a run that has the step. */
  readonly count: Spread & { readonly min: number }
  readonly stepMs: Spread
  readonly durationMs: Spread
  readonly costUsd: Spread | null
  readonly coldShare: number
  readonly failedShare: number
}

export interface PipelineEdge {
  readonly from: string
  readonly to: string
  readonly kind: "after" | "call"
  readonly probability: number
  readonly bindingShare: number
  readonly gapMs: number
  /** 0: assumed. */
  readonly evidence: number
}

export interface PipelineBranch {
  readonly after: string | null
  readonly choices: readonly { readonly steps: readonly string[]; readonly probability: number }[]
}

/** What the reading met, as sentences: what was left out, what was put right. */
export type PipelineNotes = readonly string[]

/** By step, the share of the runs in which it is on the critical path. */
export function criticalShares({ criticalPaths }: PipelineReport): ReadonlyMap<string, number> {
  const shares = new Map<string, number>()
  for (const { path, probability } of criticalPaths)
    for (const step of path) shares.set(step, (shares.get(step) ?? 0) + probability)
  return shares
}
