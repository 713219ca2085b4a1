/** The seven probabilities of a quantile table. */
export const PROBABILITIES = [0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99] as const

/**
 * A distribution of a time, as a quantile table with a generalised-Pareto tail: `logMs[i]` is the natural
 * logarithm of the quantile at `PROBABILITIES[i]`, non-decreasing; from probability `tail.fromP` on the tail
 * of shape `tail.xi` takes over, joined with continuous density.
 */
export interface Distribution {
  readonly logMs: readonly number[]
  readonly tail: { readonly xi: number; readonly fromP: number }
}
