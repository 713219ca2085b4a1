import { mean, type PresetName } from "../../src/index.ts"
import { figureSheet } from "../../src/report/figure-sheet.ts"
import { groupChart } from "../../src/report/group-chart.ts"
import type { Experiment } from "../experiment.ts"
import { STEPCONF_WORKFLOWS } from "../workflows/stepconf-workflows.ts"
import { prepare } from "./evaluation.ts"
import { COLD, play } from "./play.ts"
import { OURS, STEPCONF, type Strategy } from "./strategies.ts"

const FACTOR = 1.5
const RUNS = 20
const COMPARED: readonly Strategy[] = [STEPCONF, OURS]

interface MappingRow {
  readonly table: string
  readonly platform: PresetName
  readonly workflow: string
  readonly strategy: string
  readonly prewarm: boolean
  readonly mappingPct: number
  readonly meanMs: number
  readonly milliUsd: number
}

/** StepConf, Fig. 23: mean share of the mapping delay in a run without and with prewarming, nothing warm when it begins. */
export const fig23: Experiment = {
  name: "stepconf-fig-23",
  of: "StepConf, Fig. 23 (RQ6): what does prewarming save?",
  run: async ({ size, progress }) => {
    const rows: MappingRow[] = []
    const workflows = size === "smoke" ? STEPCONF_WORKFLOWS.slice(0, 1) : STEPCONF_WORKFLOWS
    for (const platform of ["knative", "lambda"] as const)
      for (const make of workflows) {
        const { workflow, sources, fastestMs } = await prepare(make, platform, { size })
        for (const strategy of COMPARED)
          for (const prewarm of [false, true]) {
            progress(`${workflow} on ${platform}: ${strategy.name} ${prewarm ? "with" : "without"} prewarming`)
            const sloMs = FACTOR * fastestMs
            const runs = size === "smoke" ? 2 : RUNS
            const played = await play(sources, strategy, {
              sloMs,
              runs,
              seed: 23,
              load: COLD,
              prewarm: prewarm ? strategy.prewarm : "none",
            })
            rows.push({
              table: "StepConf fig. 23",
              platform,
              workflow,
              strategy: strategy.name,
              prewarm,
              mappingPct: Math.round(1000 * played.shares.mapping) / 10,
              meanMs: Math.round(mean([...played.latencyMs])),
              milliUsd: Number((1000 * played.costUsd).toPrecision(4)),
            })
          }
      }
    return {
      figures: { "stepconf-fig-23": sheet(rows) },
      claims: COMPARED.flatMap(({ name }) =>
        (["knative", "lambda"] as const).map((platform) => ({
          claim: `Fig. 23: share of the mapping delay falls with prewarming (${name}, ${platform})`,
          paper: "falls, no number",
          ours: share(rows, platform, name)
            .map(({ workflow, before, after }) => `${workflow} ${before} % to ${after} %`)
            .join(", "),
        })),
      ),
      summary: {
        mappingSharePct: share(rows, "knative", "StepConf"),
        lambdaMappingSharePct: share(rows, "lambda", "StepConf"),
        trimtabMappingSharePct: share(rows, "knative", "Trimtab"),
      },
      rows,
    }
  },
}

function share(
  rows: readonly MappingRow[],
  platform: PresetName,
  strategy: string,
): readonly { readonly workflow: string; readonly before: number; readonly after: number }[] {
  const own = rows.filter((row) => row.platform === platform && row.strategy === strategy)
  return own
    .filter(({ prewarm }) => !prewarm)
    .map(({ workflow, mappingPct }) => ({
      workflow,
      before: mappingPct,
      after: own.find((row) => row.prewarm && row.workflow === workflow)!.mappingPct,
    }))
}

function sheet(rows: readonly MappingRow[]): ReturnType<typeof figureSheet> {
  const size = { width: 560, height: 320 }
  return figureSheet({
    id: "stepconf-fig-23",
    title: "StepConf, Fig. 23: mapping delay without and with prewarming",
    notes: [
      `SLO ${FACTOR} times the fastest plan, ${RUNS} runs, nothing warm when a run begins. The paper gives no numbers: the share falls.`,
    ],
    charts: (["knative", "lambda"] as const).map((platform) => {
      const own = rows.filter((row) => row.platform === platform)
      const workflows = [...new Set(own.map(({ workflow }) => workflow))]
      const at = (workflow: string, strategy: string, prewarm: boolean): number | null =>
        own.find((row) => row.workflow === workflow && row.strategy === strategy && row.prewarm === prewarm)
          ?.mappingPct ?? null
      return {
        heading: `simulated platform ${platform}`,
        ...size,
        chart: groupChart({
          id: `fig-23-${platform}`,
          title: `Mapping delay on ${platform}`,
          description: "Share of the mapping delay in the latency of a run.",
          ...size,
          groups: workflows,
          series: COMPARED.flatMap(({ name }) =>
            [false, true].map((prewarm) => ({
              name: `${name} ${prewarm ? "with" : "without"} prewarming`,
              values: workflows.map((workflow) => at(workflow, name, prewarm)),
            })),
          ),
          y: { label: "mapping delay over latency, %", from: 0 },
        }),
      }
    }),
    columns: 2,
  })
}
