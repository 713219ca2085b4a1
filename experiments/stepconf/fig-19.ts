import { mean } from "../../src/index.ts"
import type { PresetName } from "../../src/index.ts"
import { curveChart } from "../../src/report/curve.ts"
import { figureSheet, type SheetChart } from "../../src/report/figure-sheet.ts"
import type { Experiment, ExperimentContext, Findings } from "../experiment.ts"
import { STEPCONF_WORKFLOWS } from "../workflows/stepconf-workflows.ts"
import { onBothPlatforms } from "./both-platforms.ts"
import { atFigureSlos, type Cell, evaluation, playCell, prepare, workflowsOf } from "./evaluation.ts"
import { COMPARED } from "./fig-18.ts"
import { vanilla } from "./strategies.ts"

/** StepConf, section 7.3: against Vanilla up to 40 % cheaper and 5.6 times faster; against others 5-22.3 %, 1.91-3.3. */
const PAPER = {
  vanillaSavingPct: 40,
  vanillaSpeedup: 5.6,
  otherSavingPct: [5, 22.3],
  otherSpeedup: [1.91, 3.3],
} as const

const OTHERS = ["Orion", "COSE"]

/** Fixed counts of instances and processes that Vanilla may have: the paper names none. */
const FIXED = [
  { fixedInstances: 1, fixedProcesses: 1 },
  { fixedInstances: 4, fixedProcesses: 1 },
  { fixedInstances: 16, fixedProcesses: 1 },
  { fixedInstances: 16, fixedProcesses: 2 },
]

/** StepConf, Fig. 19: cost and latency against Vanilla. */
export const fig19: Experiment = {
  name: "stepconf-fig-19",
  of: "StepConf, Fig. 19 (RQ3): what does it save?",
  run: async (context) => {
    const both = await onBothPlatforms(findingsOn)(context)
    const counts = await fixedCounts(context)
    return { ...both, claims: [...both.claims, counts.claim], rows: [...both.rows, ...counts.rows] }
  },
}

interface CountRow {
  readonly table: string
  readonly fixedInstances: number
  readonly fixedProcesses: number
  /** Largest and mean saving of StepConf and of Trimtab over the cells, %. */
  readonly stepConfMostPct: number
  readonly stepConfMeanPct: number
  readonly trimtabMostPct: number
  readonly trimtabMeanPct: number
  /** Runs of Vanilla within the SLO, %. */
  readonly vanillaWithinPct: number
}

/** A controlled change: the ratios with other fixed counts of Vanilla, all else equal. */
async function fixedCounts(
  context: ExperimentContext,
): Promise<{ claim: Findings["claims"][number]; rows: CountRow[] }> {
  const platform = "knative"
  const cells = atFigureSlos(await evaluation(platform, context))
  const rows: CountRow[] = []
  for (const counts of context.size === "smoke" ? FIXED.slice(1, 2) : FIXED) {
    const others: Cell[] = []
    for (const make of STEPCONF_WORKFLOWS.filter((one) => cells.some(({ workflow }) => workflow === one().name))) {
      const ready = await prepare(make, platform, context)
      for (const factor of new Set(cells.map((cell) => cell.factor))) {
        context.progress(
          `${ready.workflow}: Vanilla with ${counts.fixedInstances} x ${counts.fixedProcesses} at ${factor}`,
        )
        others.push(
          await playCell(ready, vanilla(counts), { platform, factor, runs: context.size === "smoke" ? 2 : 20 }),
        )
      }
    }
    const saving = (strategy: string): number[] =>
      others.map((other) => 100 * (1 - sameCell(cells, other, strategy).costUsd / other.costUsd))
    const [stepConf, ours] = [saving("StepConf"), saving("Trimtab")]
    rows.push({
      table: "StepConf fig. 19, fixed counts",
      ...counts,
      stepConfMostPct: round(Math.max(...stepConf)),
      stepConfMeanPct: round(mean(stepConf)),
      trimtabMostPct: round(Math.max(...ours)),
      trimtabMeanPct: round(mean(ours)),
      vanillaWithinPct: round(100 * mean(others.map(({ attained }) => attained))),
    })
  }
  return {
    rows,
    claim: {
      claim: `Fig. 19, a controlled change: Vanilla with other fixed counts of instances and processes (${platform})`,
      paper: "counts not named",
      ours: rows
        .map(
          (row) =>
            `${row.fixedInstances} x ${row.fixedProcesses}: Vanilla in time in ${row.vanillaWithinPct} % of runs; StepConf up to ${row.stepConfMostPct} % cheaper (mean ${row.stepConfMeanPct}), Trimtab ${row.trimtabMostPct} % (${row.trimtabMeanPct})`,
        )
        .join("; "),
    },
  }
}

async function findingsOn(platform: PresetName, context: ExperimentContext): Promise<Findings> {
  const all = await evaluation(platform, context)
  const cells = atFigureSlos(all)
  const ratios = ["StepConf", "StepConf, our estimates", "Trimtab"].map((name) => ratiosOf(name, cells, all))
  const stepConf = ratios[0]!
  const ours = ratios[2]!
  return {
    figures: { [`stepconf-fig-19-${platform}`]: sheet(platform, cells) },
    claims: [
      claim(`Fig. 19: cheaper than Vanilla, up to (${platform})`, `${PAPER.vanillaSavingPct} %`, [
        ["StepConf", `${round(stepConf.vanillaSavingPct)} %`],
        ["Trimtab", `${round(ours.vanillaSavingPct)} %`],
      ]),
      claim(`Fig. 19: faster than Vanilla at its cost, up to (${platform})`, `${PAPER.vanillaSpeedup} times`, [
        ["StepConf", times(stepConf.vanillaSpeedup)],
        ["Trimtab", times(ours.vanillaSpeedup)],
      ]),
      claim(`Fig. 19: cheaper than Orion and COSE (${platform})`, PAPER.otherSavingPct.join("-") + " %", [
        ["StepConf", spanText(stepConf.otherSavingPct, " %")],
        ["Trimtab", spanText(ours.otherSavingPct, " %")],
      ]),
      claim(
        `Fig. 19: faster than Orion and COSE at their cost (${platform})`,
        PAPER.otherSpeedup.join("-") + " times",
        [
          ["StepConf", spanText(stepConf.otherSpeedup, " times")],
          ["Trimtab", spanText(ours.otherSpeedup, " times")],
        ],
      ),
    ],
    summary: {
      vanillaSavingPct: stepConf.vanillaSavingPct,
      vanillaSpeedup: stepConf.vanillaSpeedup,
      otherSavingPct: stepConf.otherSavingPct,
      otherSpeedup: stepConf.otherSpeedup,
      trimtabVanillaSavingPct: ours.vanillaSavingPct,
      trimtabVanillaSpeedup: ours.vanillaSpeedup,
      trimtabOtherSavingPct: ours.otherSavingPct,
      trimtabOtherSpeedup: ours.otherSpeedup,
    },
    rows: [
      ...ratios.map((ratio) => ({ table: "StepConf fig. 19, ratios", platform, ...ratio })),
      ...cells.map((cell) => ({
        table: "StepConf fig. 19",
        platform,
        workflow: cell.workflow,
        sloOverFastest: cell.factor,
        strategy: cell.strategy,
        meanMs: Math.round(mean([...cell.latencyMs])),
        milliUsd: Number((1000 * cell.costUsd).toPrecision(4)),
        milliUsdByPaperFormula: Number((1000 * cell.paperUsd).toPrecision(4)),
        withinPct: 100 * cell.attained,
      })),
    ],
  }
}

function claim(name: string, paper: string, ours: readonly (readonly [string, string])[]): Findings["claims"][number] {
  return { claim: name, paper, ours: ours.map(([who, what]) => `${who} ${what}`).join("; ") }
}

/** Least, mean and largest of a ratio over the cells; null where there is none. */
type Span = { readonly least: number; readonly mean: number; readonly most: number } | null

interface Ratios {
  readonly strategy: string
  readonly vanillaSavingPct: number
  /** Null where it is nowhere as cheap. */
  readonly vanillaSpeedup: number | null
  readonly otherSavingPct: Span
  readonly otherSpeedup: Span
}

function ratiosOf(strategy: string, cells: readonly Cell[], all: readonly Cell[]): Ratios {
  const own = cells.filter((cell) => cell.strategy === strategy)
  const against = (name: string): { saving: number[]; speedup: number[] } => {
    const beside = own.map((cell) => ({ cell, other: sameCell(cells, cell, name) }))
    return {
      saving: beside.map(({ cell, other }) => 100 * (1 - cell.costUsd / other.costUsd)),
      speedup: beside.flatMap(({ cell, other }) => speedupAtEqualCost(all, cell, other) ?? []),
    }
  }
  const vanilla = against("Vanilla")
  const others = OTHERS.map(against)
  return {
    strategy,
    vanillaSavingPct: round(Math.max(...vanilla.saving)),
    vanillaSpeedup: vanilla.speedup.length === 0 ? null : round(Math.max(...vanilla.speedup)),
    otherSavingPct: spanOf(others.flatMap(({ saving }) => saving)),
    otherSpeedup: spanOf(others.flatMap(({ speedup }) => speedup)),
  }
}

function sameCell(cells: readonly Cell[], { workflow, factor }: Cell, strategy: string): Cell {
  return cells.find((cell) => cell.workflow === workflow && cell.factor === factor && cell.strategy === strategy)!
}

/** Latency of the other over the least latency that the strategy has at any SLO without costing more; null if none. */
function speedupAtEqualCost(all: readonly Cell[], { workflow, strategy }: Cell, other: Cell): number | null {
  const cheap = all.filter(
    (cell) => cell.workflow === workflow && cell.strategy === strategy && cell.costUsd <= other.costUsd * 1.005,
  )
  if (cheap.length === 0) return null
  return mean([...other.latencyMs]) / Math.min(...cheap.map((cell) => mean([...cell.latencyMs])))
}

function times(speedup: number | null): string {
  return speedup === null ? "nowhere as cheap" : `${speedup} times`
}

function spanOf(values: readonly number[]): Span {
  if (values.length === 0) return null
  return { least: round(Math.min(...values)), mean: round(mean([...values])), most: round(Math.max(...values)) }
}

function spanText(span: Span, unit: string): string {
  if (span === null) return "nowhere as cheap"
  const { least, mean: centre, most } = span
  return `${least} to ${most}${unit} (mean ${centre})`
}

function round(value: number): number {
  return Math.round(100 * value) / 100
}

function sheet(platform: PresetName, cells: readonly Cell[]): ReturnType<typeof figureSheet> {
  const size = { width: 540, height: 340 }
  const charts = workflowsOf(cells).map((workflow): SheetChart => {
    const own = cells.filter((cell) => cell.workflow === workflow)
    const base = own.filter(({ strategy }) => strategy === "Vanilla")
    const relative = (cell: Cell): { x: number; y: number; note: string } => {
      const vanilla = base.find(({ factor }) => factor === cell.factor)!
      return {
        x: cell.costUsd / vanilla.costUsd,
        y: mean([...cell.latencyMs]) / mean([...vanilla.latencyMs]),
        note: `${cell.strategy}, SLO ${cell.factor} times the fastest`,
      }
    }
    return {
      heading: workflow,
      ...size,
      chart: curveChart({
        id: `fig-19-${platform}-${workflow}`,
        title: `Cost and latency against Vanilla, ${workflow}`,
        description: "A point for each strategy and SLO; lower and further left is better.",
        ...size,
        x: { label: "cost over Vanilla's at the same SLO" },
        y: { label: "mean latency over Vanilla's at the same SLO", from: 0 },
        series: COMPARED.filter((name) => name !== "Vanilla").map((name) => ({
          name,
          look: "points" as const,
          points: own.filter(({ strategy }) => strategy === name).map(relative),
        })),
        marks: [
          { axis: "x", at: 1 - PAPER.vanillaSavingPct / 100, label: "paper: up to 40 % cheaper", tone: "muted" },
          { axis: "y", at: 1 / PAPER.vanillaSpeedup, label: "paper: up to 5.6 times faster", tone: "muted" },
        ],
      }),
    }
  })
  return figureSheet({
    id: `stepconf-fig-19-${platform}`,
    title: `StepConf, Fig. 19: cost and latency over Vanilla's on the simulated platform ${platform}`,
    notes: [
      "Each point is a strategy at one of four SLOs, 20 runs. Vanilla has one instance and one process of each step.",
    ],
    charts,
    columns: 2,
  })
}
