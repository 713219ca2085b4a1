import { readFile } from "node:fs/promises"
import { resolve } from "node:path"
import { realClock } from "../../base/clock.ts"
import { messageOf, TrimtabError } from "../../base/errors.ts"
import { formatMs } from "../../base/format.ts"
import type { Json } from "../../base/json.ts"
import { NO_FAULTS, parseFaults, type FaultPlan } from "../../platforms/simulated/faults.ts"
import { preset } from "../../platforms/simulated/presets.ts"
import { profiledFunction } from "../../platforms/simulated/profiled-function.ts"
import { simulationTable } from "../../report/simulation-table.ts"
import { shapedResults, stepOfKey } from "../../simulation/shaped-results.ts"
import { simulate as play } from "../../simulation/simulate.ts"
import { assertSimulable } from "../../simulation/unsupported.ts"
import { openWorld } from "../../simulation/world.ts"
import type { Goal } from "../../workflow/goal.ts"
import { offlineEstimator } from "../composition.ts"
import { loadProject } from "../config.ts"
import { EXIT } from "../exit-codes.ts"
import { goalOf, type GoalFlags } from "../goal.ts"
import { loadOf } from "../load.ts"
import { parseLoad, type LoadSpec } from "../load-spec.ts"
import type { CommandContext } from "../main.ts"
import { assertProfiled } from "../planning.ts"
import { chosenPolicy } from "../simulation-policy.ts"
import { reportOf, writeSimulation, type DrawnRun } from "../simulation-output.ts"

export interface SimulateFlags extends GoalFlags {
  readonly runs?: number
  readonly arrivals?: LoadSpec
  readonly platform?: string
  readonly policy?: string
  readonly planner?: string
  readonly seed?: number
  readonly faults?: string
  readonly input?: string
  readonly prewarm?: boolean
  readonly html?: string
  readonly csv?: string
  readonly draw?: DrawnRun
}

const RUNS = 200

/** Starts and transfers as the profile has them, on AWS Lambda's limits, prices and lives of instances. */
const MEASURED = "measured"

/**
 * `trimtab simulate`: plays many runs in virtual time with the real engine. Nothing is packaged, started or called.
 * Exit 3 when the goal surely is missed: the whole interval of the attainment lies below what it asks for.
 */
export async function simulate(context: CommandContext, flags: SimulateFlags): Promise<number> {
  const { terminal, cwd, configFile, signal } = context
  const project = await loadProject({ file: configFile, cwd })
  const { workflow } = project
  assertSimulable(workflow)
  const goal = goalOf(flags, workflow)
  const platform = flags.platform ?? MEASURED
  const parameters = preset(platform === MEASURED ? "lambda" : platform)
  const spec = flags.arrivals ?? parseLoad("closed:1")
  const load = await loadOf(spec, (file) => readText(resolve(cwd, file)))
  const faults = flags.faults === undefined ? NO_FAULTS : await readFaults(resolve(cwd, flags.faults))
  const { estimator } = await offlineEstimator(project, parameters.limits)
  assertProfiled(workflow, estimator)
  const { policy, planner, seed = 1, runs = RUNS } = flags
  const chosen = chosenPolicy({ workflow, goal, estimator, limits: parameters.limits, policy, planner })
  const shaped = shapedResults(workflow, (step) => estimator.expectedTasks(step))
  const delays = platform === MEASURED ? "measured" : "platform"
  const behaviour = profiledFunction({
    estimator,
    delays,
    resultsOf: shaped.resultsOf,
    stepOf: ({ functionName, key }) => stepOfKey(key) ?? firstStepOf(workflow.steps, functionName),
  })
  const world = await openWorld({
    workflow,
    parameters,
    seed,
    faults,
    behaviourOf: () => behaviour,
    policyFor: () => chosen.create(),
    prewarm: flags.prewarm !== false,
  })
  try {
    const input = flags.input === undefined ? shaped.input : await readInput(flags.input, cwd)
    const beganMs = realClock.monotonicMs()
    const simulated = await play({
      world,
      workflow,
      goal,
      input,
      load,
      runs,
      seed,
      signal,
      onProgress: ({ ended, virtualMs }) => {
        const left = ((realClock.monotonicMs() - beganMs) / ended) * (runs - ended)
        terminal.progress(
          `${ended} of ${runs} runs, ${formatMs(virtualMs)} of virtual time, about ${formatMs(left)} left`,
        )
      },
    })
    terminal.done()
    const outcome = {
      workflow: workflow.name,
      goal,
      policy: chosen.name,
      load: spec.text,
      seed,
      platform: platform === MEASURED ? `as measured, on the limits of ${parameters.name}` : `on ${platform}`,
      parameters,
      world,
      simulated,
    }
    const report = reportOf(outcome)
    const { html, csv, draw = "median" } = flags
    await writeSimulation(outcome, report, { terminal, cwd, html, csv, draw })
    terminal.result(report, () => simulationTable(report, terminal))
    return exitOf(report.attainment, goal)
  } finally {
    await world.close()
  }
}

function exitOf({ high }: { readonly high: number }, { percentile }: Goal): number {
  return high < percentile ? EXIT.goal : EXIT.ok
}

function firstStepOf(
  steps: readonly { readonly name: string; readonly function: string }[],
  functionName: string,
): string {
  return steps.find((step) => step.function === functionName)?.name ?? functionName
}

async function readFaults(path: string): Promise<FaultPlan> {
  return parseFaults(parseJson(await readText(path), path), path)
}

/** JSON, or a file that holds it. Files in it are not read: no function does. */
async function readInput(text: string, cwd: string): Promise<Json> {
  const isJson = /^\s*[[{"\d-]|^\s*(null|true|false)\s*$/.test(text)
  const value = isJson ? parseJson(text, "--input") : parseJson(await readText(resolve(cwd, text)), text)
  return value as Json // what JSON.parse gave
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new TrimtabError("usage", `${source} holds no JSON: ${messageOf(error)}`, { where: source, cause: error })
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8")
  } catch (error) {
    throw new TrimtabError("usage", `${path} cannot be read: ${messageOf(error)}`, { where: path, cause: error })
  }
}
