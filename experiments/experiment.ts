import type { VNode } from "../src/report/h.ts"

/** One figure or table of a paper as a command: what it claims, and what we get. */
export interface Experiment {
  /** On the command line, and in names of files: `stepconf-fig-18`. */
  readonly name: string
  /** What it repeats: `StepConf, Fig. 18 (RQ2)`. */
  readonly of: string
  readonly run: (context: ExperimentContext) => Promise<Findings>
}

export interface ExperimentContext {
  /** `smoke`: the least that still runs through everything, for tests; seconds. */
  readonly size: "smoke" | "whole"
  /** What is under way; shown to people. */
  readonly progress: (text: string) => void
}

export interface Findings {
  /** Files beside each other; the name of a file without `.svg`. */
  readonly figures: Readonly<Record<string, VNode>>
  readonly claims: readonly ClaimRow[]
  /** Figures for `bench -- reproduction`. */
  readonly summary: Readonly<Record<string, unknown>>
  readonly rows: readonly unknown[]
}

/** A claim with our figure: one line of docs/reproduction.md. */
export interface ClaimRow {
  readonly claim: string
  readonly paper: string
  readonly ours: string
}
