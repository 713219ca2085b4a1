import { readFile } from "node:fs/promises"
import { resolve } from "node:path"
import { messageOf, TrimtabError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import type { HedgeMode } from "../engine/hedge-mode.ts"
import type { PrewarmRuleName } from "../engine/prewarm-rule.ts"
import type { Estimator } from "../estimation/estimator.ts"
import { NO_FAULTS, parseFaults, type FaultPlan } from "../platforms/simulated/faults.ts"
import type { FunctionBehaviour } from "../platforms/simulated/function-behaviour.ts"
import type { PlatformParameters } from "../platforms/simulated/parameters.ts"
import { preset } from "../platforms/simulated/presets.ts"
import { profiledFunction } from "../platforms/simulated/profiled-function.ts"
import { shapedResults, stepOfKey } from "../simulation/shaped-results.ts"
import type { Load } from "../simulation/simulate.ts"
import { assertSimulable } from "../simulation/unsupported.ts"
import type { Goal } from "../workflow/goal.ts"
import type { Workflow } from "../workflow/workflow.ts"
import { offlineEstimator } from "./composition.ts"
import { loadProject } from "./config.ts"
import { goalOf, type GoalFlags } from "./goal.ts"
import { loadOf } from "./load.ts"
import { parseLoad, type LoadSpec } from "./load-spec.ts"
import type { CommandContext } from "./main.ts"
import { assertProfiled } from "./planning.ts"

/** What simulations are told, of one strategy or of many. */
export interface SimulationFlags extends GoalFlags {
  readonly runs?: number
  readonly arrivals?: LoadSpec
  readonly platform?: string
  readonly seed?: number
  readonly faults?: string
  readonly input?: string
  readonly prewarm?: PrewarmRuleName
  readonly hedge?: HedgeMode
  readonly html?: string
  readonly csv?: string
}

/** Everything that a simulation plays in, save who decides. */
export interface SimulationSetup {
  readonly workflow: Workflow
  readonly goal: Goal
  readonly parameters: PlatformParameters
  /** Of the platform, for people. */
  readonly platform: string
  readonly load: Load
  readonly loadText: string
  readonly faults: FaultPlan
  readonly estimator: Estimator
  readonly behaviour: FunctionBehaviour
  readonly input: Json
  readonly runs: number
  readonly seed: number
  readonly prewarm: PrewarmRuleName
  readonly hedge: HedgeMode
}

const RUNS = 200

/** Starts and transfers as the profile has them, on AWS Lambda's limits, prices and lives of instances. */
const MEASURED = "measured"

/**
 * Reads a project and its profiles; nothing is packaged, started or called.
 * @throws TrimtabError `usage` for files and flags, `unsupported` for shapes that hang on outputs, what is not profiled
 */
export async function simulationSetup(
  { cwd, configFile }: CommandContext,
  flags: SimulationFlags,
): Promise<SimulationSetup> {
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
  const shaped = shapedResults(workflow, (step) => estimator.expectedTasks(step))
  const behaviour = profiledFunction({
    estimator,
    delays: platform === MEASURED ? "measured" : "platform",
    resultsOf: shaped.resultsOf,
    stepOf: ({ functionName, key }) => stepOfKey(key) ?? firstStepOf(workflow.steps, functionName),
  })
  const { seed = 1, runs = RUNS, prewarm = "newsvendor", hedge = "steps" } = flags
  return {
    workflow,
    goal,
    parameters,
    platform: platform === MEASURED ? `as measured, on the limits of ${parameters.name}` : `on ${platform}`,
    load,
    loadText: spec.text,
    faults,
    estimator,
    behaviour,
    input: flags.input === undefined ? shaped.input : await readInput(flags.input, cwd),
    runs,
    seed,
    prewarm,
    hedge,
  }
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
