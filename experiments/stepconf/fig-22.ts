import { mean } from "../../src/index.ts"
import type { PresetName } from "../../src/index.ts"
import { figureSheet } from "../../src/report/figure-sheet.ts"
import { groupChart } from "../../src/report/group-chart.ts"
import type { Experiment, ExperimentContext, Findings } from "../experiment.ts"
import { onBothPlatforms } from "./both-platforms.ts"
import { type Cell, partialEvaluation, workflowsOf } from "./evaluation.ts"

/** Decisions take at most this share of a workflow (section 7.5). */
const PAPER_PCT = 1

/** StepConf, Fig. 22: what the latency along the critical path is made of. */
export const fig22: Experiment = {
  name: "stepconf-fig-22",
  of: "StepConf, Fig. 22 (RQ5): what do decisions take?",
  run: onBothPlatforms(findingsOn),
}

const PHASES = ["mapping", "download", "compute", "upload", "waiting"] as const

async function findingsOn(platform: PresetName, context: ExperimentContext): Promise<Findings> {
  const cells = await partialEvaluation(platform, context, ["StepConf", "Trimtab"])
  const workflows = workflowsOf(cells)
  const of = (workflow: string, strategy: string): readonly Cell[] =>
    cells.filter((cell) => cell.workflow === workflow && cell.strategy === strategy)
  const decisionPct = (strategy: string): Record<string, number> =>
    Object.fromEntries(
      workflows.map((name) => [name, round(100 * mean(of(name, strategy).map((cell) => cell.decisionShare)))]),
    )
  const [stepConf, ours] = [decisionPct("StepConf"), decisionPct("Trimtab")]
  const text = (shares: Record<string, number>): string =>
    workflows.map((name) => `${name} ${shares[name]} %`).join(", ")
  return {
    figures: { [`stepconf-fig-22-${platform}`]: sheet(platform, workflows, of) },
    claims: [
      {
        claim: `Fig. 22: decisions take at most this share of a workflow (${platform})`,
        paper: `${PAPER_PCT} %`,
        ours: `StepConf ${text(stepConf)}; Trimtab ${text(ours)}`,
      },
    ],
    summary: { decisionSharePct: stepConf, trimtabDecisionSharePct: ours },
    rows: workflows.flatMap((workflow) =>
      ["StepConf", "Trimtab"].map((strategy) => ({
        table: "StepConf fig. 22",
        platform,
        workflow,
        strategy,
        decisionPct: decisionPct(strategy)[workflow],
        ...Object.fromEntries(
          PHASES.map((phase) => [
            `${phase}Pct`,
            round(100 * mean(of(workflow, strategy).map((cell) => cell.shares[phase]))),
          ]),
        ),
      })),
    ),
  }
}

function round(value: number): number {
  return Math.round(1000 * value) / 1000
}

function sheet(
  platform: PresetName,
  workflows: readonly string[],
  of: (workflow: string, strategy: string) => readonly Cell[],
): ReturnType<typeof figureSheet> {
  const size = { width: 720, height: 330 }
  const groups = workflows.flatMap((workflow) => ["StepConf", "Trimtab"].map((strategy) => ({ workflow, strategy })))
  const colours = { mapping: "init", download: "download", compute: "compute", upload: "upload", waiting: "queued" }
  return figureSheet({
    id: `stepconf-fig-22-${platform}`,
    title: `StepConf, Fig. 22: what the critical path is made of, simulated platform ${platform}`,
    notes: ["Means over four SLOs, 20 runs each. Decisions in CPU time, those for prewarming included."],
    charts: [
      {
        heading: "shares of the latency of a run",
        ...size,
        chart: groupChart({
          id: `fig-22-${platform}`,
          title: "Breakdown of the latency",
          description: "Shares of the phases and of decisions in the latency of a run.",
          ...size,
          groups: groups.map(({ workflow, strategy }) => `${workflow}, ${strategy}`),
          series: [
            ...PHASES.map((phase) => ({
              name: phase === "waiting" ? "waiting for room" : phase === "mapping" ? "mapping delay" : phase,
              colour: colours[phase],
              values: groups.map(
                ({ workflow, strategy }) => 100 * mean(of(workflow, strategy).map((cell) => cell.shares[phase])),
              ),
            })),
            {
              name: "decisions",
              colour: "series-7",
              values: groups.map(
                ({ workflow, strategy }) => 100 * mean(of(workflow, strategy).map((cell) => cell.decisionShare)),
              ),
            },
            {
              name: "decisions, paper: at most",
              colour: "bad",
              values: groups.map(() => [PAPER_PCT, PAPER_PCT] as const),
            },
          ],
          y: { label: "share of the latency, %", from: 0 },
        }),
      },
    ],
    columns: 1,
  })
}
