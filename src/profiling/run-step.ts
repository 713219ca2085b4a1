import type { Json } from "../base/json.ts"
import { TrimtabError } from "../base/errors.ts"
import { type StepConfig, valuesOf } from "../workflow/config.ts"
import { goesOn } from "../workflow/condition.ts"
import { mergeExport, mergeResults, splitExport, tasksOf } from "../workflow/tasks.ts"
import type { StepBench } from "./bench.ts"
import { referenceConfig } from "./reference-config.ts"
import type { Shots } from "./shoot.ts"
import { describeStep, type StepData } from "./step-data.ts"

/** Tries of the whole step before a handler that throws ends the campaign: once may be chance. */
const TRIES = 2

/** What a step is run on. */
export interface StepWork {
  readonly input: Json
  /** Of a step with a map: the elements of its list. */
  readonly mapped: readonly Json[] | null
}

/**
 * Runs a step as a whole to learn its tasks and its output, measured like everything else; a loop to its end, of which
 * the tasks are those of its first execution. A size that is too small is a data point and a larger one is tried.
 * @throws TrimtabError `handler-failed`, naming step, function, size and error.
 */
export async function runStep(bench: StepBench, work: StepWork): Promise<StepData> {
  const { loop } = bench.step
  const first = await runOnce(bench, work)
  if (loop === undefined) return first
  let { output } = first
  for (let executions = 1; goesOn(loop, executions, output); executions++)
    ({ output } = await runOnce(bench, { input: output, mapped: null }))
  return { tasks: first.tasks, output }
}

async function runOnce(bench: StepBench, { input, mapped }: StepWork): Promise<StepData> {
  const { step } = bench
  const split = splitExport(step)
  const memoryMB = referenceFor(bench, 1).memoryMB
  if (split !== null || mergeExport(step) !== null) await bench.deploy([memoryMB])
  const tasks = mapped ?? tasksOf(step, split === null ? input : await bench.call(split, input, memoryMB))
  const results = tasks.length === 0 ? [] : await runTasks(bench, tasks)
  const merge = mergeExport(step)
  const output = merge === null ? mergeResults(step, results) : await bench.call(merge, results, memoryMB)
  return { tasks, output }
}

/** The configuration of the reference run, above every size that is known to be too small. */
export function referenceFor(bench: StepBench, tasks: number): StepConfig {
  const { step, limits, threads, samples, pkg } = bench
  const config = referenceConfig({ space: step.configSpace, limits, threads, tasks })
  const failed = samples.map((sample) =>
    sample.kind === "instance" && sample.codeSha256 === pkg.codeSha256 && sample.outcome === "out-of-memory"
      ? sample.memoryMB
      : 0,
  )
  const floorMB = failed.reduce((most, memoryMB) => Math.max(most, memoryMB), 0)
  if (config.memoryMB > floorMB) return config
  const sizes = valuesOf(step.configSpace.memoryMB)
  return {
    ...config,
    memoryMB: sizes.find((memoryMB) => memoryMB > floorMB) ?? sizes.at(-1)!,
    instances: step.configSpace.instances.min,
  }
}

async function runTasks(bench: StepBench, tasks: readonly Json[]): Promise<readonly Json[]> {
  for (let tries = 1; ;) {
    const config = referenceFor(bench, tasks.length)
    await bench.deploy([config.memoryMB])
    const shots = await bench.fire(config, tasks, "outputs")
    if (shots.failure === null) return shots.results
    const { outcome } = shots.failure
    if (outcome === "out-of-memory" && referenceFor(bench, tasks.length).memoryMB > config.memoryMB) continue
    if (outcome === "out-of-memory" || tries >= TRIES) throw failed(bench, config, shots.failure)
    tries++
  }
}

function failed(
  { step, pkg }: StepBench,
  { memoryMB }: StepConfig,
  failure: NonNullable<Shots["failure"]>,
): TrimtabError {
  const where = `${pkg.functionName}:${memoryMB}MB`
  if (failure.outcome === "out-of-memory") {
    const text = `${describeStep(step)} runs out of memory at every size up to ${memoryMB} MB, the largest of its configSpace`
    return new TrimtabError("handler-failed", text, { where, fix: "allow more memory in its configSpace" })
  }
  const fix = failure.outcome === "timeout" ? "raise its timeoutMs, or make its tasks smaller" : "correct the handler"
  return new TrimtabError("handler-failed", `${describeStep(step)} failed at ${memoryMB} MB: ${failure.message}`, {
    where,
    fix,
  })
}
