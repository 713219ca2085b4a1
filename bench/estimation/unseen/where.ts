import type { MeasuredFunctionData } from "../functions/data.ts"
import { memoryRows, percent, type Predictor, type Score, scoresOf } from "./score.ts"

/** Modules that functions are composed of, by the fields of their spec. */
const MODULES = ["float", "cache", "storage", "network"] as const

/** Bounds of the CPU time of the local run, ms. */
const CPU_MS = [0, 20, 50, 100, Infinity] as const

/** Where the errors of the mean are: by module, by the share of wait and by CPU time of the local run, and worst cells. */
export function whereRows(functions: readonly MeasuredFunctionData[], predictor: Predictor): readonly object[] {
  const scored = functions.map((one) => ({ one, scores: scoresOf([one], predictor) }))
  const row = (group: string, isIn: (one: MeasuredFunctionData) => boolean): object => {
    const own = scored.filter(({ one }) => isIn(one))
    return { table: "unseen functions by what they do", group, functions: own.length, ...errorsOf(own) }
  }
  return [
    ...MODULES.map((module) => row(`with ${module}`, (one) => hasModule(one, module))),
    ...MODULES.map((module) =>
      row(`${module} alone`, (one) => MODULES.every((other) => hasModule(one, other) === (other === module))),
    ),
    row("in two threads", (one) => parallelShareOf(one) > 0),
    ...CPU_MS.slice(1).map((most, i) =>
      row(`${CPU_MS[i]} to ${most} ms of CPU time`, (one) => cpuMs(one) >= CPU_MS[i]! && cpuMs(one) < most),
    ),
    ...worstRows(scored),
  ]
}

interface Scored {
  readonly one: MeasuredFunctionData
  readonly scores: readonly Score[]
}

function errorsOf(group: readonly Scored[]): object {
  if (group.length === 0) return { meanPct: null }
  const scores = group.flatMap((each) => each.scores)
  const [all] = memoryRows("", "", scores) as readonly { meanPct: number; meanMedianPct: number; meanP90Pct: number }[]
  const sizes = [...new Set(scores.map(({ memoryMB }) => memoryMB))].sort((a, b) => a - b)
  return {
    meanPct: all!.meanPct,
    medianPct: all!.meanMedianPct,
    p90Pct: all!.meanP90Pct,
    byMemoryPct: Object.fromEntries(
      sizes.map((size) => [size, percent(scores.filter((one) => one.memoryMB === size).map((one) => one.mean))]),
    ),
  }
}

const WORST = 8

function worstRows(scored: readonly Scored[]): readonly object[] {
  return scored
    .map(({ one, scores }) => ({ one, meanPct: percent(scores.map((score) => score.mean)) }))
    .toSorted((a, b) => b.meanPct - a.meanPct)
    .slice(0, WORST)
    .map(({ one, meanPct }) => ({
      table: "unseen functions that are predicted worst",
      id: one.id,
      modules: one.modules,
      local: one.operations.local,
      meanPct,
    }))
}

function hasModule({ modules }: MeasuredFunctionData, name: string): boolean {
  // The spec of the generator, or anything else.
  return typeof modules === "object" && modules !== null && name in modules
}

function parallelShareOf({ modules }: MeasuredFunctionData): number {
  const share =
    typeof modules === "object" && modules !== null ? (modules as { parallelShare?: unknown }).parallelShare : 0
  return typeof share === "number" ? share : 0
}

function cpuMs({ operations: { local } }: MeasuredFunctionData): number {
  return local.userMs + local.systemMs
}
