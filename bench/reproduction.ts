// npm run bench -- reproduction [--only EXPERIMENT]
// What both papers claim, each key beside the paper's value; the experiments themselves are in experiments/.
import { EXPERIMENTS } from "../experiments/experiments.ts"
import type { Bench } from "./bench.ts"

/** The papers' values of keys of the summary; null where a figure is shown and no number given. */
const PAPER: Readonly<Record<string, unknown>> = {
  vanillaSavingPct: 40,
  vanillaSpeedup: 5.6,
  otherSavingPct: [5, 22.3],
  otherSpeedup: [1.91, 3.3],
  interExtraCostPct: null,
  intraExtraCostPct: null,
  oracleGapPct: { ml: 4.1, vp: 3.5, dag16: 2.6 },
  decisionSharePct: 1,
  mappingSharePct: null,
  withinSloPctByStrategy: null,
  latencyOverSloIqrByStrategy: null,
  searchTimeReductionPct: 94.11,
  latencyGainPctByBudget: { "+30 %": 28.34, "+50 %": 31.23, "+80 %": -3.95, "+100 %": 0.25 },
  costGainPctByBudget: { "+30 %": 0.53, "+50 %": 1.77, "+80 %": 10.35, "+100 %": -1.73 },
  fixedClipLatencyGainPctByBudget: { "+30 %": 31.57, "+50 %": 31.57, "+100 %": 0 },
  onlineSavingPct: null,
}

/** Minutes: those with searches that measure, and those with hundreds of runs of each point. Run with `--full` or `--only`. */
const LONG: ReadonlySet<string> = new Set(["confignavigator-fig-7", "stepconf-online-saving"])

export const bench: Bench = async ({ full, only }) => {
  const chosen = EXPERIMENTS.filter(({ name }) => (only === undefined ? full || !LONG.has(name) : name === only))
  if (chosen.length === 0)
    throw new Error(`no section ${only ?? ""}; there are: ${EXPERIMENTS.map(({ name }) => name).join(", ")}`)
  const summary: Record<string, unknown> = {}
  const rows: unknown[] = []
  for (const { name, of, run } of chosen) {
    process.stderr.write(`${of} ...\n`)
    const findings = await run({ size: "whole", progress: () => {} })
    Object.assign(summary, findings.summary)
    rows.push(...findings.claims.map((claim) => ({ table: "claim", experiment: name, ...claim })), ...findings.rows)
  }
  const missing = Object.keys(PAPER).filter((key) => !(key in summary))
  const reason = "an experiment of some minutes: run with --full, or with --only and its name"
  return {
    summary: { ...summary, ...Object.fromEntries(missing.map((key) => [key, null])), paper: PAPER },
    reasons: Object.fromEntries(missing.map((key) => [key, reason])),
    rows,
  }
}
