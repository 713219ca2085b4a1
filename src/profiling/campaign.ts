import { TrimtabError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import { type BenchParts, type StepBench, stepBench } from "./bench.ts"
import { campaignReport, type CampaignReport } from "./campaign-report.ts"
import { type Visit, visitsOf } from "./design.ts"
import { observedOf, ofCode } from "./known.ts"
import type { CampaignBudget, Ledger } from "./ledger.ts"
import { followRegret, type RegretOutcome, type RegretRule } from "./regret-phase.ts"
import { referenceFor } from "./run-step.ts"
import { dataKeys } from "./step-data.ts"
import { benchParts, knownStepData, packageOf, type WalkOptions, workOf } from "./step-walk.ts"
import { makeVisit, type Subject, type VisitLimits } from "./visit.ts"

export interface CampaignOptions extends WalkOptions {
  readonly budget: CampaignBudget
  /**
   * Until when it goes on beyond a first batch of measurements, and what leads it then. Where absent a fixed design is
   * measured and nothing more.
   */
  readonly until?: RegretRule
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
/** And per step of what regret may ask for. */
const EXPECTED_BY_REGRET = 2

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
 * K5. With a rule the design is only the first batch: what follows is led by regret (regret-phase.ts).
 * K6. Steps are reached as in a run: branches, maps and loops follow from outputs. The report names the functions that
 *     this input does not reach.
 *
 * @throws TrimtabError `usage` for a budget or rule that makes no sense, `handler-failed`, `packaging`, `platform-refused`, `platform-unavailable`, `profile-corrupt`;
 *   and the reason of `signal`.
 */
export async function profileWorkflow(options: CampaignOptions): Promise<CampaignReport> {
  checkBudget(options.budget)
  const parts = benchParts(options)
  const { steps } = options.workflow
  parts.ledger.total = steps.length * (EXPECTED_PARTS + (options.until === undefined ? 0 : EXPECTED_BY_REGRET))
  const keys = dataKeys(options.workflow, options.packages, options.input)
  const outputs = new Map<string, Json>()
  const putOff: PutOff[] = []
  const subjects = new Map<string, Subject>()
  const measured = new Set<string>()
  for (const [index, step] of steps.entries()) {
    options.signal.throwIfAborted()
    const endMs = shareEnd(options, parts.ledger, steps.length - index)
    const work = workOf(step, outputs, options.input)
    if (work === null) {
      parts.ledger.total -= EXPECTED_PARTS
      continue
    }
    const bench = await stepBench(parts, step, packageOf(options, step))
    const data = await knownStepData(bench, { key: keys.get(step.name)!, work, options })
    outputs.set(step.name, data.output)
    parts.ledger.done++
    if (measured.has(step.function)) {
      parts.ledger.total -= EXPECTED_PARTS - 1
      continue
    }
    measured.add(step.function)
    const most = options.until === undefined ? 2 : 1
    const measuredNow = await measure(bench, data.tasks, { ...limitsOf(options), endMs, most })
    putOff.push(...measuredNow.putOff)
    if (measuredNow.subject !== null) subjects.set(step.function, measuredNow.subject)
  }
  const skipped = await finish(options, putOff)
  const standing = await lead(options, parts, subjects)
  if (standing !== null) parts.ledger.total = parts.ledger.done
  parts.tell("done")
  return campaignReport(parts, limitsOf(options), { workflow: options.workflow, outputs, measured, skipped, standing })
}

/** Goes on by regret where there is a rule and every function has been measured. */
async function lead(
  options: CampaignOptions,
  { ledger, tell }: BenchParts,
  subjects: ReadonlyMap<string, Subject>,
): Promise<RegretOutcome | null> {
  const { until: rule, workflow, platform, signal } = options
  if (rule === undefined || workflow.steps.some((step) => !subjects.has(step.function))) return null
  return followRegret({ workflow, platform, subjects, ledger, rule, limits: limitsOf(options), signal, tell })
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

interface Measured {
  readonly putOff: readonly PutOff[]
  /** Null where there is nothing to measure it on. */
  readonly subject: Subject | null
}

/** Makes the visits of one function, of priorities up to `most`, until its time is up. */
async function measure(
  bench: StepBench,
  tasks: readonly Json[],
  limits: VisitLimits & { readonly most: Visit["priority"] },
): Promise<Measured> {
  const { ledger } = bench
  const availableMs = limits.endMs - ledger.elapsedMs()
  const capMs = Math.min(SHOT_MS[1], Math.max(SHOT_MS[0], availableMs * SHOT_SHARE))
  const putOff = new Map<string, PutOff>()
  const planned = new Set<string>()
  for (let design = 0; design < MAX_DESIGNS; design++) {
    const subject = subjectOf(bench, tasks, capMs)
    if (subject === null) break
    const all = visitsOf(subject.request, referenceFor(bench, tasks.length), subject.observed)
    const visits = all.filter(({ priority }) => priority <= limits.most)
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
  return { putOff: [...putOff.values()], subject: subjectOf(bench, tasks, capMs) }
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
  const limits = limitsOf(options)
  let skipped = 0
  for (const { subject, visit } of putOff.toSorted((a, b) => a.visit.priority - b.visit.priority)) {
    options.signal.throwIfAborted()
    const end = await makeVisit(subject, visit, limits)
    if (end === "skipped") skipped++
    else subject.bench.ledger.done++
  }
  return skipped
}

/** Of the whole campaign. */
function limitsOf(options: CampaignOptions): VisitLimits {
  const { maxUsd = Infinity, maxInvocations = Infinity } = options.budget
  return { endMs: maxMsOf(options), maxInvocations, maxUsd }
}

/** @throws TrimtabError `usage` */
function checkBudget(budget: CampaignBudget): void {
  const wrong = Object.entries(budget).find(([, value]) => !(typeof value === "number" && value > 0))
  if (wrong === undefined) return
  throw new TrimtabError("usage", `the budget ${wrong[0]} must be a positive number, not ${String(wrong[1])}`, {
    fix: "give more, or leave it out",
  })
}

function maxMsOf({ budget, workflow }: CampaignOptions): number {
  return budget.maxMs ?? DEFAULT_MS_PER_FUNCTION * new Set(workflow.steps.map((step) => step.function)).size
}
