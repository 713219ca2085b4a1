// Random workflows, run by the real engine in virtual time, are rebuilt from logs that name function and trace alone:
// as they are, and with 5 % of the records lost, 5 % there twice, lines in no order, and every function's clock wrong by
// a constant of up to 2 s. The same with functions that call functions and wait for them, whose logs name the caller's
// span as X-Ray does.
import { seededRandom } from "../../src/base/random.ts"
import { logInspector } from "../../src/tuner/inspection/inspect.ts"
import type { GatheredRun } from "../../src/tuner/inspection/gathered-run.ts"
import { reconstruct } from "../../src/tuner/reconstruction/reconstruct.ts"
import { calledRuns } from "../../src/tuner/testing/called-runs.ts"
import { type Damage, type LineForm, linesSource, UNDAMAGED, writeLogs } from "../../src/tuner/testing/damaged-logs.ts"
import { type PlayedInvocation, playRuns } from "../../src/tuner/testing/played-runs.ts"
import { randomPipeline } from "../../src/tuner/testing/random-pipeline.ts"
import { truePipeline, type TruePipeline } from "../../src/tuner/testing/true-pipeline.ts"
import type { Bench } from "../bench.ts"

const QUICK = { workflows: 40, callTrees: 20, runs: 1_500 }
const FULL = { workflows: 400, callTrees: 200, runs: 2_000 }

const DAMAGED: Damage = { lost: 0.05, duplicated: 0.05, shuffled: true, skewMs: 2_000 }

/** Functions that call functions, by the beginning of their names. */
const CALLS = "calls-"

export const bench: Bench = async ({ full }) => {
  const size = full ? FULL : QUICK
  const scores: Score[] = []
  let ambiguous = 0
  for (let seed = 1; scores.length < 2 * size.workflows; seed++) {
    const played = await playRuns({ workflow: randomPipeline(seed), runs: size.runs, seed })
    const truth = truePipeline(played)
    // An edge that next to never binds is in no log: nobody could find it.
    if (truth.ambiguous !== null) {
      ambiguous += 1
      continue
    }
    const latencies = played.results.map(({ latencyMs }) => latencyMs)
    const scored = { name: played.workflow.name, invocations: played.invocations, truth, latencyMs: median(latencies) }
    const form = seed % 2 === 0 ? "event" : "report"
    scores.push(await scoreOf(scored, { seed, form, damage: UNDAMAGED, kind: "undamaged" }))
    scores.push(await scoreOf(scored, { seed, form, damage: DAMAGED, kind: "damaged" }))
  }
  for (let seed = 1; seed <= size.callTrees; seed++) {
    const { invocations, truth } = calledRuns(seed, size.runs)
    const scored = { name: `${CALLS}${seed}`, invocations, truth, latencyMs: null }
    scores.push(await scoreOf(scored, { seed, form: "event", damage: UNDAMAGED, kind: "undamaged" }))
    scores.push(await scoreOf(scored, { seed, form: "event", damage: DAMAGED, kind: "damaged" }))
  }
  const damaged = scores.filter(({ kind }) => kind === "damaged")
  const undamaged = scores.filter(({ kind }) => kind === "undamaged")
  const latencyErrors = damaged.flatMap(({ clockErrorsMs, latencyErrorPct }) =>
    clockErrorsMs.length === 0 || latencyErrorPct === null ? [] : [latencyErrorPct],
  )
  const exact = (of: readonly Score[]): number => percent(of.filter(({ isExact }) => isExact).length, of.length)
  return {
    summary: {
      workflows: size.workflows,
      callTrees: size.callTrees,
      workflowsNoLogCanTell: ambiguous,
      dagExact: damaged.every(({ isExact }) => isExact),
      dagExactPct: exact(damaged),
      dagExactUndamagedPct: exact(undamaged),
      branchErrorMaxPoints: Number((100 * Math.max(...damaged.map(({ branchError }) => branchError))).toFixed(2)),
      criticalPathRightPct: rightOf(damaged, "whole"),
      criticalPathRightWithLossPct: rightOf(damaged, "withLoss"),
      criticalPathRightWithLossEnginePct: rightOf(
        damaged.filter(({ workflow }) => !workflow.startsWith(CALLS)),
        "withLoss",
      ),
      criticalPathRightWithLossCallsPct: rightOf(
        damaged.filter(({ workflow }) => workflow.startsWith(CALLS)),
        "withLoss",
      ),
      criticalPathRightUndamagedPct: rightOf(undamaged, "whole"),
      clockErrorP95Ms: p95(damaged.flatMap(({ clockErrorsMs }) => clockErrorsMs)),
      // Where no effect comes before its cause, nothing says that a clock is wrong.
      clocksNotTold: damaged.filter(({ clockErrorsMs }) => clockErrorsMs.length === 0).length,
      latencyErrorMedianPct: Number(median(latencyErrors).toFixed(2)),
      latencyErrorMaxPct: Number(Math.max(...latencyErrors).toFixed(2)),
    },
    reasons: {},
    rows: scores,
  }
}

interface Paths {
  readonly right: number
  readonly runs: number
}

interface Score {
  readonly table: "reconstruction"
  readonly kind: "undamaged" | "damaged"
  readonly workflow: string
  readonly isExact: boolean
  readonly missing: readonly string[]
  readonly extra: readonly string[]
  readonly branchError: number
  /** Runs of which no record was lost, and the others. */
  readonly whole: Paths
  readonly withLoss: Paths
  readonly clockErrorsMs: readonly number[]
  /** Median latency of complete runs, found against true. */
  readonly latencyErrorPct: number | null
}

interface Scored {
  readonly name: string
  readonly invocations: readonly PlayedInvocation[]
  readonly truth: TruePipeline
  /** True median; null where it is not compared. */
  readonly latencyMs: number | null
}

interface Scoring {
  readonly seed: number
  readonly form: LineForm
  readonly damage: Damage
  readonly kind: Score["kind"]
}

async function scoreOf(
  { name: workflow, invocations, truth, latencyMs }: Scored,
  { seed, form, damage, kind }: Scoring,
): Promise<Score> {
  const written = writeLogs(invocations, damage, { form, random: seededRandom(seed) })
  const gathered: GatheredRun[] = []
  const sources = [...written.logs].map(([name, lines]) => linesSource(name, lines))
  const inspector = logInspector({ sources, onRun: (run) => gathered.push(run) })
  await inspector.poll({ signal: new AbortController().signal, lastLine: "take" })
  inspector.flush()
  const { pipeline, runs, clocks } = reconstruct(gathered)
  if (pipeline === null) throw new Error(`nothing was rebuilt of ${workflow}`)
  const edges = new Set(pipeline.edges.map(({ from, to }) => `${from}>${to}`))
  const missing = [...truth.edges].filter((edge) => !edges.has(edge))
  const extra = [...edges].filter((edge) => !truth.edges.has(edge))
  const paths = { whole: { right: 0, runs: 0 }, withLoss: { right: 0, runs: 0 } }
  for (const run of runs) {
    const of = written.runsWithLoss.has(run.runId) ? paths.withLoss : paths.whole
    of.runs += 1
    if (run.criticalPath.join() === truth.runs.get(run.runId)?.criticalPath.join()) of.right += 1
  }
  const shares = pipeline.steps.map(({ name, probability }) => Math.abs(probability - (truth.shares.get(name) ?? 0)))
  return {
    table: "reconstruction",
    kind,
    workflow,
    isExact: missing.length + extra.length === 0,
    missing,
    extra,
    branchError: Math.max(...shares),
    ...paths,
    clockErrorsMs: clockErrors(clocks, written.aheadMs),
    latencyErrorPct: latencyMs === null ? null : (100 * Math.abs(pipeline.latencyMs.p50 - latencyMs)) / latencyMs,
  }
}

/** Only differences between clocks can be known: both are taken from their median. */
function clockErrors(
  found: readonly { readonly source: string; readonly aheadMs: number }[],
  truth: ReadonlyMap<string, number>,
): readonly number[] {
  const errors = found.map(({ source, aheadMs }) => aheadMs - (truth.get(source) ?? 0))
  const centre = median(errors)
  return errors.map((error) => Math.abs(error - centre))
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}

function p95(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted.length === 0 ? null : Math.round(sorted[Math.floor(0.95 * (sorted.length - 1))]!)
}

function percent(part: number, whole: number): number {
  return Number(((100 * part) / Math.max(1, whole)).toFixed(2))
}

function rightOf(scores: readonly Score[], which: "whole" | "withLoss"): number | null {
  const right = scores.reduce((sum, score) => sum + score[which].right, 0)
  const runs = scores.reduce((sum, score) => sum + score[which].runs, 0)
  return runs === 0 ? null : percent(right, runs)
}
