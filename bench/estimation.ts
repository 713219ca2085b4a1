// npm run bench -- estimation [--only SECTION] [--measure NAME]
// How near the estimates come to what was measured: public data and our own dated measurements, in bench/estimation/data.
import type { Bench } from "./bench.ts"
import { sectioned, type Sections } from "./sections.ts"

const SECTIONS: Sections = {
  app6: async () => (await import("./estimation/app6.ts")).bench,
  "chunk-func": async () => (await import("./estimation/chunk-func.ts")).bench,
  delays: async () => (await import("./estimation/delays.ts")).bench,
  grid: async () => (await import("./estimation/grid.ts")).bench,
  distributions: async () => (await import("./estimation/distributions.ts")).bench,
  calibration: async () => (await import("./estimation/calibration.ts")).bench,
  jolteon: async () => (await import("./estimation/jolteon.ts")).bench,
  stairs: async () => (await import("./estimation/stairs.ts")).bench,
  unseen: async () => (await import("./estimation/unseen.ts")).bench,
  speed: async () => (await import("./estimation/speed.ts")).bench,
}

/** Measurements that `--measure` repeats, each at most 30 minutes; they write dated files beside the older ones. */
const MEASUREMENTS: Readonly<Record<string, () => Promise<() => Promise<void>>>> = {
  grid: async () => (await import("./estimation/measure/grid.ts")).measureGrid,
  "form-errors": async () => (await import("./estimation/form-errors.ts")).measureFormErrors,
  functions: async () => (await import("./estimation/functions/measure.ts")).measureFunctions,
  "operation-model": async () => (await import("./estimation/operation-model.ts")).measureOperationModel,
  face: async () => (await import("./estimation/functions/measure-face.ts")).measureFace,
}

export const bench: Bench = async (options) => {
  if (options.measure !== undefined) await measure(options.measure)
  return await sectioned(SECTIONS)(options)
}

async function measure(name: string): Promise<void> {
  const load = MEASUREMENTS[name]
  if (load === undefined) throw new Error(`no measurement ${name}; there are: ${Object.keys(MEASUREMENTS).join(", ")}`)
  await (
    await load()
  )()
}
