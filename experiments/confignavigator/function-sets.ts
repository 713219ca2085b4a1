import face from "../../bench/estimation/data/face-2026-11-22.json" with { type: "json" }
import composed from "../../bench/estimation/data/functions-2026-11-28.json" with { type: "json" }
import type { MeasuredFunction } from "../../src/index.ts"

/** Functions with what one local run of each counted, and their warm times at six sizes on the local platform. */
export interface FunctionSet {
  readonly platform: typeof composed.platform
  readonly functions: readonly MeasuredFunction[]
}

/** 400 functions composed of basic operations. */
export function composedFunctions(): FunctionSet {
  return { platform: composed.platform, functions: measured(composed.functions) }
}

/** The functions of face-beautification. */
export function faceFunctions(): FunctionSet {
  return { platform: face.platform, functions: measured(face.functions) }
}

/** Fewer repeats make no cell. */
const LEAST_REPEATS = 3

type Raw = (typeof composed.functions)[number] | (typeof face.functions)[number]

function measured(functions: readonly Raw[]): readonly MeasuredFunction[] {
  return functions
    .map((one) => ({
      id: one.id,
      operations: {
        ...one.operations,
        threads: isParallel(one.modules) ? "multi" : "single",
      } as MeasuredFunction["operations"], // written by the measurement in this format
      cells: one.cells.filter(({ warmMs }) => warmMs.length >= LEAST_REPEATS),
    }))
    .filter(({ cells, operations }) => cells.length > 0 && operations.local.wallMs > 0)
}

function isParallel(modules: Raw["modules"]): boolean {
  return "parallelShare" in modules && modules.parallelShare > 0
}
