import { formatMs } from "../base/format.ts"
import type { RunResult, StepResult } from "../workflow/run-result.ts"
import { h } from "./h.ts"
import type { Child, VNode } from "./h.ts"
import { formatDeviation, formatPercentile, prettyConfig, shortMs, shortUsd } from "./numbers.ts"

/** For each step in order: what was chosen, why, what else there was, what it promised, and what came of it. */
export function decisionLog(result: RunResult): VNode {
  const percentile = formatPercentile(result.goal.percentile)
  const critical = new Set(result.criticalPath)
  return h(
    "ol",
    { class: "decisions" },
    ...result.steps.map((step) => entry(step, { percentile, critical: critical.has(step.name) })),
  )
}

function entry(step: StepResult, context: { readonly percentile: string; readonly critical: boolean }): VNode {
  return h(
    "li",
    { class: "decision", "data-step": step.name },
    h(
      "div",
      {},
      h(
        "div",
        { class: "head" },
        h("h3", {}, step.name),
        h("span", { class: "config" }, prettyConfig(step.config)),
        ...tagsOf(step, context.critical),
      ),
      h("p", { class: "why" }, step.reason),
      h("p", { class: "other" }, runnerUpSentence(step)),
    ),
    h("dl", { class: "facts" }, ...factsOf(step, context.percentile).map(fact)),
  )
}

function tagsOf(step: StepResult, critical: boolean): readonly VNode[] {
  const tag = (tone: string, text: string): VNode => h("span", { class: `tag ${tone}` }, text)
  const late = step.endedAtMs > step.latestFinishMs
  return [
    ...(critical ? [tag("accent", "critical path")] : []),
    ...(step.status === "succeeded" ? [] : [tag(step.status === "failed" ? "bad" : "warn", step.status)]),
    ...(step.attempts > 1 ? [tag("warn", `${step.attempts} attempts`)] : []),
    ...(late && step.latestFinishMs > 0 ? [tag("bad", "late")] : []),
    ...(step.infeasible ? [tag("bad", "goal out of reach")] : []),
  ]
}

function runnerUpSentence({ runnerUp, predictedMs, predicted }: StepResult): Child {
  if (runnerUp === null) return "No runner-up."
  const piece = (text: string): VNode => h("span", { class: "nowrap" }, text)
  const time = `${shortMs(runnerUp.latencyMs)} (${formatDeviation(runnerUp.latencyMs, predictedMs)} time)`
  const cost = `${shortUsd(runnerUp.costUsd)} (${formatDeviation(runnerUp.costUsd, predicted.costUsd)} cost)`
  return h("span", {}, "Runner-up: ", piece(prettyConfig(runnerUp.config)), ", ", piece(time), ", ", piece(cost))
}

function factsOf(step: StepResult, percentile: string): readonly (readonly [string, Child])[] {
  const { predicted } = step
  const against = (measured: string, deviation: string): Child =>
    h("span", {}, measured, deviation === "" ? null : h("span", { class: "nowrap muted" }, ` ${deviation}`))
  return [
    ["predicted, median", shortMs(step.predictedMs)],
    [`predicted, ${percentile}`, shortMs(predicted.percentileMs)],
    ["measured", against(shortMs(step.measuredMs), formatDeviation(step.measuredMs, step.predictedMs))],
    ["ended, latest finish", `${shortMs(step.endedAtMs)}, ${shortMs(step.latestFinishMs)}`],
    ["predicted cost", shortUsd(predicted.costUsd)],
    ["cost", against(shortUsd(step.costUsd), formatDeviation(step.costUsd, predicted.costUsd))],
    ["cold starts, predicted", `${step.coldStarts}, ${Math.round(predicted.coldStarts)}`],
    ["decided in", formatMs(step.decisionMs)],
  ]
}

function fact([term, text]: readonly [string, Child]): VNode {
  return h("div", {}, h("dt", {}, term), h("dd", {}, text))
}
