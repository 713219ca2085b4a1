import { type Estimate, type Estimator, quantile, sampleQuantile, type StepConfig } from "../../src/index.ts"
import { figureSheet, type SheetChart } from "../../src/report/figure-sheet.ts"
import { groupChart } from "../../src/report/group-chart.ts"
import type { Experiment } from "../experiment.ts"
import { ml } from "../workflows/stepconf-workflows.ts"
import { prepare } from "./evaluation.ts"
import { measured } from "./one-function.ts"

const STEP = "train1"
const PLATFORM = "lambda"
const LEVEL = 0.9

const CONFIGS: readonly StepConfig[] = [1, 8, 16, 32].map((instances) => ({ memoryMB: 2048, instances, processes: 1 }))

type Part = "mappingDelay" | "download" | "compute" | "upload"
const PARTS: readonly Part[] = ["mappingDelay", "download", "compute", "upload"]

interface PartRow {
  readonly table: string
  readonly instances: number
  readonly cold: boolean
  readonly part: Part
  /** P90 over executions of the step, of the instance that ended last. */
  readonly measuredMs: number
  readonly stepConfMs: number
  readonly trimtabMs: number
}

/** Why StepConf misses SLOs on its own models: P90 of each part of a step, by both models and as it is. */
export const parts: Experiment = {
  name: "stepconf-parts",
  of: "StepConf, Fig. 18, a controlled change: the parts of a step by its own models, by ours, and as they are",
  run: async ({ size, progress }) => {
    const smoke = size === "smoke"
    const { sources } = await prepare(ml, PLATFORM, { size })
    const { paper } = sources.setting
    const tasks = paper.tasksOf(STEP)
    const rows: PartRow[] = []
    for (const config of CONFIGS.filter(({ instances }) => instances <= tasks))
      for (const cold of [true, false]) {
        progress(`${STEP} with ${config.instances} ${cold ? "cold" : "warm"} instances`)
        const thinkMs = cold ? 2e7 : 0
        const runs = smoke ? 3 : 60
        const at = { platform: PLATFORM, law: paper.lawOf(STEP), config, tasks, runs, thinkMs, seed: 9 } as const
        const steps = (await measured(at)).slice(cold ? 0 : 1)
        const estimated = (estimator: Estimator): Estimate["parts"] =>
          estimator.estimate({ step: STEP, config, tasks, warmInstances: cold ? 0 : config.instances }).parts
        const [own, ours] = [estimated(sources.stepConf), estimated(sources.ours)]
        for (const part of PARTS)
          rows.push({
            table: "parts of a step",
            instances: config.instances,
            cold,
            part,
            measuredMs: Math.round(
              sampleQuantile(
                steps.map((step) => step[`${part}Ms`]),
                LEVEL,
              ),
            ),
            stepConfMs: Math.round(quantile(own[part], LEVEL)),
            trimtabMs: Math.round(quantile(ours[part], LEVEL)),
          })
      }
    const text = (part: Part, cold: boolean): string =>
      rows
        .filter((row) => row.part === part && row.cold === cold)
        .map(
          ({ instances, measuredMs, stepConfMs, trimtabMs }) =>
            `${instances}: ${measuredMs}/${stepConfMs}/${trimtabMs}`,
        )
        .join(", ")
    return {
      figures: { "stepconf-parts": sheet(rows) },
      claims: [
        {
          claim: "Mapping delay by cold instances, P90 in ms: measured/eq. (2)/ours",
          paper: "eq. (2): quadratic in the cold starts",
          ours: text("mappingDelay", true),
        },
        {
          claim: "Download by warm instances, P90 in ms: measured/eq. (2)/ours",
          paper: "eq. (2): P90 of one invocation",
          ours: text("download", false),
        },
        {
          claim: "Compute by warm instances, P90 in ms: measured/eq. (1)/ours",
          paper: "eq. (1): one curve without spread",
          ours: text("compute", false),
        },
      ],
      summary: {},
      rows,
    }
  },
}

function sheet(rows: readonly PartRow[]): ReturnType<typeof figureSheet> {
  const size = { width: 430, height: 300 }
  const counts = [...new Set(rows.map(({ instances }) => instances))]
  const shown = [
    { part: "mappingDelay", cold: true, heading: "mapping delay, cold" },
    { part: "download", cold: false, heading: "download, warm" },
    { part: "compute", cold: false, heading: "compute, warm" },
  ] as const
  return figureSheet({
    id: "stepconf-parts",
    title: "P90 of the parts of a step, by StepConf's models, by ours, and as they are",
    notes: [
      "Training of the machine-learning workflow at 2,048 MB on the simulated platform lambda, 60 executions; of the instance that ended last.",
    ],
    charts: shown.map(({ part, cold, heading }): SheetChart => {
      const own = rows.filter((row) => row.part === part && row.cold === cold)
      const of = (value: (row: PartRow) => number): (number | null)[] =>
        counts.map((count) => {
          const row = own.find(({ instances }) => instances === count)
          return row === undefined ? null : value(row) / 1000
        })
      return {
        heading,
        ...size,
        chart: groupChart({
          id: `parts-${part}`,
          title: heading,
          description: "P90 by instances: measured, by eq. (1) or (2), by our estimates.",
          ...size,
          groups: counts.map((count) => `${count} ${count === 1 ? "instance" : "instances"}`),
          series: [
            { name: "measured", values: of((row) => row.measuredMs) },
            { name: "StepConf", values: of((row) => row.stepConfMs) },
            { name: "Trimtab", values: of((row) => row.trimtabMs) },
          ],
          y: { label: "P90, s", from: 0 },
        }),
      }
    }),
    columns: 3,
  })
}
