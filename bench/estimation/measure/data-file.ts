import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Json } from "../../../src/base/json.ts"
import type { LocalPlatform } from "../../../src/platforms/local/local-platform.ts"
import { type MeasurePlan, type Run, RUN_COLUMNS, type RunColumn } from "./plan.ts"
import type { ScratchRun } from "./scratch.ts"

/** Where measured data lie. */
export const DATA_FOLDER: string = fileURLToPath(new URL("../data/", import.meta.url))

/** A dated data file. */
export interface MeasuredData {
  readonly origin: Readonly<Record<string, Json>>
  readonly columns: readonly RunColumn[]
  readonly cells: readonly MeasuredCellRuns[]
}

/** One cell and its runs, in time order; each run has the values of `columns`. */
export interface MeasuredCellRuns {
  readonly functionName: string
  readonly memoryMB: number
  readonly processes: number
  readonly tasks: number
  readonly tags?: Readonly<Record<string, number | string>>
  readonly runs: readonly (readonly number[])[]
}

/** Writes `<name>-YYYY-MM-DD.json`, one line a cell; returns its path. Cells without a run are left out. */
export function writeData(
  plan: MeasurePlan,
  platform: Pick<LocalPlatform, "info">,
  { runs, startedAtMs }: { readonly runs: readonly ScratchRun[]; readonly startedAtMs: number },
  folder: string = DATA_FOLDER,
): string {
  const columns = plan.columns ?? RUN_COLUMNS
  const cells = plan.cells.map((cell, index): MeasuredCellRuns => {
    const { functionName, memoryMB, processes = 1, payload, tags } = cell
    const own = runs.filter((run) => run.cell === index).sort((a, b) => a.run.atS - b.run.atS)
    const values = own.map(({ run }) => columns.map((column) => rounded(run[column])))
    const tagged = tags === undefined ? {} : { tags }
    return { functionName, memoryMB, processes, tasks: payload.length, ...tagged, runs: values }
  })
  const date = new Date(startedAtMs).toISOString().slice(0, 10)
  const origin = originOf(plan, platform, { runs, date })
  const lines = cells.filter((cell) => cell.runs.length > 0).map((cell) => `    ${JSON.stringify(cell)}`)
  const text = `{\n  "origin": ${JSON.stringify(origin)},\n  "columns": ${JSON.stringify(columns)},\n  "cells": [\n${lines.join(",\n")}\n  ]\n}\n`
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${plan.name}-${date}.json`)
  writeFileSync(path, text)
  return path
}

/** The newest data file of a measurement; null when there is none. */
export function readNewestData(name: string, folder: string = DATA_FOLDER): MeasuredData | null {
  const pattern = new RegExp(`^${name}-\\d{4}-\\d{2}-\\d{2}\\.json$`)
  const newest = readdirSync(folder)
    .filter((file) => pattern.test(file))
    .sort()
    .at(-1)
  return newest === undefined ? null : (JSON.parse(readFileSync(join(folder, newest), "utf8")) as MeasuredData)
}

/** The values of one column, in time order. */
export function columnOf(data: MeasuredData, cell: MeasuredCellRuns, column: RunColumn): readonly number[] {
  const index = data.columns.indexOf(column)
  if (index < 0) throw new Error(`the data file has no column ${column}`)
  return cell.runs.map((run) => run[index]!)
}

/** Fewer uncontended runs than this do not stand for a cell alone. */
const ENOUGH_CLEAN = 3

/** A cell without the runs that the rest of the machine held up, where there are enough others. */
export function withoutContended(data: MeasuredData, cell: MeasuredCellRuns): MeasuredCellRuns {
  const contended = columnOf(data, cell, "contended")
  const clean = cell.runs.filter((_, i) => contended[i] === 0)
  return clean.length >= ENOUGH_CLEAN ? { ...cell, runs: clean } : cell
}

function originOf(
  plan: MeasurePlan,
  { info }: Pick<LocalPlatform, "info">,
  { runs, date }: { readonly runs: readonly ScratchRun[]; readonly date: string },
): Record<string, Json> {
  const contended = runs.filter(({ run }) => run.contended === 1).length
  const retries = runs.reduce((sum, { run }) => sum + run.retries, 0)
  return {
    measuredOn: "the local platform of this project",
    date,
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? "unknown",
    node: process.version,
    enforcement: info.enforcement,
    periodMs: 20,
    vcpuScale: plan.vcpuScale,
    mbPerVcpu: info.mbPerVcpu,
    order: plan.order,
    loadShare: plan.order === "serial" ? null : (plan.loadShare ?? 0.85),
    runs: runs.length,
    contendedRuns: contended,
    contendedCallsRepeated: retries,
    minutes: rounded(Math.max(0, ...runs.map(({ run }) => run.atS)) / 60),
    ...plan.notes,
  }
}

function rounded(value: Run[RunColumn]): number {
  return Math.round(value * 100) / 100
}
