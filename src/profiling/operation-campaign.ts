import { TrimtabError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import type { OperationProfile, OperationSource } from "../estimation/operation-profile.ts"
import type { CostLine } from "../pricing/pricing.ts"
import type { Step } from "../workflow/workflow.ts"
import { type BenchParts, keyOf, type StepBench, stepBench, sweep } from "./bench.ts"
import { extendProfile } from "./extended-profile.ts"
import { type CountingTool, findCountingTool } from "./instruction-count.ts"
import type { OperationRecord } from "./operation-lines.ts"
import { profileOperations } from "./operation-profile.ts"
import { newestOf, type OperationStore } from "./operation-store.ts"
import { dataKeys } from "./step-data.ts"
import { benchParts, knownStepData, packageOf, type WalkOptions, workOf } from "./step-walk.ts"
import { spread } from "./visit.ts"

/** Where a local run has whole cores. */
export interface FullCpu {
  /** A size with all of them. */
  readonly memoryMB: number
  readonly cores: number
  /** Scheduler period of the platform, ms. */
  readonly periodMs: number
  /** True where the platform holds single-thread functions below one core: the run is then declared to have several. */
  readonly liftsLimit: boolean
}

export interface OperationCampaignOptions extends WalkOptions {
  readonly operations: OperationStore
  readonly source: OperationSource
  readonly fullCpu: FullCpu
  /** Finds what counts instructions for the extended source; the best tool of this machine where absent. */
  readonly findTool?: () => Promise<CountingTool>
}

/** What is known of one function now. */
export interface FunctionOperations {
  readonly functionName: string
  /** `idle`: its step got no tasks, so there was nothing to run. */
  readonly state: "measured" | "known" | "idle"
  /** Null where idle. */
  readonly record: OperationRecord | null
}

export interface OperationCampaignReport {
  readonly source: OperationSource
  readonly functions: readonly FunctionOperations[]
  readonly invocations: number
  readonly elapsedMs: number
  readonly costUsd: number
  readonly costLines: readonly CostLine[]
}

/** Tasks of a local run at most: some, since tasks of one step differ; few, since it is made five times at least. */
const MOST_TASKS = 4

/**
 * Profiles the basic operations of every function of a workflow, one local run each. Steps are run as a whole as far as
 * that takes to know the inputs of functions that are not profiled yet, which leaves samples in their profiles too.
 *
 * O1. What was profiled of the present code by this source is not run again; each function is kept when it is done, so
 *     a campaign that was cut off goes on where it was.
 * O2. Functions run one at a time, with all cores.
 * O3. The extended source keeps the portable profile beside its own: it is one of the runs it takes.
 *
 * @throws TrimtabError `handler-failed`, `packaging`, `missing-package` where nothing counts instructions,
 *   `platform-refused`, `platform-unavailable`, `profile-corrupt`; and the reason of `signal`.
 */
export async function profileWorkflowOperations(options: OperationCampaignOptions): Promise<OperationCampaignReport> {
  const { workflow, input } = options
  const parts = benchParts(options)
  const known = await knownRecords(options)
  // Before anything is run: without a tool there is nothing to begin.
  const tool = options.source === "extended" ? await (options.findTool ?? findCountingTool)() : null
  const steps = neededSteps(workflow.steps, known)
  parts.ledger.total = steps.length
  const keys = dataKeys(workflow, options.packages, input)
  const outputs = new Map<string, Json>()
  const found = new Map<string, FunctionOperations>(
    [...known].map(([functionName, record]) => [functionName, { functionName, state: "known", record }]),
  )
  for (const step of steps) {
    options.signal.throwIfAborted()
    const work = workOf(step, outputs, input)
    if (work === null) {
      if (!found.has(step.function))
        found.set(step.function, { functionName: step.function, state: "idle", record: null })
      parts.ledger.done++
      continue
    }
    const bench = await stepBench(parts, step, packageOf(options, step))
    const data = await knownStepData(bench, { key: keys.get(step.name)!, work, options })
    outputs.set(step.name, data.output)
    const open = found.get(step.function)
    // A function of several steps may find tasks in a later one.
    if (open === undefined || open.state === "idle")
      found.set(step.function, await profileOne(options, { parts, bench, tasks: data.tasks, tool }))
    parts.ledger.done++
  }
  parts.tell("done")
  return reportOf(options, parts, found)
}

/** Records of the present code, by function. */
async function knownRecords(options: OperationCampaignOptions): Promise<ReadonlyMap<string, OperationRecord>> {
  const { operations, source, workflow } = options
  const known = new Map<string, OperationRecord>()
  for (const step of workflow.steps) {
    const codeSha256 = packageOf(options, step).codeSha256
    const record = newestOf(await operations.read(step.function), { source, codeSha256 })
    if (record !== null) known.set(step.function, record)
  }
  return known
}

/** Steps up to the last whose function is not known: the inputs of later ones are not asked for. */
function neededSteps(steps: readonly Step[], known: ReadonlyMap<string, unknown>): readonly Step[] {
  return steps.slice(0, steps.findLastIndex((step) => !known.has(step.function)) + 1)
}

interface Subject {
  readonly parts: BenchParts
  readonly bench: StepBench
  /** Of the whole step. */
  readonly tasks: readonly Json[]
  /** Null for the portable source. */
  readonly tool: CountingTool | null
}

async function profileOne(options: OperationCampaignOptions, subject: Subject): Promise<FunctionOperations> {
  const { pkg } = subject.bench
  const { functionName, codeSha256 } = pkg
  if (subject.tasks.length === 0) return { functionName, state: "idle", record: null }
  const tasks = spread(subject.tasks, MOST_TASKS)
  const record = (profile: OperationProfile): OperationRecord => ({
    atMs: Math.round(options.clock.nowMs()),
    codeSha256,
    tasks: tasks.length,
    profile,
  })
  const known = newestOf(await options.operations.read(functionName), { source: "portable", codeSha256 })
  const first = known?.tasks === tasks.length ? known : record(await localRun(options, subject, tasks))
  if (first !== known) await options.operations.append(functionName, first)
  if (subject.tool === null) return { functionName, state: "measured", record: first }
  subject.parts.tell(`${subject.bench.step.name}: counting instructions`)
  const { environment } = options
  const request = { pkg, tasks, environment, tool: subject.tool, signal: options.signal }
  const extended = record(await extendProfile(first.profile, request))
  await options.operations.append(functionName, extended)
  return { functionName, state: "measured", record: extended }
}

async function localRun(
  { fullCpu, environment }: OperationCampaignOptions,
  { parts, bench }: Subject,
  tasks: readonly Json[],
): Promise<OperationProfile> {
  const { step, pkg } = bench
  const { place, ledger } = parts
  const key = keyOf(parts, step)
  parts.tell(`${step.name}: a local run`)
  try {
    const profile = await profileOperations(place, {
      pkg: fullCpu.liftsLimit ? { ...pkg, threads: "multi" } : pkg,
      tasks,
      memoryMB: fullCpu.memoryMB,
      environment,
      timeoutMs: Math.min(step.timeoutMs, place.platform.limits.timeoutMs),
      periodMs: fullCpu.periodMs,
      key,
      onRecord: (record) => {
        ledger.add(record)
        parts.tell(`${step.name}: a local run`)
      },
    })
    return { ...profile, local: { ...profile.local, cores: fullCpu.cores } }
  } catch (error) {
    throw error instanceof TrimtabError && error.code === "handler-failed" ? named(error, step) : error
  } finally {
    await sweep(place, key)
  }
}

function named(error: TrimtabError, step: Step): TrimtabError {
  return new TrimtabError("handler-failed", `step ${step.name}: ${error.message}`, {
    where: step.name,
    fix: "correct the handler, or leave the function to trimtab profile",
    cause: error,
  })
}

function reportOf(
  { workflow, source }: OperationCampaignOptions,
  { ledger }: BenchParts,
  found: ReadonlyMap<string, FunctionOperations>,
): OperationCampaignReport {
  const names = [...new Set(workflow.steps.map((step) => step.function))]
  return {
    source,
    functions: names.map((name) => found.get(name)!),
    invocations: ledger.invocations,
    elapsedMs: ledger.elapsedMs(),
    costUsd: ledger.costUsd(),
    costLines: ledger.costLines(),
  }
}
