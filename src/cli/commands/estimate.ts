import { resolve } from "node:path"
import { realClock } from "../../base/clock.ts"
import { TrimtabError } from "../../base/errors.ts"
import type { Basis } from "../../estimation/basis.ts"
import type { EstimateCurve } from "../../report/estimate-curve.ts"
import { estimateFigure } from "../../report/estimate-figure.ts"
import { estimateHeadline, estimateTable } from "../../report/estimate-table.ts"
import { standaloneSvg } from "../../report/svg.ts"
import { valuesOf } from "../../workflow/config.ts"
import type { Step, Workflow } from "../../workflow/workflow.ts"
import { basisText } from "../basis-text.ts"
import { offlineEstimator, type OfflineEstimator } from "../composition.ts"
import { loadProject } from "../config.ts"
import { estimateCurve } from "../estimate-curve.ts"
import { EXIT } from "../exit-codes.ts"
import type { CommandContext } from "../main.ts"
import { writeNamedFile } from "../text-output.ts"
import { OFFLINE_LIMITS } from "../offline-limits.ts"

export interface EstimateFlags {
  readonly memory?: readonly number[]
  readonly instances?: number
  readonly processes?: number
  readonly tasks?: number
  readonly warm?: number
  readonly percentile?: number
  readonly all?: boolean
  readonly svg?: string
}

/** Rows of a table unless --all asks for more. */
const ROWS = 16

/** Level of the upper column unless --percentile says another. */
const UPPER = 0.9

/**
 * `trimtab estimate`: what a step would take and cost, over memory or in the sizes named. Works from profiles alone:
 * nothing is packaged, started or called, so imported measurements are enough.
 */
export async function estimate(
  { terminal, cwd, configFile }: CommandContext,
  flags: EstimateFlags,
  names: readonly string[],
): Promise<number> {
  const project = await loadProject({ file: configFile, cwd })
  const offline = await offlineEstimator(project)
  const steps = stepsOf(project.workflow, names, offline)
  const estimates = steps.map((step) => estimateOf(step, flags, offline))
  if (flags.svg !== undefined) {
    const path = resolve(cwd, flags.svg)
    const dense = steps.map((step) => estimateOf(step, { ...flags, memory: denseSizes(step, flags) }, offline).curve)
    await writeNamedFile(path, `${standaloneSvg(estimateFigure(dense))}\n`)
    terminal.info(`wrote ${path}`)
  }
  const { modelVersion } = offline.estimator
  const document = {
    schemaVersion: 1,
    modelVersion,
    steps: estimates.map(({ curve, basis }) => ({ ...curve, basis })),
  }
  const table = { width: terminal.width, color: terminal.color, maxRows: flags.all === true ? Infinity : ROWS }
  const nowMs = realClock.nowMs()
  terminal.result(document, () =>
    estimates
      .map(({ curve, basis, sizes }) =>
        [estimateHeadline(curve), basisText(basis, sizes, nowMs), estimateTable(curve, table)].join("\n"),
      )
      .join("\n\n"),
  )
  return EXIT.ok
}

/** The step named, or all that have a profile. @throws TrimtabError `usage`, `no-profile` */
function stepsOf(workflow: Workflow, names: readonly string[], { estimator }: OfflineEstimator): readonly Step[] {
  const wanted = names[0]
  const step = workflow.steps.find(({ name }) => name === wanted)
  const all = workflow.steps.map(({ name }) => name).join(", ")
  if (wanted !== undefined && step === undefined)
    throw new TrimtabError("usage", `the workflow has no step ${wanted}; it has ${all}`, {
      fix: "name one of its steps",
    })
  const asked = step === undefined ? workflow.steps : [step]
  const known = asked.filter(({ name }) => estimator.steps.includes(name))
  if (known.length > 0) return known
  const functions = [...new Set(asked.map((one) => one.function))].join(", ")
  throw new TrimtabError(
    "no-profile",
    `not measured yet: ${functions}; run \`trimtab profile\`, or \`trimtab profile import\` with logs of it`,
    { fix: "run trimtab profile or trimtab profile import" },
  )
}

interface StepEstimate {
  readonly curve: EstimateCurve
  readonly basis: Basis
  /** Memory sizes in the profile. */
  readonly sizes: number
}

function estimateOf(step: Step, flags: EstimateFlags, { estimator, profiles, rates }: OfflineEstimator): StepEstimate {
  const profile = profiles.get(step.function)!
  const instances = flags.instances ?? 1
  const curve = estimateCurve({
    step,
    profile,
    estimator,
    rates,
    memoryMB: flags.memory ?? sizesOf(step),
    instances,
    processes: flags.processes ?? 1,
    tasks: flags.tasks ?? estimator.expectedTasks(step.name),
    warm: flags.warm ?? instances,
    percentile: flags.percentile ?? UPPER,
  })
  const sizes = new Set(profile.samples.flatMap((sample) => (sample.kind === "instance" ? [sample.memoryMB] : []))).size
  return { curve, basis: estimator.basis(step.name), sizes }
}

/** Sizes that a figure adds, so that curves are smooth. */
const FIGURE_SIZES = 120

/** The sizes asked for, and evenly many between the least and the greatest, over log memory. */
function denseSizes(step: Step, { memory }: EstimateFlags): readonly number[] {
  const asked = memory ?? sizesOf(step)
  const [least = 0, greatest = 0] = [asked[0], asked.at(-1)]
  const between = Array.from({ length: FIGURE_SIZES }, (_, k) =>
    Math.round(least * (greatest / least) ** (k / (FIGURE_SIZES - 1))),
  )
  return [...new Set([...asked, ...between])].sort((a, b) => a - b)
}

/** Every size of the step's space that the platform has. */
function sizesOf(step: Step): readonly number[] {
  const { min, max } = OFFLINE_LIMITS.memoryMB
  return valuesOf(step.configSpace.memoryMB).filter((memoryMB) => memoryMB >= min && memoryMB <= max)
}
