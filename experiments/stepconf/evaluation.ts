import type { PresetName } from "../../src/index.ts"
import type { ExperimentContext } from "../experiment.ts"
import type { PaperWorkflow } from "../workflows/paper-workflow.ts"
import { type Scale, STEPCONF_WORKFLOWS } from "../workflows/stepconf-workflows.ts"
import { play, type Played, SPACED } from "./play.ts"
import { profilesOf } from "./profile.ts"
import { settingOf } from "./setting.ts"
import {
  fastestMs,
  OURS,
  type Sources,
  sourcesOf,
  STEPCONF,
  STEPCONF_ON_OURS,
  type Strategy,
  STRATEGIES,
} from "./strategies.ts"

/** SLOs of the paper's figures are not given; these multiples of the fastest plan are ours. */
export const SLO_FACTORS = [1.1, 1.5, 2, 3] as const

/** More SLOs, so that what a strategy reaches at a given cost can be read off. */
const SWEEP_FACTORS = [0.9, 1.25, 2.5, 4] as const

/** Strategies that it is read off for. */
const SWEPT: readonly string[] = [STEPCONF.name, STEPCONF_ON_OURS.name, OURS.name]

/** Repetitions of each cell (section 7.3). */
const RUNS = 20

const SEED = 11

/** A strategy at one SLO. */
export interface Cell extends Played {
  readonly platform: PresetName
  readonly workflow: string
  /** SLO over the latency of the fastest plan. */
  readonly factor: number
  readonly sloMs: number
}

/** A workflow with its profile, ready to be planned and played. */
export interface Prepared {
  readonly workflow: string
  readonly sources: Sources
  readonly fastestMs: number
}

const prepared = new Map<string, Promise<Prepared>>()

export interface PrepareOptions {
  readonly size: ExperimentContext["size"]
  /** How much more data is moved; 1 where absent. */
  readonly data?: number
  /** Spread of compute times over that of the preset; 1 where absent. */
  readonly noise?: number
}

/** What a test profiles: a sixteenth of the tasks at three sizes, once. */
const SMOKE_TASKS = 1 / 16
const SMOKE_PROFILE = { sizesMB: [1024, 2048, 4096], repetitions: 1 }

/** Profiles a workflow on a platform once. */
export function prepare(
  make: (scale?: Scale) => PaperWorkflow,
  platform: PresetName,
  { size, data = 1, noise = 1 }: PrepareOptions,
): Promise<Prepared> {
  const smoke = size === "smoke"
  const paper = make({ data, tasks: smoke ? SMOKE_TASKS : 1 })
  const key = `${paper.name} ${platform} ${data} ${noise} ${size}`
  const known = prepared.get(key)
  if (known !== undefined) return known
  const made = (async (): Promise<Prepared> => {
    const setting = settingOf(paper, platform, noise)
    const sources = sourcesOf(setting, await profilesOf(setting, smoke ? SMOKE_PROFILE : {}))
    return { workflow: paper.name, sources, fastestMs: fastestMs(sources) }
  })()
  prepared.set(key, made)
  return made
}

const evaluated = new Map<string, Promise<readonly Cell[]>>()

/** All strategies at all SLOs on a platform: what figures 18 to 20 and 22 are drawn from, played once. */
export function evaluation(platform: PresetName, context: ExperimentContext): Promise<readonly Cell[]> {
  const key = `${platform} ${context.size}`
  const known = evaluated.get(key) ?? evaluate(platform, context, { strategies: STRATEGIES, swept: SWEPT })
  evaluated.set(key, known)
  return known
}

/** Some strategies at the figures' SLOs: of what was played already, or they alone are played. */
export async function partialEvaluation(
  platform: PresetName,
  context: ExperimentContext,
  names: readonly string[],
): Promise<readonly Cell[]> {
  const strategies = STRATEGIES.filter(({ name }) => names.includes(name))
  const whole = evaluated.get(`${platform} ${context.size}`) ?? evaluate(platform, context, { strategies, swept: [] })
  return atFigureSlos(await whole).filter(({ strategy }) => names.includes(strategy))
}

interface Chosen {
  readonly strategies: readonly Strategy[]
  /** Names of those that are swept over more SLOs. */
  readonly swept: readonly string[]
}

async function evaluate(
  platform: PresetName,
  { size, progress }: ExperimentContext,
  { strategies, swept }: Chosen,
): Promise<readonly Cell[]> {
  const smoke = size === "smoke"
  const workflows = smoke ? STEPCONF_WORKFLOWS.slice(0, 1) : STEPCONF_WORKFLOWS
  const factorsOf = ({ name }: Strategy): readonly number[] =>
    smoke ? [1.5] : swept.includes(name) ? [...SLO_FACTORS, ...SWEEP_FACTORS] : SLO_FACTORS
  const cells: Cell[] = []
  for (const make of workflows) {
    progress(`profiling ${make().name} on ${platform}`)
    const ready = await prepare(make, platform, { size })
    for (const strategy of strategies)
      for (const factor of factorsOf(strategy)) {
        progress(`${ready.workflow} on ${platform}: ${strategy.name} at ${factor} times the fastest plan`)
        cells.push(await playCell(ready, strategy, { platform, factor, runs: smoke ? 2 : RUNS }))
      }
  }
  return cells
}

interface CellOptions {
  readonly platform: PresetName
  readonly factor: number
  readonly runs: number
}

/** One strategy at one SLO. */
export async function playCell(
  { workflow, sources, fastestMs: fastest }: Prepared,
  strategy: Strategy,
  { platform, factor, runs }: CellOptions,
): Promise<Cell> {
  const sloMs = factor * fastest
  const played = await play(sources, strategy, { sloMs, runs, seed: SEED, load: SPACED })
  return { ...played, platform, workflow, factor, sloMs }
}

/** The cells of the paper's figures: its four SLOs. */
export function atFigureSlos(cells: readonly Cell[]): readonly Cell[] {
  return cells.filter(({ factor }) => SLO_FACTORS.some((one) => one === factor))
}

/** The names of the workflows in their order. */
export function workflowsOf(cells: readonly { readonly workflow: string }[]): readonly string[] {
  return [...new Set(cells.map(({ workflow }) => workflow))]
}
