import { mean } from "../../src/index.ts"
import type { PresetName } from "../../src/index.ts"
import { figureSheet, type SheetChart } from "../../src/report/figure-sheet.ts"
import { groupChart } from "../../src/report/group-chart.ts"
import type { Experiment, ExperimentContext, Findings } from "../experiment.ts"
import { onBothPlatforms } from "./both-platforms.ts"
import { atFigureSlos, type Cell, evaluation, SLO_FACTORS, workflowsOf } from "./evaluation.ts"

const SHOWN = ["StepConf", "StepConf-Inter", "StepConf-Intra", "Trimtab"]

/** StepConf, Fig. 20: what each kind of parallelism is worth. */
export const fig20: Experiment = {
  name: "stepconf-fig-20",
  of: "StepConf, Fig. 20 (RQ4): what is parallelism worth?",
  run: onBothPlatforms(findingsOn),
}

async function findingsOn(platform: PresetName, context: ExperimentContext): Promise<Findings> {
  const cells = atFigureSlos(await evaluation(platform, context))
  const inter = extra("StepConf-Inter", cells)
  const intra = extra("StepConf-Intra", cells)
  return {
    figures: { [`stepconf-fig-20-${platform}`]: sheet(platform, cells) },
    claims: [
      {
        claim: `Fig. 20: both kinds of parallelism beat either alone (${platform})`,
        paper: "no number",
        ours: `StepConf-Inter costs ${inter.costPct} % more and is in time in ${inter.withinPct} % of runs, StepConf-Intra ${intra.costPct} % and ${intra.withinPct} %, StepConf itself in ${inter.basePct} %`,
      },
      {
        claim: `Fig. 20, a controlled change: the same runs priced by the paper's formula, every instance for the whole step (${platform})`,
        paper: "both cost more than StepConf",
        ours: `StepConf-Inter costs ${inter.formulaPct} % more, StepConf-Intra ${intra.formulaPct} %`,
      },
    ],
    summary: {
      interExtraCostPct: inter.costPct,
      intraExtraCostPct: intra.costPct,
      interExtraFormulaCostPct: inter.formulaPct,
      intraExtraFormulaCostPct: intra.formulaPct,
    },
    rows: cells
      .filter(({ strategy }) => SHOWN.includes(strategy))
      .map((cell) => ({
        table: "StepConf fig. 20",
        platform,
        workflow: cell.workflow,
        sloOverFastest: cell.factor,
        strategy: cell.strategy,
        milliUsd: Number((1000 * cell.costUsd).toPrecision(4)),
        withinPct: 100 * cell.attained,
      })),
  }
}

interface Extra {
  readonly costPct: number
  /** By the paper's formula. */
  readonly formulaPct: number
  readonly withinPct: number
  readonly basePct: number
}

/** Mean over the cells of the cost above StepConf's, and how often each is in time. */
function extra(strategy: string, cells: readonly Cell[]): Extra {
  const own = cells.filter((cell) => cell.strategy === strategy)
  const base = own.map((cell) =>
    cells.find((one) => one.strategy === "StepConf" && one.workflow === cell.workflow && one.factor === cell.factor)!,
  )
  const within = (some: readonly Cell[]): number => Math.round(100 * mean(some.map(({ attained }) => attained)))
  return {
    costPct: Math.round(1000 * (mean(own.map((cell, i) => cell.costUsd / base[i]!.costUsd)) - 1)) / 10,
    formulaPct: Math.round(1000 * (mean(own.map((cell, i) => cell.paperUsd / base[i]!.paperUsd)) - 1)) / 10,
    withinPct: within(own),
    basePct: within(base),
  }
}

function sheet(platform: PresetName, cells: readonly Cell[]): ReturnType<typeof figureSheet> {
  const size = { width: 540, height: 320 }
  const charts = workflowsOf(cells).map((workflow): SheetChart => ({
    heading: workflow,
    ...size,
    chart: groupChart({
      id: `fig-20-${platform}-${workflow}`,
      title: `Cost with and without parallelism, ${workflow}`,
      description: "Mean cost of 20 runs at four SLOs.",
      ...size,
      groups: SLO_FACTORS.map((factor) => `SLO ${factor} × fastest`),
      series: SHOWN.map((name) => ({
        name,
        values: SLO_FACTORS.map((factor) => {
          const cell = cells.find((one) => one.workflow === workflow && one.strategy === name && one.factor === factor)
          return cell === undefined ? null : 1000 * cell.costUsd
        }),
      })),
      y: { label: "mean cost of 1,000 runs, $", from: 0 },
    }),
  }))
  return figureSheet({
    id: `stepconf-fig-20-${platform}`,
    title: `StepConf, Fig. 20: cost with one kind of parallelism or both, simulated platform ${platform}`,
    notes: [
      "20 runs each. StepConf-Inter has one process per instance, StepConf-Intra one instance; the paper gives no numbers.",
    ],
    charts,
    columns: 2,
  })
}
