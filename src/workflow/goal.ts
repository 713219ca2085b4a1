/** What the user wants of a run: least cost under a latency SLO, or least latency under a budget. */
export type Goal =
  | {
      readonly kind: "cost"
      readonly sloMs: number
      readonly percentile: number
      /** Ends a run that has not ended by its SLO; without it the run goes on. */
      readonly onDeadline?: "cancel"
    }
  | { readonly kind: "latency"; readonly budgetUsd: number; readonly percentile: number }

export const DEFAULT_PERCENTILE = 0.95
