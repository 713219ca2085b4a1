import { isObject } from "../base/json.ts"
import type { InstanceSample, Sample, StepSample } from "./sample.ts"

/** A row of a profile: a sample, or why it is none. */
export type ValidatedSample =
  | { readonly kind: "sample"; readonly sample: Sample }
  | { readonly kind: "rejected"; readonly reason: string }

/** No invocation lasts longer than a day: more is a clock that jumped or a unit that was mixed up. */
const MAX_MS = 86_400_000
const MAX_MB = 1_048_576
const MAX_BYTES = 1e11
const MAX_COUNT = 1e6
/** Wall instants: up to the year 5138. */
const MAX_AT_MS = 1e14

type Limits = Readonly<Record<string, readonly [least: number, most: number]>>

const INSTANCE_NUMBERS: Limits = {
  atMs: [0, MAX_AT_MS],
  memoryMB: [1, MAX_MB],
  initMs: [0, MAX_MS],
  downloadMs: [0, MAX_MS],
  computeMs: [0, MAX_MS],
  uploadMs: [0, MAX_MS],
  downloadBytes: [0, MAX_BYTES],
  uploadBytes: [0, MAX_BYTES],
  downloadObjects: [0, MAX_COUNT],
  uploadObjects: [0, MAX_COUNT],
  durationMs: [0, MAX_MS],
  billedMs: [0, MAX_MS],
  maxMemoryUsedMB: [0, MAX_MB],
  peakProcessMB: [0, MAX_MB],
}
const INSTANCE_COUNTS: Limits = { processes: [1, 1024], tasks: [1, MAX_COUNT] }
const AGGREGATE_COUNTS: Limits = { runs: [1, MAX_COUNT] }
const STEP_NUMBERS: Limits = { atMs: [0, MAX_AT_MS], mappingDelayMs: [0, MAX_MS], wallMs: [0, MAX_MS] }
const STEP_COUNTS: Limits = { tasks: [1, MAX_COUNT], cold: [0, MAX_COUNT] }
const CONFIG_NUMBERS: Limits = { memoryMB: [1, MAX_MB] }
const CONFIG_COUNTS: Limits = { instances: [1, MAX_COUNT], processes: [1, 1024] }

const PREDICTED_NUMBERS: Limits = { medianMs: [0, MAX_MS], percentileMs: [0, MAX_MS], percentile: [0.001, 0.9999] }
const STRETCH: Limits = { stretch: [0.01, 100] }
const PREDICTED_COUNTS: Limits = { coldStarts: [0, MAX_COUNT] }

const SOURCES: ReadonlySet<unknown> = new Set(["campaign", "run", "log", "import"])
const OUTCOMES: ReadonlySet<unknown> = new Set(["ok", "out-of-memory", "timeout", "error"])

/** Checks one parsed row of a profile. Never throws; the reason names the field and its value. */
export function validateSample(row: unknown): ValidatedSample {
  if (!isObject(row)) return rejected("not an object")
  const reason = commonProblem(row) ?? (row["kind"] === "instance" ? instanceProblem(row) : stepProblem(row))
  if (reason !== null) return rejected(reason)
  // Every field of the interface was checked above.
  return { kind: "sample", sample: row as unknown as Sample }
}

function rejected(reason: string): ValidatedSample {
  return { kind: "rejected", reason }
}

function commonProblem(row: Record<string, unknown>): string | null {
  if (row["kind"] !== "instance" && row["kind"] !== "step") return `kind is ${show(row["kind"])}`
  if (!SOURCES.has(row["source"])) return `source is ${show(row["source"])}`
  if (typeof row["contended"] !== "boolean") return `contended is ${show(row["contended"])}`
  if (typeof row["enforced"] !== "string") return `enforced is ${show(row["enforced"])}`
  if (typeof row["codeSha256"] !== "string") return `codeSha256 is ${show(row["codeSha256"])}`
  return null
}

function instanceProblem(row: Record<string, unknown>): string | null {
  if (!OUTCOMES.has(row["outcome"])) return `outcome is ${show(row["outcome"])}`
  if (typeof row["cold"] !== "boolean") return `cold is ${show(row["cold"])}`
  const problem = numberProblem(row, INSTANCE_NUMBERS) ?? countProblem(row, INSTANCE_COUNTS)
  if (problem !== null) return problem
  if (row["outcome"] === "ok" && row["durationMs"] === 0) return "durationMs is 0 of an invocation that ended well"
  return optionalProblem(row)
}

function optionalProblem({ id, aggregate }: Record<string, unknown>): string | null {
  if (id !== undefined && (typeof id !== "string" || id === "" || id.length > 200)) return `id is ${show(id)}`
  if (aggregate === undefined) return null
  if (!isObject(aggregate)) return `aggregate is ${show(aggregate)}`
  return countProblem(aggregate, AGGREGATE_COUNTS)
}

function stepProblem(row: Record<string, unknown>): string | null {
  const config = row["config"]
  if (!isObject(config)) return `config is ${show(config)}`
  const problem =
    numberProblem(row, STEP_NUMBERS) ??
    countProblem(row, STEP_COUNTS) ??
    numberProblem(config, CONFIG_NUMBERS) ??
    countProblem(config, CONFIG_COUNTS)
  if (problem !== null) return problem
  const [cold, instances] = [row["cold"], config["instances"]]
  if (typeof cold === "number" && typeof instances === "number" && cold > instances) {
    return `cold is ${cold} of ${instances} instances`
  }
  return predictedProblem(row["predicted"])
}

function predictedProblem(predicted: unknown): string | null {
  if (predicted === undefined) return null
  if (!isObject(predicted)) return `predicted is ${show(predicted)}`
  const problem = numberProblem(predicted, PREDICTED_NUMBERS) ?? countProblem(predicted, PREDICTED_COUNTS)
  if (problem !== null) return `predicted.${problem}`
  const stretch = predicted["stretch"] === undefined ? null : numberProblem(predicted, STRETCH)
  return stretch === null ? null : `predicted.${stretch}`
}

function numberProblem(row: Record<string, unknown>, limits: Limits): string | null {
  for (const [field, [least, most]] of Object.entries(limits)) {
    const value = row[field]
    if (typeof value !== "number" || !(value >= least && value <= most)) return `${field} is ${show(value)}`
  }
  return null
}

function countProblem(row: Record<string, unknown>, limits: Limits): string | null {
  const problem = numberProblem(row, limits)
  if (problem !== null) return problem
  const field = Object.keys(limits).find((name) => !Number.isInteger(row[name]))
  return field === undefined ? null : `${field} is ${show(row[field])}, not a whole number`
}

function show(value: unknown): string {
  if (value === undefined) return "missing"
  const text = typeof value === "number" ? String(value) : JSON.stringify(value)
  return text.length > 40 ? `${text.slice(0, 37)}...` : text
}

/** True for a sample whose numbers can be used; the estimator drops the others silently, the reader names them. */
export function isUsable(sample: InstanceSample | StepSample): boolean {
  return validateSample(sample).kind === "sample"
}
