/** Whose late invocations get a duplicate: those of the steps that ask for it, of all, or nobody's. */
export type HedgeMode = "steps" | "all" | "none"

export const HEDGE_MODES: readonly HedgeMode[] = ["steps", "all", "none"]
