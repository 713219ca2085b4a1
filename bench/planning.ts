// npm run bench -- planning [--only SECTION] [--full]
// How good and how fast plans are: generated workflows (bench/planning/generator.ts) and the published claims.
import type { Bench } from "./bench.ts"
import { sectioned, type Sections } from "./sections.ts"

const SECTIONS: Sections = {
  families: async () => (await import("./planning/families.ts")).bench,
  highs: async () => (await import("./planning/highs.ts")).bench,
  replan: async () => (await import("./planning/replan.ts")).bench,
  latency: async () => (await import("./planning/latency.ts")).bench,
  whole: async () => (await import("./planning/whole.ts")).bench,
  attainment: async () => (await import("./planning/attainment.ts")).bench,
  budget: async () => (await import("./planning/budget.ts")).bench,
  stepconf: async () => (await import("./planning/stepconf.ts")).bench,
  profiling: async () => (await import("./planning/profiling.ts")).bench,
}

export const bench: Bench = sectioned(SECTIONS)
