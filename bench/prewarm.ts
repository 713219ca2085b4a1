import type { Bench } from "./bench.ts"
import { sectioned } from "./sections.ts"

/**
 * Prewarming: StepConf's rule against ours against none. On simulated platforms, many runs; and the video workflow on the
 * local platform, real processes on this machine.
 */
export const bench: Bench = sectioned({
  simulated: async () => (await import("./prewarm/simulated.ts")).bench,
  local: async () => (await import("./prewarm/local.ts")).bench,
})
