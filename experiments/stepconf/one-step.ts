import {
  type Decision,
  lawFunction,
  type Policy,
  shapedResults,
  type StepConfig,
  type Workflow,
} from "../../src/index.ts"
import type { Setting } from "./setting.ts"

/** One step of a workflow as a workflow of its own, so that it can be measured by itself. */
export function aloneWorkflow({ paper }: Setting, step: string): Workflow {
  const found = paper.workflow.steps.find(({ name }) => name === step)!
  const { functions } = paper.workflow
  return { name: `${paper.name}-${step}`, functions: { [step]: functions[step]! }, steps: [{ ...found, after: [] }] }
}

/** The setting of that workflow. */
export function aloneSetting(setting: Setting, step: string, tasks: number): Setting {
  const workflow = aloneWorkflow(setting, step)
  const shaped = shapedResults(workflow, () => tasks)
  const { mbPerVcpu } = setting.limits
  const behaviour = lawFunction(setting.paper.lawOf(step), { mbPerVcpu, resultsOf: shaped.resultsOf })
  return {
    ...setting,
    paper: { ...setting.paper, workflow, tasksOf: () => tasks },
    behaviourOf: () => behaviour,
    input: shaped.input,
  }
}

/** A policy that takes what it is told to take: for measurements, which plan nothing. */
export function fixedPolicy(configOf: () => StepConfig): Policy {
  return {
    name: "fixed",
    decide: ({ nowMs }): Decision => ({
      config: configOf(),
      reason: "to be measured",
      runnerUp: null,
      predicted: NOTHING,
      latestFinishMs: nowMs,
      infeasible: false,
    }),
  }
}

const NOTHING: Decision["predicted"] = {
  latencyMs: 0,
  mappingDelayMs: 0,
  downloadMs: 0,
  computeMs: 0,
  uploadMs: 0,
  percentileMs: 0,
  costUsd: 0,
  coldStarts: 0,
}
