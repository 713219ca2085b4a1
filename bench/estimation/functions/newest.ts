import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { DATA_FOLDER } from "../measure/data-file.ts"
import type { FunctionSetData, MeasuredFunctionData } from "./data.ts"

/** Fewer repeats make no cell. */
const LEAST_REPEATS = 3

/** Path of the newest data file of a kind, whose name ends in its date; null when there is none. */
export function newestPath(kind: string, folder: string = DATA_FOLDER): string | null {
  const name = readdirSync(folder)
    .filter((file) => new RegExp(`^${kind}-\\d{4}-\\d\\d-\\d\\d\\.json$`).test(file))
    .toSorted()
    .at(-1)
  return name === undefined ? null : join(folder, name)
}

/** The newest function set of a kind, without functions that have no local run or no cells of enough repeats. */
export function newestFunctionSet(kind: "functions" | "face", folder: string = DATA_FOLDER): FunctionSetData | null {
  const path = newestPath(kind, folder)
  // Written by the measurement beside it, in this format.
  return path === null ? null : cleaned(JSON.parse(readFileSync(path, "utf8")) as FunctionSetData)
}

function cleaned(data: FunctionSetData): FunctionSetData {
  const functions = data.functions
    .map((one) => ({
      ...one,
      operations: { ...one.operations, threads: threadsOf(one) },
      cells: one.cells.filter((cell) => cell.warmMs.length >= LEAST_REPEATS),
    }))
    .filter((one) => one.cells.length > 0 && one.operations.local.wallMs > 0)
  return { ...data, functions }
}

/** As it was deployed: the generator's functions with a parallel share have two threads, all others one. */
function threadsOf({ modules }: MeasuredFunctionData): "single" | "multi" {
  const isParallel =
    typeof modules === "object" && modules !== null && "parallelShare" in modules && Number(modules.parallelShare) > 0
  return isParallel ? "multi" : "single"
}
