/**
 * The part of a campaign that regret leads: after every function was measured a little, one measurement after the other
 * where it lowers the expected regret most, until the stopping rule or a budget ends it.
 *
 * P1. Nothing is remembered but the profiles: a campaign that was cut off goes on from them. While it runs a function is
 *     fitted again when it was measured again, not when others were, whose noise and transfers tell of it too.
 * P2. A size that failed is not asked for again.
 * P3. The number of measurements is bounded whatever the profiles say.
 */
import type { Profile } from "../estimation/sample.ts"
import { createEstimator } from "../estimation/profile-estimator.ts"
import type { Platform } from "../platforms/platform.ts"
import type { Goal } from "../workflow/goal.ts"
import { type Workflow, stepOf } from "../workflow/workflow.ts"
import type { Candidate, Point } from "./candidates.ts"
import { expectedMs, type Visit } from "./design.ts"
import { ofCode } from "./known.ts"
import type { Ledger } from "./ledger.ts"
import { type KeptSteps, measuringQuestion } from "./measuring-question.ts"
import { type NextMeasurement, nextMeasurement, type Standing, type StoppingRule } from "./next-measurement.ts"
import { makeVisit, type Subject, type VisitLimits } from "./visit.ts"

/** Until when a campaign goes on beyond its first measurements. */
export interface RegretRule extends StoppingRule {
  /** What plans will be made for; where absent three deadlines stand for all. */
  readonly goals?: readonly Goal[]
}

/** Why the measuring that regret led has ended: its rule (see `NextMeasurement`), or a budget. */
export type RegretEnd =
  | Extract<NextMeasurement, { kind: "stop" }>["reason"]
  | "time"
  | "invocations"
  | "cost"
  | "rounds"

export interface RegretOutcome extends Standing {
  readonly reason: RegretEnd
  readonly measurements: number
}

export interface RegretPhase {
  readonly workflow: Workflow
  readonly platform: Platform
  /** By function name; all of the workflow. */
  readonly subjects: ReadonlyMap<string, Subject>
  readonly ledger: Ledger
  readonly rule: RegretRule
  readonly limits: VisitLimits
  readonly signal: AbortSignal
  readonly tell: (doing: string) => void
}

/** Measurements for each function of the workflow (P3). */
const MOST_PER_FUNCTION = 6

/** A measurement may take so many times as long as a shot of the first design. */
const LONGEST = 2.2

/** Measures by regret. Costs, failures and samples are counted like all others. */
export async function followRegret(phase: RegretPhase): Promise<RegretOutcome> {
  const known: Known = { failed: new Set(), steps: new Map() }
  const most = MOST_PER_FUNCTION * phase.subjects.size
  for (let measurements = 0; ; measurements++) {
    phase.signal.throwIfAborted()
    const { ledger, limits } = phase
    // The question is a part of the work, too.
    ledger.total = Math.max(ledger.total, ledger.done + 1)
    phase.tell("what to measure next")
    const next = ask(phase, known)
    const ended = (reason: RegretEnd): RegretOutcome => ({ ...standingOf(next), reason, measurements })
    if (next.kind === "stop") return ended(next.reason)
    if (measurements >= most) return ended("rounds")
    if (ledger.costUsd() + next.candidate.costUsd > limits.maxUsd) return ended("cost")
    const end = await measure(phase, next.candidate)
    if (end === "skipped") return ended(ledger.invocations + 2 > limits.maxInvocations ? "invocations" : "time")
    ledger.done++
    if (end === "failed") known.failed.add(keyOf(subjectFor(phase, next.candidate.step), next.candidate.memoryMB))
  }
}

function standingOf({ goal, plan, regret, usualRegret, planUsd, savingUsd, uncertain }: Standing): Standing {
  return { goal, plan, regret, usualRegret, planUsd, savingUsd, uncertain }
}

/** What is kept from question to question. */
interface Known {
  /** Functions with sizes. */
  readonly failed: Set<string>
  readonly steps: KeptSteps["steps"]
}

function ask({ workflow, platform, subjects, rule }: RegretPhase, { failed, steps }: Known): NextMeasurement {
  const profiles = new Map(
    [...subjects].map(([functionName, { bench }]): [string, Profile] => [
      functionName,
      { functionName, samples: bench.samples },
    ]),
  )
  const { usdPerGbSecond, usdPerRequest } = platform.pricing
  const { limits } = platform
  const estimator = createEstimator({ workflow, profiles, limits, rates: { usdPerGbSecond, usdPerRequest } })
  const subjectOf = (step: string): Subject => subjects.get(stepOf(workflow, step).function)!
  return nextMeasurement(
    measuringQuestion({
      workflow,
      estimator,
      limits,
      rule,
      kept: { steps, versionOf: (step) => `${subjectOf(step).bench.samples.length}` },
      ...(rule.goals === undefined ? {} : { goals: rule.goals }),
      candidates: {
        mayMeasure: (point) => mayMeasure(subjectOf(point.step), point, failed),
        isMeasured: (point) => isMeasured(subjectOf(point.step), point),
      },
    }),
  )
}

/** Sizes that failed are out, and what would take too long or more tasks than there are. */
function mayMeasure(subject: Subject, point: Point, failed: ReadonlySet<string>): boolean {
  const { request, observed, tasks, bench } = subject
  if (failed.has(keyOf(subject, point.memoryMB))) return false
  const own = ofCode(bench.samples, bench.pkg.codeSha256)
  if (own.some(({ memoryMB, outcome }) => memoryMB === point.memoryMB && isSizeFailure(outcome))) return false
  const shot = { processes: point.processes, tasksPerInstance: point.tasks }
  return point.tasks <= tasks.length && expectedMs(request, point.memoryMB, shot, observed) <= LONGEST * request.capMs
}

function isSizeFailure(outcome: string): boolean {
  return outcome === "out-of-memory" || outcome === "timeout"
}

function isMeasured({ bench }: Subject, { memoryMB, processes, tasks }: Point): boolean {
  const busy = Math.min(processes, tasks)
  return ofCode(bench.samples, bench.pkg.codeSha256).some(
    (sample) =>
      !sample.cold &&
      sample.memoryMB === memoryMB &&
      sample.tasks === tasks &&
      Math.min(sample.processes, sample.tasks) === busy,
  )
}

async function measure(phase: RegretPhase, candidate: Candidate): ReturnType<typeof makeVisit> {
  const subject = subjectFor(phase, candidate.step)
  const { memoryMB, processes, tasks } = candidate
  const instances = subject.request.space.instances.min
  const visit: Visit = {
    memoryMB,
    priority: 1,
    start: "prewarmed",
    shots: [{ instances, processes, tasksPerInstance: tasks, find: "warm", again: true }],
  }
  await subject.bench.deploy([memoryMB])
  return makeVisit(subject, visit, phase.limits)
}

function subjectFor({ subjects, workflow }: RegretPhase, step: string): Subject {
  return subjects.get(stepOf(workflow, step).function)!
}

function keyOf({ bench }: Subject, memoryMB: number): string {
  return `${bench.pkg.functionName}/${memoryMB}`
}
