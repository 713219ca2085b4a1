/** How carefully the tuner goes about it. */
export interface TunerSettings {
  /** Grid positions that a size may be away from the last plan's. The paper gives none. */
  readonly radius: number
  /** Share of an overrun that one round is to recover: alpha of the paper. */
  readonly alpha: number
  /** Complete runs below which a window changes nothing. */
  readonly leastRuns: number
  /** Runs of a change on trial, and of those beside it, before it is judged. */
  readonly leastTrialRuns: number
  /** Of a hundred runs, those that try a change out; 0: changes reach all at once and are watched afterwards. */
  readonly canaryPercent: number
  /** Share of the budget, or of the SLO, that plans leave unused: estimates are never exact. */
  readonly headroom: number
  /**
   * Times the budget that a run of the heaviest content seen lately may cost: what the first window of a rise can cost
   * before anybody sees it.
   */
  readonly exposure: number
  /** Relative latency that a relative saving may cost where the budget is exceeded. */
  readonly dearest: number
  /** Predicted gains below this share are not worth a change. */
  readonly leastGain: number
  /** Grid positions of one relaxation. */
  readonly stepPositions: number
}

export const DEFAULT_SETTINGS: TunerSettings = {
  radius: 4,
  alpha: 0.5,
  leastRuns: 20,
  leastTrialRuns: 10,
  canaryPercent: 25,
  headroom: 0.05,
  exposure: 1.5,
  dearest: 10,
  leastGain: 0.03,
  stepPositions: 2,
}
