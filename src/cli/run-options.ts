import { Option } from "commander"
import { HEDGE_MODES } from "../engine/hedge-mode.ts"
import { PREWARM_RULES } from "../engine/prewarm-rule.ts"
import { parseDurationMs, parsePercentile, parseUsd } from "./quantities.ts"

/** The options that several commands share: what a run is to attain, and how it is executed. */
export interface RunOptions {
  readonly slo: Option
  readonly budget: Option
  readonly percentile: Option
  readonly onDeadline: Option
  readonly input: Option
  readonly policy: Option
  readonly prewarm: Option
  readonly hedge: Option
}

export function runOptions(): RunOptions {
  const slo = new Option("--slo <duration>", "deadline of the run: least cost under it").argParser(parseDurationMs)
  const budget = new Option("--budget <usd>", "budget of the run: least latency under it").argParser(parseUsd)
  const percentile = new Option("--percentile <p>", "share of runs that must meet the goal").argParser(parsePercentile)
  const input = new Option("--input <json>", "input of the run: JSON, or a file that holds it")
  const policy = new Option(
    "--policy <name>",
    "who decides before each step (default: trimtab; static keeps the plan made before the run)",
  )
  const prewarm = new Option(
    "--prewarm <rule>",
    "when instances are warmed ahead (default: newsvendor, idle against late; paper: StepConf's rule)",
  ).choices(PREWARM_RULES)
  const hedge = new Option(
    "--hedge <whose>",
    "whose late invocations get a duplicate (default: steps, those that ask for it)",
  ).choices(HEDGE_MODES)
  const onDeadline = new Option(
    "--on-deadline <what>",
    "what happens to a run at its deadline (default: as the workflow says, else continue)",
  ).choices(["continue", "cancel"])
  slo.conflicts("budget")
  return { slo, budget, percentile, onDeadline, input, policy, prewarm, hedge }
}
