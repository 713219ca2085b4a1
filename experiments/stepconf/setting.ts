import {
  awsLambdaPricing,
  type FunctionBehaviour,
  type Json,
  lawFunction,
  type PlatformLimits,
  type PlatformParameters,
  type PresetName,
  shapedResults,
  simulatedPreset,
} from "../../src/index.ts"
import type { PaperWorkflow } from "../workflows/paper-workflow.ts"

/** A workflow of an evaluation on a platform of it. */
export interface Setting {
  readonly paper: PaperWorkflow
  readonly platform: PresetName
  readonly parameters: PlatformParameters
  readonly limits: PlatformLimits
  readonly rates: { readonly usdPerGbSecond: number; readonly usdPerRequest: number }
  readonly behaviourOf: (functionName: string) => FunctionBehaviour
  readonly input: Json
}

/** The platform with so many times the spread of its compute times; no number of that preset is changed at 1. */
function noisier(parameters: PlatformParameters, factor: number): PlatformParameters {
  const { noise } = parameters
  const spread = { invocationSd: factor * noise.invocationSd, instanceSd: factor * noise.instanceSd }
  return { ...parameters, noise: { ...noise, ...spread } }
}

/** The simulated platform of that preset with the workflow's functions on it. AWS prices, as in the paper. */
export function settingOf(paper: PaperWorkflow, platform: PresetName, noise = 1): Setting {
  const parameters = noisier(simulatedPreset(platform), noise)
  const shaped = shapedResults(paper.workflow, paper.tasksOf)
  const { usdPerGbSecond, usdPerRequest } = awsLambdaPricing()
  const behaviours = new Map(
    paper.workflow.steps.map(({ name }) => [
      name,
      lawFunction(paper.lawOf(name), { mbPerVcpu: parameters.limits.mbPerVcpu, resultsOf: shaped.resultsOf }),
    ]),
  )
  return {
    paper,
    platform,
    parameters,
    limits: parameters.limits,
    rates: { usdPerGbSecond, usdPerRequest },
    behaviourOf: (name) => behaviours.get(name)!,
    input: shaped.input,
  }
}
