import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Json } from "../../../src/base/json.ts"
import type { OperationProfile } from "../../../src/estimation/operation-profile.ts"
import {
  columnOf,
  DATA_FOLDER,
  type MeasuredCellRuns,
  type MeasuredData,
  withoutContended,
} from "../measure/data-file.ts"

/** Functions with their operations and how long they took at several sizes: what models of unmeasured functions learn. */
export interface FunctionSetData {
  readonly origin: Readonly<Record<string, Json>>
  readonly platform: {
    readonly periodMs: number
    readonly mbPerVcpu: number
    readonly vcpuScale: number
    readonly enforcement: string
    readonly cores: number
  }
  readonly measuredAt: string
  readonly memoryMB: readonly number[]
  readonly functions: readonly MeasuredFunctionData[]
}

export interface MeasuredFunctionData {
  readonly id: string
  /** What it is made of: the generator's spec, or its name. */
  readonly modules: unknown
  readonly operations: OperationProfile
  /** Sizes at which it ran. `warmMs`: durations of single warm invocations, in time order, not rounded up. */
  readonly cells: readonly { readonly memoryMB: number; readonly warmMs: readonly number[] }[]
}

/** What was measured beside the cells. */
export interface Described {
  readonly functions: readonly { readonly id: string; readonly modules: unknown }[]
  readonly profiles: ReadonlyMap<string, OperationProfile>
  /** Facts for the origin. */
  readonly described: Readonly<Record<string, Json>>
}

/** Puts the cells of a measurement, tagged by the id of their function, together with the operations. */
export function functionSetData(
  measured: MeasuredData,
  { functions, profiles, described }: Described,
): FunctionSetData {
  const { origin } = measured
  return {
    origin: {
      ...origin,
      ...described,
      operations: "3 warm runs on 2 cores without a quota in an instance of its own, the median",
      dropped:
        "the first run of each cell, in which V8 still compiles, and contended ones where three others are there",
      licence: "Apache-2.0",
    },
    platform: {
      periodMs: Number(origin["periodMs"]),
      mbPerVcpu: Number(origin["mbPerVcpu"]),
      vcpuScale: Number(origin["vcpuScale"]),
      enforcement: textIn(origin, "enforcement"),
      cores: Number(origin["cores"]),
    },
    measuredAt: textIn(origin, "date"),
    memoryMB: [...new Set(measured.cells.map((cell) => cell.memoryMB))].sort((a, b) => a - b),
    functions: functions.map(({ id, modules }) => ({
      id,
      modules,
      operations: profiles.get(id)!,
      cells: measured.cells
        .filter((cell) => cell.tags?.["id"] === id)
        .map((cell) => ({ memoryMB: cell.memoryMB, warmMs: warmRuns(measured, cell) })),
    })),
  }
}

/** Writes `<name>-YYYY-MM-DD.json`, one line a function; returns its path. */
export async function writeFunctionSet(
  name: string,
  data: FunctionSetData,
  folder: string = DATA_FOLDER,
): Promise<string> {
  const path = join(folder, `${name}-${data.measuredAt}.json`)
  await writeFile(path, formatFunctionSet(data))
  process.stderr.write(`wrote ${path}\n`)
  return path
}

function formatFunctionSet({ functions, ...head }: FunctionSetData): string {
  const fields = Object.entries(head).map(([field, value]) => `  ${JSON.stringify(field)}: ${JSON.stringify(value)}`)
  const lines = functions.map((entry) => `    ${JSON.stringify(entry)}`)
  return `{\n${fields.join(",\n")},\n  "functions": [\n${lines.join(",\n")}\n  ]\n}\n`
}

/** Without the first run of a cell, in which V8 still compiles what this function uses; to .1 ms. */
function warmRuns(data: MeasuredData, cell: MeasuredCellRuns): readonly number[] {
  const later = { ...cell, runs: cell.runs.slice(cell.runs.length > 1 ? 1 : 0) }
  return columnOf(data, withoutContended(data, later), "durationMs").map((ms) => Math.round(ms * 10) / 10)
}

function textIn(origin: Readonly<Record<string, Json>>, name: string): string {
  const value = origin[name]
  if (typeof value !== "string") throw new Error(`the measurement does not tell its ${name}`)
  return value
}
