import type { Sample, SampleOutcome, SampleSource, StepPredicted, StepSample } from "../estimation/sample.ts"
import { validateSample } from "../estimation/sample-validation.ts"
import type { InvocationRecord } from "../protocol/invocation-record.ts"
import type { RunResult, StepResult } from "../workflow/run-result.ts"
import type { ProfileStore } from "./profile-store.ts"
import { sampleOfRecord } from "./sample-of-record.ts"

/** One ended invocation of a run, as the engine tells it. */
export interface EndedInvocation {
  readonly call: "tasks" | "split" | "merge"
  readonly outcome: string
  readonly tasks: number
  readonly processes: number
  readonly record: InvocationRecord
}

export interface RunRecorderOptions {
  readonly profiles: ProfileStore
  readonly source: SampleSource
  /** Hash of a function's code that ran. */
  codeSha256(functionName: string): string
}

/** Turns what a run measured into samples: profiles learn from every run. */
export interface RunRecorder {
  /** Tell it every invocation as it ends. */
  observe(invocation: EndedInvocation): void
  /** Appends what was observed, and the steps of the result, to the profiles. Returns the number of samples. */
  save(result: RunResult): Promise<number>
}

/** What the platform's outcomes say about the function; the others (throttled, refused, unavailable) say nothing. */
const OUTCOMES: Readonly<Record<string, SampleOutcome>> = {
  ok: "ok",
  "function-error": "error",
  "out-of-memory": "out-of-memory",
  timeout: "timeout",
}

/** A recorder for one run. */
export function runRecorder(options: RunRecorderOptions): RunRecorder {
  const samples = new Map<string, Sample[]>()
  const add = (functionName: string, sample: Sample): void => {
    samples.set(functionName, [...(samples.get(functionName) ?? []), sample])
  }
  return {
    observe: ({ call, outcome, tasks, processes, record }) => {
      const known = OUTCOMES[outcome]
      if (call !== "tasks" || known === undefined) return
      const { memoryMB, functionName } = record
      const codeSha256 = options.codeSha256(functionName)
      const context = { source: options.source, outcome: known, memoryMB, processes, tasks, codeSha256 }
      const made = sampleOfRecord(record, context)
      if (made.kind === "sample") add(functionName, made.sample)
    },
    save: async (result) => {
      for (const [functionName, sample] of stepSamples(result, options)) {
        const contended = (samples.get(functionName) ?? []).some((other) => other.contended)
        add(functionName, { ...sample, contended })
      }
      let count = 0
      for (const [functionName, list] of samples) {
        await options.profiles.append(functionName, list)
        count += list.length
      }
      samples.clear()
      return count
    },
  }
}

/** The whole-step samples of a run: steps that succeeded in their first attempt without a retry. */
export function stepSamples(
  result: RunResult,
  options: Pick<RunRecorderOptions, "source" | "codeSha256">,
): [string, StepSample][] {
  return result.steps.flatMap((step): [string, StepSample][] => {
    if (step.status !== "succeeded" || step.attempts !== 1 || step.retryMs > 0 || step.tasks === 0) return []
    const sample = stepSample(result, step, options)
    return validateSample(sample).kind === "sample" ? [[step.function, sample]] : []
  })
}

function stepSample(
  result: RunResult,
  step: StepResult,
  { source, codeSha256 }: Pick<RunRecorderOptions, "source" | "codeSha256">,
): StepSample {
  const predicted = predictedOf(result, step)
  return {
    kind: "step",
    atMs: Math.max(0, result.startedAtWallMs + step.endedAtMs),
    source,
    config: step.config,
    tasks: step.tasks,
    cold: Math.min(step.coldStarts, step.config.instances),
    mappingDelayMs: step.mappingDelayMs,
    wallMs: Math.max(0, step.measuredMs - step.queueMs),
    contended: false,
    enforced: result.enforcement,
    codeSha256: codeSha256(step.function),
    ...(predicted === undefined ? {} : { predicted }),
  }
}

/** Undefined for steps of policies that predict nothing. */
function predictedOf({ goal }: RunResult, { predictedMs, predicted }: StepResult): StepPredicted | undefined {
  const { percentileMs, coldStarts, stretch } = predicted
  if (!(predictedMs > 0 && percentileMs >= predictedMs)) return undefined
  const told = { medianMs: predictedMs, percentile: goal.percentile, percentileMs, coldStarts }
  return stretch === undefined ? told : { ...told, stretch }
}
