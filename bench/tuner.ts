import { sectioned } from "./sections.ts"
import type { Bench } from "./bench.ts"

/** ConfigNavigator's online part: what tuning gains and costs, what is rebuilt from logs, and how fast logs are read. */
export const bench: Bench = sectioned({
  dynamic: async () => (await import("./tuner/dynamic.ts")).bench,
  stationary: async () => (await import("./tuner/stationary.ts")).bench,
  replan: async () => (await import("./tuner/replan.ts")).bench,
  structure: async () => (await import("./tuner/structure-update.ts")).bench,
  reconstruction: async () => (await import("./tuner/reconstruction.ts")).bench,
  inspection: async () => (await import("./tuner/inspection.ts")).bench,
})
