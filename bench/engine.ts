import { monitorEventLoopDelay } from "node:perf_hooks"
import { realClock } from "../src/base/clock.ts"
import type { Engine } from "../src/engine/engine.ts"
import type { SqliteJournal } from "../src/engine/sqlite-journal.ts"
import { entry, newRun } from "../src/engine/testing/test-journal.ts"
import { noOpPlatform } from "../src/engine/testing/no-op-platform.ts"
import { noOpEngine } from "../src/engine/testing/no-op-engine.ts"
import type { Policy } from "../src/optimization/policy.ts"
import { problemOf, syntheticEstimator } from "../src/optimization/testing/synthetic-problem.ts"
import { trimtabPolicy } from "../src/optimization/trimtab-policy.ts"
import type { Goal } from "../src/workflow/goal.ts"
import { barrier16 } from "../src/workflow/testing/workflows.ts"
import type { Bench, BenchResult } from "./bench.ts"
import { withJournal } from "./engine/with-journal.ts"
import { sectioned } from "./sections.ts"

const GOAL: Goal = { kind: "cost", sloMs: 60_000, percentile: 0.95 }

/** Steps of barrier16: start, seven, a barrier to seven more, end. */
const STEPS = 16

/** Records of one such run, beside its own row and its end: a decision and an invocation for each step. */
const RECORDS = 2 * STEPS

/** Workflows of each measurement. The first one warms the compiler up and is thrown away. */
const QUICK = { warmUp: 4_000, one: 500, fifty: 5_000, decided: 60 }
const FULL = { warmUp: 5_000, one: 2_000, fifty: 30_000, decided: 300 }

/**
 * What the engine costs: 16 steps that do nothing, on a platform that answers at once, with every record durable
 * (SQLite, an fsync per commit). Beside it the same rows without an engine, on the same disk in the same minute.
 */
async function overhead(options: { readonly full: boolean }): Promise<BenchResult> {
  const size = options.full ? FULL : QUICK
  await measure({ name: "warm-up", workflows: size.warmUp, concurrency: 50 })
  const one = await measure({ name: "one at a time", workflows: size.one, concurrency: 1 })
  const fifty = await measure({ name: "50 at once", workflows: size.fifty, concurrency: 50 })
  const bare = await bareJournal(Math.min(size.fifty, 6_000))
  const decided = await measure({ name: "decided", workflows: size.decided, concurrency: 1, policy: realPolicy() })
  return {
    summary: {
      stepOverheadMs1: round(one.p50Ms / STEPS),
      workflowsPerSecond50: round(fifty.perSecond),
      cpuMsPerWorkflow50: round(fifty.cpuMsPerWorkflow),
      shareOfBareJournal50: round(fifty.perSecond / bare.perSecond),
      rowsPerCommit50: round(fifty.rowsPerCommit),
      loopDelayP99Ms50: round(fifty.loopDelayP99Ms),
      decisionP99Ms: round(decided.decisionP99Ms),
      meetsStepOverhead: one.p50Ms / STEPS <= 0.2,
      meetsWorkflowsPerSecond: fifty.perSecond >= 1_000,
      meetsDecision: decided.decisionP99Ms <= 10,
    },
    reasons: {},
    rows: [one, fifty, bare, decided],
  }
}

interface Plan {
  readonly name: string
  readonly workflows: number
  readonly concurrency: number
  readonly policy?: Policy
}

interface Measurement extends Omit<Plan, "policy"> {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly cpuMsPerWorkflow: number
  readonly commitsPerWorkflow: number
  readonly rowsPerCommit: number
  readonly loopDelayP99Ms: number
  readonly decisionP50Ms: number
  readonly decisionP99Ms: number
}

async function measure(plan: Plan): Promise<Measurement> {
  return withJournal(async (journal) => {
    const engine = noOpEngine(journal, plan.policy)
    const measured = await drive(engine, journal, plan)
    await engine.close()
    return measured
  })
}

async function drive(engine: Engine, journal: SqliteJournal, plan: Plan): Promise<Measurement> {
  const { name, workflows, concurrency } = plan
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const times: number[] = []
  const decisions: number[] = []
  let left = workflows
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const startedMs = performance.now()
      const handle = await engine.start({ workflow: barrier16, input: null, goal: GOAL })
      const result = await handle.result
      times.push(performance.now() - startedMs)
      decisions.push(...result.decisionMs)
    }
  }
  delay.enable()
  const cpu = process.cpuUsage()
  const beganMs = performance.now()
  await Promise.all(Array.from({ length: concurrency }, worker))
  const tookMs = performance.now() - beganMs
  const used = process.cpuUsage(cpu)
  delay.disable()
  const { rows, commits } = journal.counts
  return {
    name,
    workflows,
    concurrency,
    perSecond: (workflows / tookMs) * 1000,
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    cpuMsPerWorkflow: (used.user + used.system) / 1000 / workflows,
    commitsPerWorkflow: commits / workflows,
    rowsPerCommit: rows / commits,
    loopDelayP99Ms: delay.percentile(99) / 1e6,
    decisionP50Ms: quantile(decisions, 0.5),
    decisionP99Ms: quantile(decisions, 0.99),
  }
}

/** As many rows of a usual size as that many workflows write, group-committed, with nothing else around them. */
async function bareJournal(workflows: number): Promise<{ readonly name: string; readonly perSecond: number }> {
  return withJournal(async (journal) => {
    const value = JSON.stringify({ text: "x".repeat(450) })
    const beganMs = performance.now()
    for (let i = 0; i < workflows; i++) {
      const runId = `run-${i}`
      journal.accept(newRun(runId))
      for (let seq = 0; seq < RECORDS; seq++) journal.append({ ...entry(runId, seq), value })
      const { durable } = journal.finish({ runId, status: "succeeded", finishedAtMs: 1, result: "{}" })
      if (i % 50 === 49) await durable
    }
    await journal.flush()
    const perSecond = (workflows / (performance.now() - beganMs)) * 1000
    await journal.close()
    return { name: "bare journal", perSecond }
  })
}

/** The policy that runs use, on the largest space of a step and on laws that stand for a profile. */
function realPolicy(): Policy {
  const { limits } = noOpPlatform(realClock)
  return trimtabPolicy({ estimator: syntheticEstimator(problemOf(barrier16)), limits })
}

function quantile(values: readonly number[], p: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * p)] ?? Number.NaN
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}

const PEER_KEYS = [
  "embeddedOverLimit1",
  "embeddedOverLimit50",
  "embeddedOverRestate",
  "cpuRestateOverEmbedded",
  "oursOnRestateOverBare",
]

/** Peers take minutes and are installed for it: only who asks for them gets them. */
const peers: Bench = async (options) => {
  if (options.full || options.only === "peers") return (await import("./engine/peers.ts")).bench(options)
  const reason = "measured beside other engines by --only peers, which installs them"
  return {
    summary: Object.fromEntries(PEER_KEYS.map((key) => [key, null])),
    reasons: Object.fromEntries(PEER_KEYS.map((key) => [key, reason])),
    rows: [],
  }
}

export const bench: Bench = sectioned({
  overhead: async () => overhead,
  "fan-out": async () => (await import("./engine/fan-out.ts")).bench,
  peers: async () => peers,
})
