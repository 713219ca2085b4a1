import type { Configs } from "../publishing/config-document.ts"
import type { Correction } from "./curve-correction.ts"
import type { Moments } from "./moments.ts"
import type { RunSample } from "./run-samples.ts"
import type { StepSums } from "./step-sums.ts"
import type { ExpectedEffect, RunSums } from "./worse.ts"

/** Why a version was published. */
export type ChangeKind = "plan" | "constrict" | "relax" | "replan" | "promote" | "rollback"

/** A change that a share of the runs tries out. */
export interface Trial {
  readonly how: ChangeKind
  /** Of all steps, once it is promoted. */
  readonly configs: Configs
  /** What the last plan is once it is promoted. */
  readonly centre: Configs
  readonly expected: ExpectedEffect
  /** Runs since it began: with the change and beside it. */
  readonly changed: RunSums
  readonly others: RunSums
  readonly windows: number
  /** The version without it; 0 where nothing was published before. */
  readonly restores: number
}

/** A change that reached all runs and is judged by the first window after it. */
export interface Watch {
  readonly how: ChangeKind
  /** What it is taken back to. */
  readonly before: Configs
  readonly centreBefore: Configs
  readonly others: RunSums
  readonly expected: ExpectedEffect
  readonly restores: number
}

/** All that the tuner remembers between windows: plain data, kept beside the audit log. */
export interface TunerState {
  readonly schemaVersion: 1
  /** The published version that this belongs to. */
  readonly version: number
  /** In force for all runs that try nothing out. */
  readonly configs: Configs
  /** Sizes of the last plan: what the neighbourhood is around. */
  readonly centre: Configs
  /** What the present plan rests on, by step: the windows since the content last changed. */
  readonly sums: Readonly<Record<string, StepSums>>
  /** How long each step takes beside its curve with the heaviest content of the last thousand windows. */
  readonly heaviest: Readonly<Record<string, number>>
  /** What was learned of the curves, by step. */
  readonly corrections: Readonly<Record<string, Correction>>
  /** Steps whose size has just changed: the ratio to their curve before, and the size. */
  readonly pending: Readonly<Record<string, { readonly ratio: Moments; readonly fromMB: number }>>
  /** Searches since the content last changed that a wrong curve set off. */
  readonly curveSearches: number
  /** Newest runs of the present content, to be played again at other sizes. */
  readonly samples: readonly RunSample[]
  /** Cost and latency of runs at the present configurations since they came into force, and of the newest window. */
  readonly costUsd: Moments
  readonly latencyMs: Moments
  readonly runs: RunSums
  readonly trial: Trial | null
  readonly watch: Watch | null
  /** Changes that were taken back, as `step:MB,...`: not tried again before the content changes. */
  readonly refused: readonly string[]
  readonly windows: number
  /** Windows since these configurations came into force. */
  readonly age: number
  /** Windows since the content changed. */
  readonly contentAge: number
  /** The plan rests on the first window of new content alone. */
  readonly isProvisional: boolean
  /** The window of the last search that no change of the content set off; null where there was none. */
  readonly searchedAt: number | null
}
