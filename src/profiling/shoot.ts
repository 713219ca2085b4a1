import { TrimtabError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import { validateSample } from "../estimation/sample-validation.ts"
import type { InstanceSample, Sample, StepSample } from "../estimation/sample.ts"
import { type FunctionPackage, variantName, variantOf } from "../platforms/platform.ts"
import { partsOf } from "../workflow/tasks.ts"
import { callInstance, type InstanceEnd, type Place } from "./call-instance.ts"
import { isContended, sampleOfRecord } from "./sample-of-record.ts"
import type { StepConfig } from "../workflow/config.ts"

/** Tasks that some instances of one size run together. */
export interface Volley {
  readonly pkg: FunctionPackage
  readonly config: StepConfig
  readonly tasks: readonly Json[]
  readonly key: string
  readonly timeoutMs: number
}

/** What came of it. */
export interface Shots {
  readonly ends: readonly InstanceEnd[]
  readonly samples: readonly Sample[]
  /** In task order; empty when an instance failed. */
  readonly results: readonly Json[]
  /** The first instance that failed, if any did. */
  readonly failure: InstanceEnd | null
  readonly contended: boolean
}

/** Starts the instances together and waits for all. Every instance that ran gives a sample, failed ones too. */
export async function shoot(place: Place, volley: Volley): Promise<Shots> {
  const { pkg, config, key } = volley
  const parts = partsOf(volley.tasks, config.instances)
  const variant = variantOf(pkg.functionName, config.memoryMB)
  const sentAtMs = place.platform.clock.nowMs()
  const ends = await Promise.all(
    parts.map((tasks, part) =>
      callInstance(place, {
        variant,
        tasks,
        processes: config.processes,
        part: [part, parts.length],
        call: "handler",
        key: `${key}/${part}`,
        timeoutMs: volley.timeoutMs,
      }),
    ),
  )
  const failure = ends.find((end) => end.outcome !== "ok") ?? null
  const samples: Sample[] = ends.map((end, part) => instanceSample(end, volley, parts[part]!.length))
  const whole = failure === null ? stepSample(ends, volley, sentAtMs) : null
  return {
    ends,
    samples: whole === null ? samples : [...samples, whole],
    results: failure === null ? ends.flatMap((end) => end.results) : [],
    failure,
    contended: ends.some((end) => isContended(end.record)),
  }
}

/** @throws TrimtabError `platform-refused` when the platform measured something else than was asked. */
function instanceSample(end: InstanceEnd, { pkg, config }: Volley, tasks: number): InstanceSample {
  const made = sampleOfRecord(end.record, {
    source: "campaign",
    outcome: end.outcome,
    memoryMB: config.memoryMB,
    processes: config.processes,
    tasks,
    codeSha256: pkg.codeSha256,
  })
  if (made.kind === "sample" && made.sample.kind === "instance") return made.sample
  const where = variantName(variantOf(pkg.functionName, config.memoryMB))
  const reason = made.kind === "rejected" ? made.reason : "no invocation"
  throw new TrimtabError("platform-refused", `${where}: its measurement cannot be used: ${reason}`, { where })
}

/** The volley as one execution of a step; null when its times make no sense. */
function stepSample(ends: readonly InstanceEnd[], { pkg, config, tasks }: Volley, sentAtMs: number): StepSample | null {
  const since = (atMs: number, end: InstanceEnd): number =>
    Math.max(0, atMs - sentAtMs - (end.record.admissionWaitMs ?? 0))
  const sample: StepSample = {
    kind: "step",
    atMs: Math.max(...ends.map((end) => end.record.endedAtMs)),
    source: "campaign",
    config: { ...config, instances: ends.length },
    tasks: tasks.length,
    cold: ends.filter((end) => end.record.coldStart).length,
    mappingDelayMs: Math.max(...ends.map((end) => since(end.record.startedAtMs, end))),
    wallMs: Math.max(...ends.map((end) => since(end.record.endedAtMs, end))),
    contended: ends.some((end) => isContended(end.record)),
    enforced: ends[0]!.record.enforced ?? "none",
    codeSha256: pkg.codeSha256,
  }
  return validateSample(sample).kind === "sample" ? sample : null
}
