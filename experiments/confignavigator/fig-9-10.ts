import { mean } from "../../src/index.ts"
import { curveChart } from "../../src/report/curve.ts"
import { figureSheet, type SheetChart } from "../../src/report/figure-sheet.ts"
import { groupChart, type GroupValue } from "../../src/report/group-chart.ts"
import type { Experiment } from "../experiment.ts"
import { multiCoreAutoclip } from "../workflows/navigator-pipelines.ts"
import { byBudget, compared, type Gain, gainsOf, type Outcome, percent } from "./comparison.ts"
import { BASELINES, outcomeRow, pairs } from "./fig-7.ts"
import { ONE_BY_ONE } from "./streaming.ts"

const BUDGETS_PCT = [30, 50, 100]
/** Searches with other seeds; each measures 80 configurations. */
const SEARCHES = 2

const METHODS = ["Charmseeker", "Aquatope", "ConfigNavigator", "Trimtab"]

/** Section 4.4. */
const PAPER = { searchTimeReductionPct: 94.11, latencyPct: 31.57, costPct: 14.31 }

/** ConfigNavigator, Fig. 9 and 10: how long the search takes, and what it finds, on one fixed clip. */
export const fig9And10: Experiment = {
  name: "confignavigator-fig-9-10",
  of: "ConfigNavigator, Fig. 9 and 10 (section 4.4): search time, latency and cost on one fixed clip",
  run: async (context) => {
    const outcomes = await compared(context, {
      budgetsPct: BUDGETS_PCT,
      evaluations: 80,
      searches: SEARCHES,
      clips: { runs: 30, load: ONE_BY_ONE },
      methods: METHODS,
    })
    const saved = (method: string): number =>
      percent(1 - meanSearch(outcomes, method) / meanSearch(outcomes, "Aquatope"))
    const gains = gainsOf(outcomes, "ConfigNavigator", BASELINES)
    const ours = gainsOf(outcomes, "Trimtab", BASELINES)
    const tight = (some: readonly Gain[], of: (gain: Gain) => number): number =>
      Math.round(100 * mean(some.filter(({ budgetPct }) => budgetPct <= 50).map(of))) / 100
    const spread = (some: readonly Gain[]): string =>
      `${tight(some, (gain) => gain.spreadPct)} % against ${tight(some, (gain) => gain.othersSpreadPct)} %`
    return {
      figures: {
        "confignavigator-fig-9": convergenceSheet(outcomes),
        "confignavigator-fig-10": gainSheet(gains, ours),
      },
      claims: [
        {
          claim: "Fig. 9: search time against Aquatope's, measurements included",
          paper: `-${PAPER.searchTimeReductionPct} %`,
          ours: `ConfigNavigator -${saved("ConfigNavigator")} %, Trimtab -${saved("Trimtab")} %`,
        },
        {
          claim: "Fig. 10: latency below both baselines at +30 and +50 %",
          paper: `${PAPER.latencyPct} %`,
          ours: `ConfigNavigator ${tight(gains, (gain) => gain.latencyPct)} %, Trimtab ${tight(ours, (gain) => gain.latencyPct)} %; all budgets: ${pairs(byBudget(gains, (gain) => gain.latencyPct))}`,
        },
        {
          claim: "Fig. 10: better cost efficiency at +30 and +50 % (cost times latency)",
          paper: `${PAPER.costPct} %`,
          ours: `ConfigNavigator ${tight(gains, efficiency)} %, Trimtab ${tight(ours, efficiency)} %`,
        },
        {
          claim: "Section 4.4: a more stable search (spread of the mean latency over repeated searches)",
          paper: "more stable, no number",
          ours: `ConfigNavigator ${spread(gains)} of the baselines`,
        },
      ],
      summary: {
        searchTimeReductionPct: saved("ConfigNavigator"),
        trimtabSearchTimeReductionPct: saved("Trimtab"),
        fixedClipLatencyGainPctByBudget: byBudget(gains, (gain) => gain.latencyPct),
        fixedClipCostGainPctByBudget: byBudget(gains, (gain) => gain.costPct),
        trimtabFixedClipLatencyGainPctByBudget: byBudget(ours, (gain) => gain.latencyPct),
      },
      rows: [
        ...gains.map((gain) => ({ table: "ConfigNavigator fig. 10", method: "ConfigNavigator", ...gain })),
        ...ours.map((gain) => ({ table: "ConfigNavigator fig. 10", method: "Trimtab", ...gain })),
        ...outcomes.map((outcome) => ({ table: "ConfigNavigator fig. 9", ...outcomeRow(outcome) })),
      ],
    }
  },
}

/** The same on Autoclip with code that uses all cores: what the budget buys then. */
export const multiCore: Experiment = {
  name: "confignavigator-multi-core",
  of: "ConfigNavigator, Fig. 10, a controlled change: Autoclip with code that uses all cores",
  run: async (context) => {
    const outcomes = await compared(context, {
      pipelines: [multiCoreAutoclip],
      budgetsPct: BUDGETS_PCT,
      evaluations: 80,
      searches: SEARCHES,
      clips: { runs: 30, load: ONE_BY_ONE },
      methods: METHODS,
    })
    const gains = gainsOf(outcomes, "ConfigNavigator", BASELINES)
    const ours = gainsOf(outcomes, "Trimtab", BASELINES)
    const text = (some: readonly Gain[]): string =>
      `latency ${pairs(byBudget(some, (gain) => gain.latencyPct))}; cost ${pairs(byBudget(some, (gain) => gain.costPct))}`
    return {
      figures: {},
      claims: [
        {
          claim: "Fig. 10 and Table 4 where 90 % of the work uses all cores: gain over the better baseline",
          paper: `latency ${PAPER.latencyPct} %, cost efficiency ${PAPER.costPct} % at +30 and +50 %`,
          ours: `ConfigNavigator ${text(gains)}; Trimtab ${text(ours)}`,
        },
      ],
      summary: {
        multiCoreLatencyGainPctByBudget: byBudget(gains, (gain) => gain.latencyPct),
        trimtabMultiCoreLatencyGainPctByBudget: byBudget(ours, (gain) => gain.latencyPct),
      },
      rows: outcomes.map((outcome) => ({ table: "ConfigNavigator fig. 10, multi-core", ...outcomeRow(outcome) })),
    }
  },
}

/** Cost times latency, against the better baseline. */
function efficiency({ latencyPct, costPct }: Gain): number {
  return 100 * (1 - (1 - latencyPct / 100) * (1 - costPct / 100))
}

function meanSearch(outcomes: readonly Outcome[], method: string): number {
  return mean(outcomes.filter((outcome) => outcome.method === method).map(({ searchMs }) => searchMs))
}

/** Searches that measure hold what they have; the others are done too soon for a line to be seen. */
const LOOKS: Readonly<Record<string, "points" | "line and points">> = {
  ConfigNavigator: "line and points",
  Trimtab: "points",
}

function convergenceSheet(outcomes: readonly Outcome[]): ReturnType<typeof figureSheet> {
  const size = { width: 470, height: 320 }
  const cells = [...new Set(outcomes.map(({ pipeline, budgetPct }) => `${pipeline}|${budgetPct}`))]
  const charts = cells.map((cell): SheetChart => {
    const [pipeline, budget] = cell.split("|")
    const own = outcomes.filter((o) => o.pipeline === pipeline && String(o.budgetPct) === budget && o.search === 1)
    return {
      heading: `${pipeline}, cheapest + ${budget} %`,
      ...size,
      chart: curveChart({
        id: `fig-9-${pipeline}-${budget}`,
        title: `Convergence, ${pipeline} at +${budget} %`,
        description: "Latency of the best configuration so far over the time that the search took.",
        ...size,
        x: { label: "search time, measurements included, s", scale: "log" },
        y: { label: "latency of the best so far, s", from: 0 },
        series: METHODS.map((method) => ({
          name: method,
          look: LOOKS[method] ?? ("steps" as const),
          points: (own.find((o) => o.method === method)?.convergence ?? [])
            .filter(({ latencyMs }) => Number.isFinite(latencyMs))
            .map(({ atMs, latencyMs }) => ({ x: atMs / 1000, y: latencyMs / 1000 })),
        })),
      }),
    }
  })
  return figureSheet({
    id: "confignavigator-fig-9",
    title: "ConfigNavigator, Fig. 9: convergence of the searches on one fixed clip",
    notes: [
      "Simulated platform lambda. A measurement takes 30 s; Aquatope and Charmseeker make 80, ConfigNavigator needs one local run, our profile five sizes.",
      `The paper claims ${PAPER.searchTimeReductionPct} % less search time than Aquatope. Latencies of ConfigNavigator and Trimtab are predicted here.`,
    ],
    charts,
    columns: 3,
  })
}

function gainSheet(gains: readonly Gain[], ours: readonly Gain[]): ReturnType<typeof figureSheet> {
  const size = { width: 640, height: 320 }
  const pipelines = [...new Set(gains.map(({ pipeline }) => pipeline))]
  const groups = pipelines.flatMap((pipeline) => BUDGETS_PCT.map((budgetPct) => ({ pipeline, budgetPct })))
  const values = (some: readonly Gain[], of: (gain: Gain) => number): GroupValue[] =>
    groups.map(({ pipeline, budgetPct }) => {
      const found = some.find((gain) => gain.pipeline === pipeline && gain.budgetPct === budgetPct)
      return found === undefined ? null : of(found)
    })
  const chart = (heading: string, of: (gain: Gain) => number, paperPct: number): SheetChart => ({
    heading,
    ...size,
    chart: groupChart({
      id: `fig-10-${heading}`,
      title: heading,
      description: "Gain over the better of Charmseeker and Aquatope by pipeline and budget.",
      ...size,
      groups: groups.map(({ pipeline, budgetPct }) => `${short(pipeline)} +${budgetPct}`),
      series: [
        { name: "ConfigNavigator", values: values(gains, of) },
        { name: "Trimtab", values: values(ours, of) },
        {
          name: "paper, mean",
          colour: "bad",
          values: groups.map(({ budgetPct }): GroupValue => (budgetPct === 100 ? [0, 0] : [paperPct, paperPct])),
        },
      ],
      y: { label: "gain over the better baseline, %" },
    }),
  })
  return figureSheet({
    id: "confignavigator-fig-10",
    title: "ConfigNavigator, Fig. 10: latency and cost against the better baseline, one fixed clip",
    notes: [
      `Means of ${SEARCHES} searches, 30 clips each, budgets of the cheapest cost + 30, 50 and 100 %. FD face-detection, FB face-beautification, AC autoclip.`,
    ],
    charts: [
      chart("latency", (gain) => gain.latencyPct, PAPER.latencyPct),
      chart("cost times latency", efficiency, PAPER.costPct),
    ],
    columns: 2,
  })
}

function short(pipeline: string): string {
  return { "face-detection": "FD", "face-beautification": "FB", autoclip: "AC" }[pipeline] ?? pipeline
}
