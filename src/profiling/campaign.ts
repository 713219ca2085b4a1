import type { Json } from "../base/json.ts"
import type { CostLine } from "../pricing/pricing.ts"
import { stepInput } from "../workflow/tasks.ts"
import { type BenchParts, type StepBench, stepBench } from "./bench.ts"
import { type Visit, visitsOf } from "./design.ts"
import { observedOf, ofCode } from "./known.ts"
import type { CampaignBudget, Ledger } from "./ledger.ts"
import { referenceFor } from "./run-step.ts"
import { dataKeys } from "./step-data.ts"
import { benchParts, knownStepData, packageOf, type WalkOptions } from "./step-walk.ts"
import { makeVisit, type Subject, type VisitLimits } from "./visit.ts"

export interface CampaignOptions extends WalkOptions {
  readonly budget: CampaignBudget
}

export interface CampaignReport {
  readonly invocations: number
  /** Measurements repeated because the machine was too busy to trust them. */
  readonly repeated: number
  /** Measurements at sizes that ran out of memory or time, or failed: data points. */
  readonly failures: number
  /** Samples added to the profiles. */
  readonly samples: number
  readonly elapsedMs: number
  readonly costUsd: number
  readonly costLines: readonly CostLine[]
  /** Why it ended: everything was measured, or a budget was spent. */
  readonly ended: "complete" | "time" | "invocations"
  /** Visits of sizes that the budget left out. */
  readonly skipped: number
  /** Outputs of the workflow's last steps, by step name. */
  readonly outputs: Readonly<Record<string, Json>>
}

/** Time per function when no budget is set, ms. */
const DEFAULT_MS_PER_FUNCTION = 14_000

/** Part of a step's time that one shot may take. */
const SHOT_SHARE = 0.25

/** Bounds of the time of one shot, ms: below, start and noise dominate; above, more tells nothing new. */
const SHOT_MS = [300, 10_000] as const

/** Designs made for one function: a failed size changes what is worth visiting. */
const MAX_DESIGNS = 3

/** Parts of the progress per step before its visits are known: the whole step and three sizes. */
const EXPECTED_PARTS = 4

/**
 * Measures every function of a workflow. The workflow is run once, step by step; while a step's instances are warm
 * its function is measured on some of the step's tasks at other sizes, task counts and processes. Samples are
 * appended as they come, so a campaign that was cut off goes on where it was.
 *
 * K1. One function is measured at a time: measurements must not contend with each other.
 * K2. A size that cannot run a function is a data point. A handler that cannot run at all ends the campaign.
 * K3. What the profile holds of the present code is not measured again.
 * K4. The time budget is shared out over the steps that are left; what one leaves goes to the next, and in the end to
 *     the visits that were put off. Each step is run as a whole, however late it is.
 *
 * @throws TrimtabError `handler-failed`, `packaging`, `platform-refused`, `platform-unavailable`, `profile-corrupt`;
 *   and the reason of `signal`.
 */
export async function profileWorkflow(options: CampaignOptions): Promise<CampaignReport> {
  const parts = benchParts(options)
  const { steps } = options.workflow
  parts.ledger.total = steps.length * EXPECTED_PARTS
  const keys = dataKeys(options.workflow, options.packages, options.input)
  const outputs = new Map<string, Json>()
  const putOff: PutOff[] = []
  const measured = new Set<string>()
  for (const [index, step] of steps.entries()) {
    options.signal.throwIfAborted()
    const endMs = shareEnd(options, parts.ledger, steps.length - index)
    const bench = await stepBench(parts, step, packageOf(options, step))
    const input = stepInput(step, outputs, options.input)
    const data = await knownStepData(bench, { key: keys.get(step.name)!, input, options })
    outputs.set(step.name, data.output)
    parts.ledger.done++
    if (measured.has(step.function)) {
      parts.ledger.total -= EXPECTED_PARTS - 1
      continue
    }
    measured.add(step.function)
    const limits = { endMs, maxInvocations: maxInvocationsOf(options) }
    putOff.push(...(await measure(bench, data.tasks, limits)))
  }
  const skipped = await finish(options, putOff)
  parts.tell("done")
  return reportOf(options, parts, { outputs, skipped })
}

/** A visit for which there was no time yet. */
interface PutOff {
  readonly subject: Subject
  readonly visit: Visit
}

/** When the measurements of a step should end (K4), ms of the campaign. */
function shareEnd(options: CampaignOptions, ledger: Ledger, stepsLeft: number): number {
  const elapsedMs = ledger.elapsedMs()
  return elapsedMs + Math.max(0, maxMsOf(options) - elapsedMs) / stepsLeft
}

/** Makes the visits of one function until its time is up; returns those that were put off. */
async function measure(bench: StepBench, tasks: readonly Json[], limits: VisitLimits): Promise<PutOff[]> {
  const { ledger } = bench
  const availableMs = limits.endMs - ledger.elapsedMs()
  const capMs = Math.min(SHOT_MS[1], Math.max(SHOT_MS[0], availableMs * SHOT_SHARE))
  const putOff = new Map<string, PutOff>()
  const planned = new Set<string>()
  for (let design = 0; design < MAX_DESIGNS; design++) {
    const subject = subjectOf(bench, tasks, capMs)
    if (subject === null) break
    const visits = visitsOf(subject.request, referenceFor(bench, tasks.length), subject.observed)
    if (design === 0) ledger.total += visits.length + 1 - EXPECTED_PARTS
    const open = visits.filter((visit) => !planned.has(idOf(visit)))
    await bench.deploy(open.map((visit) => visit.memoryMB))
    let failed = false
    for (const visit of open) {
      planned.add(idOf(visit))
      const end = await makeVisit(subject, visit, limits)
      if (end === "skipped") putOff.set(idOf(visit), { subject, visit })
      else ledger.done++
      failed ||= end === "failed"
    }
    if (!failed) break
  }
  return [...putOff.values()]
}

function subjectOf(bench: StepBench, tasks: readonly Json[], capMs: number): Subject | null {
  const { step, limits, threads, pkg } = bench
  const observed = observedOf(ofCode(bench.samples, pkg.codeSha256), limits, threads)
  if (tasks.length === 0 || observed === null) return null
  const request = { space: step.configSpace, limits, threads, tasks: tasks.length, capMs }
  return { bench, request, tasks, observed }
}

function idOf({ memoryMB, shots }: Visit): string {
  return JSON.stringify([memoryMB, shots])
}

/** Spends what is left of the budget on what was put off, the most telling first; returns how many stay undone. */
async function finish(options: CampaignOptions, putOff: readonly PutOff[]): Promise<number> {
  const limits = { endMs: maxMsOf(options), maxInvocations: maxInvocationsOf(options) }
  let skipped = 0
  for (const { subject, visit } of putOff.toSorted((a, b) => a.visit.priority - b.visit.priority)) {
    options.signal.throwIfAborted()
    const end = await makeVisit(subject, visit, limits)
    if (end === "skipped") skipped++
    else subject.bench.ledger.done++
  }
  return skipped
}

function maxMsOf({ budget, workflow }: CampaignOptions): number {
  return budget.maxMs ?? DEFAULT_MS_PER_FUNCTION * new Set(workflow.steps.map((step) => step.function)).size
}

function maxInvocationsOf({ budget }: CampaignOptions): number {
  return budget.maxInvocations ?? Infinity
}

function reportOf(
  options: CampaignOptions,
  { ledger, counts }: BenchParts,
  { outputs, skipped }: { outputs: ReadonlyMap<string, Json>; skipped: number },
): CampaignReport {
  const { steps } = options.workflow
  const last = steps.filter((step) => !steps.some((other) => other.after.includes(step.name)))
  return {
    ...counts,
    invocations: ledger.invocations,
    elapsedMs: ledger.elapsedMs(),
    costUsd: ledger.costUsd(),
    costLines: ledger.costLines(),
    ended: skipped === 0 ? "complete" : isSpent(ledger, maxInvocationsOf(options)) ? "invocations" : "time",
    skipped,
    outputs: Object.fromEntries(last.map((step) => [step.name, outputs.get(step.name)!])),
  }
}

/** True when not even one more visit would fit. */
function isSpent({ invocations }: Ledger, maxInvocations: number): boolean {
  return invocations + 2 > maxInvocations
}
