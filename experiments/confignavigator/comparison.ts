import { mean } from "../../src/index.ts"
import type { ExperimentContext } from "../experiment.ts"
import { NAVIGATOR_PIPELINES } from "../workflows/navigator-pipelines.ts"
import type { PaperWorkflow } from "../workflows/paper-workflow.ts"
import { type Found, METHODS } from "./methods.ts"
import { type Pipeline, pipelineOf } from "./pipeline.ts"
import type { Clips } from "./streaming.ts"

/** What a method's plan took when it was deployed. */
export interface Outcome extends Omit<Found, "plan" | "convergence"> {
  readonly pipeline: string
  readonly budgetPct: number
  readonly search: number
  readonly convergence: Found["convergence"]
  /** Of every clip; empty where nothing was deployed. */
  readonly latencyMs: readonly number[]
  /** Mean of a clip. */
  readonly costUsd: number
  readonly budgetUsd: number
}

export interface ComparisonOptions {
  /** Those of the evaluation where absent. */
  readonly pipelines?: readonly (() => PaperWorkflow)[]
  readonly budgetsPct: readonly number[]
  readonly evaluations: number
  /** Searches with other seeds, for each pipeline and budget. */
  readonly searches: number
  readonly clips: Omit<Clips, "seed">
  readonly methods: readonly string[]
}

/** Every method for every pipeline and budget: what it finds, deployed on the same clips. */
export async function compared(
  { size, progress }: ExperimentContext,
  options: ComparisonOptions,
): Promise<readonly Outcome[]> {
  const smoke = size === "smoke"
  const { pipelines = NAVIGATOR_PIPELINES } = options
  const outcomes: Outcome[] = []
  for (const make of smoke ? pipelines.slice(0, 1) : pipelines) {
    const pipeline = await pipelineOf(make)
    for (const budgetPct of smoke ? options.budgetsPct.slice(0, 1) : options.budgetsPct)
      for (const method of options.methods) {
        progress(`${pipeline.name} at +${budgetPct} %: ${method}`)
        for (let search = 1; search <= (smoke ? 1 : options.searches); search++)
          outcomes.push(await outcomeOf(pipeline, method, { ...options, budgetPct, search, smoke }))
      }
  }
  return outcomes
}

async function outcomeOf(
  pipeline: Pipeline,
  method: string,
  at: ComparisonOptions & { readonly budgetPct: number; readonly search: number; readonly smoke: boolean },
): Promise<Outcome> {
  const { budgetPct, search, clips, smoke } = at
  const budgetUsd = pipeline.cheapestUsd * (1 + budgetPct / 100)
  const evaluations = smoke ? 14 : at.evaluations
  const found = await METHODS[method]!(pipeline, { budgetUsd, seed: search, evaluations })
  // Everybody's clips are the same ones.
  const runs = smoke ? 4 : clips.runs
  const played =
    found.plan === null ? null : await pipeline.stream.play(found.plan, { ...clips, runs, seed: 500 + search })
  const { method: name, searchMs, convergence } = found
  return {
    method: name,
    searchMs,
    convergence,
    pipeline: pipeline.name,
    budgetPct,
    search,
    latencyMs: played?.latencyMs ?? [],
    costUsd: played === null ? 0 : mean(played.costUsd),
    budgetUsd,
  }
}

/** Gain of one method over the better of two others at one budget, in percent; by mean latency, and by mean cost. */
export interface Gain {
  readonly pipeline: string
  readonly budgetPct: number
  readonly latencyPct: number
  readonly costPct: number
  /** Standard deviation of the mean latency over repeated searches, over its mean: of the method and of the others. */
  readonly spreadPct: number
  readonly othersSpreadPct: number
}

/** The better baseline is the one of lower mean latency: cost is compared with the same one. */
export function gainsOf(outcomes: readonly Outcome[], method: string, baselines: readonly string[]): readonly Gain[] {
  const cells = [...new Set(outcomes.map(({ pipeline, budgetPct }) => `${pipeline}|${budgetPct}`))]
  return cells.flatMap((cell): Gain[] => {
    const [pipeline, budget] = cell.split("|")
    const budgetPct = Number(budget)
    const of = (name: string): Summary | null =>
      summaryOf(outcomes.filter((o) => o.pipeline === pipeline && o.budgetPct === budgetPct && o.method === name))
    const own = of(method)
    const others = baselines.flatMap((name) => of(name) ?? [])
    if (own === null || others.length === 0) return []
    const better = others.reduce((a, b) => (b.latencyMs < a.latencyMs ? b : a))
    return [
      {
        pipeline: pipeline!,
        budgetPct,
        latencyPct: percent(1 - own.latencyMs / better.latencyMs),
        costPct: percent(1 - own.costUsd / better.costUsd),
        spreadPct: percent(own.spread),
        othersSpreadPct: percent(mean(others.map(({ spread }) => spread))),
      },
    ]
  })
}

interface Summary {
  readonly latencyMs: number
  readonly costUsd: number
  readonly spread: number
}

function summaryOf(outcomes: readonly Outcome[]): Summary | null {
  const deployed = outcomes.filter(({ latencyMs }) => latencyMs.length > 0)
  if (deployed.length === 0) return null
  const means = deployed.map(({ latencyMs }) => mean([...latencyMs]))
  const centre = mean(means)
  const variance = mean(means.map((value) => (value - centre) ** 2))
  return {
    latencyMs: centre,
    costUsd: mean(deployed.map(({ costUsd }) => costUsd)),
    spread: Math.sqrt(variance) / centre,
  }
}

export function percent(ratio: number): number {
  return Math.round(10_000 * ratio) / 100
}

/** Mean over the cells of each budget. */
export function byBudget(gains: readonly Gain[], of: (gain: Gain) => number): Readonly<Record<string, number>> {
  const budgets = [...new Set(gains.map(({ budgetPct }) => budgetPct))]
  return Object.fromEntries(
    budgets.map((budget) => [
      `+${budget} %`,
      Math.round(100 * mean(gains.filter(({ budgetPct }) => budgetPct === budget).map(of))) / 100,
    ]),
  )
}
