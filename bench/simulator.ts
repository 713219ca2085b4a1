import { sectioned } from "./sections.ts"
import type { Bench } from "./bench.ts"

/**
 * The simulated platform: what it says against public rows that its fit did not see, and how fast the real engine runs on
 * it in virtual time.
 */
export const bench: Bench = sectioned({
  calibration: async () => (await import("./simulator/calibration.ts")).bench,
  throughput: async () => (await import("./simulator/throughput.ts")).bench,
})
