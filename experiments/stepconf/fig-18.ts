import { mean, sampleQuantile } from "../../src/index.ts"
import type { PresetName } from "../../src/index.ts"
import { figureSheet, type SheetChart } from "../../src/report/figure-sheet.ts"
import { type Box, groupChart } from "../../src/report/group-chart.ts"
import type { Experiment, ExperimentContext, Findings } from "../experiment.ts"
import { onBothPlatforms } from "./both-platforms.ts"
import { atFigureSlos, type Cell, evaluation, SLO_FACTORS, workflowsOf } from "./evaluation.ts"

/** Drawn side by side; the ablations have a figure of their own. */
export const COMPARED: readonly string[] = [
  "Vanilla",
  "Orion",
  "COSE",
  "StepConf",
  "StepConf, our estimates",
  "Trimtab",
]

/** StepConf, Fig. 18: latency over SLO of 20 runs at four SLOs. */
export const fig18: Experiment = {
  name: "stepconf-fig-18",
  of: "StepConf, Fig. 18 (RQ2): is the SLO kept?",
  run: onBothPlatforms(findingsOn),
}

async function findingsOn(platform: PresetName, context: ExperimentContext): Promise<Findings> {
  const cells = atFigureSlos(await evaluation(platform, context))
  const spread = spreads(cells)
  const of = (strategy: string): SpreadRow => spread.find((row) => row.strategy === strategy)!
  const text = (row: SpreadRow): string => `${Math.round(100 * row.within)} %, IQR ${row.iqr.toFixed(2)}`
  return {
    figures: { [`stepconf-fig-18-${platform}`]: sheet(platform, cells) },
    claims: [
      {
        claim: `Fig. 18: latency over SLO mostly below 1, less spread than others (${platform})`,
        paper: "mostly below 1, no number",
        ours: `runs within the SLO and IQR of latency/SLO: StepConf ${text(of("StepConf"))}; on our estimates ${text(of("StepConf, our estimates"))}; Vanilla ${text(of("Vanilla"))}; Orion ${text(of("Orion"))}; COSE ${text(of("COSE"))}; Trimtab ${text(of("Trimtab"))}`,
      },
    ],
    summary: {
      withinSloPctByStrategy: Object.fromEntries(
        spread.map((row) => [row.strategy, Math.round(1000 * row.within) / 10]),
      ),
      latencyOverSloIqrByStrategy: Object.fromEntries(spread.map((row) => [row.strategy, Number(row.iqr.toFixed(3))])),
    },
    rows: cells.map((cell) => ({
      table: "StepConf fig. 18",
      platform,
      workflow: cell.workflow,
      sloOverFastest: cell.factor,
      strategy: cell.strategy,
      withinPct: 100 * cell.attained,
      ...ratioBox(cell),
    })),
  }
}

interface SpreadRow {
  readonly strategy: string
  readonly within: number
  /** Mean over cells of the IQR of latency over SLO. */
  readonly iqr: number
}

function spreads(cells: readonly Cell[]): readonly SpreadRow[] {
  return [...new Set(cells.map(({ strategy }) => strategy))].map((strategy) => {
    const own = cells.filter((cell) => cell.strategy === strategy)
    return {
      strategy,
      within: mean(own.map(({ attained }) => attained)),
      iqr: mean(own.map(ratioBox).map(({ q1, q3 }) => q3 - q1)),
    }
  })
}

function ratioBox({ latencyMs, sloMs }: Cell): Box {
  const ratios = latencyMs.map((ms) => ms / sloMs)
  const at = (p: number): number => Number(sampleQuantile(ratios, p).toFixed(4))
  return { low: at(0), q1: at(0.25), middle: at(0.5), q3: at(0.75), high: at(1) }
}

function sheet(platform: PresetName, cells: readonly Cell[]): ReturnType<typeof figureSheet> {
  const size = { width: 620, height: 330 }
  const charts = workflowsOf(cells).map((workflow): SheetChart => {
    const own = cells.filter((cell) => cell.workflow === workflow)
    return {
      heading: workflow,
      ...size,
      chart: groupChart({
        id: `fig-18-${platform}-${workflow}`,
        title: `Latency over SLO, ${workflow}`,
        description: "Boxes of 20 runs of each strategy at four SLOs.",
        ...size,
        groups: SLO_FACTORS.map((factor) => `SLO ${factor} × fastest`),
        series: COMPARED.map((strategy) => ({
          name: strategy,
          values: SLO_FACTORS.map((factor) => {
            const cell = own.find((one) => one.strategy === strategy && one.factor === factor)
            return cell === undefined ? null : ratioBox(cell)
          }),
        })),
        y: { label: "latency / SLO", scale: "log", ticks: [0.5, 0.7, 1, 1.5, 2, 3, 5, 8] },
        marks: [{ axis: "y", at: 1, label: "SLO; the paper: mostly below" }],
      }),
    }
  })
  return figureSheet({
    id: `stepconf-fig-18-${platform}`,
    title: `StepConf, Fig. 18: latency over SLO on the simulated platform ${platform}`,
    notes: [
      "Boxes: quartiles of 20 runs, whiskers their ends. Baselines with one instance and one process of each step where these are fixed.",
    ],
    charts,
    columns: 2,
  })
}
