import type { InvocationResult, RunResult, StepResult } from "../workflow/run-result.ts"
import { h } from "./h.ts"
import type { VNode } from "./h.ts"
import { htmlTable } from "./html-table.ts"
import { shortMs } from "./numbers.ts"
import { isOvertaken, succeeded } from "./phases.ts"

interface Notable {
  readonly step: StepResult
  readonly invocation: InvocationResult
}

/** Rows beyond this say only how many more there were. */
const MOST = 60

/** The invocations worth a look: cold starts, failed ones, and those that were tried again. Null when there are none. */
export function attemptTable(result: RunResult): VNode | null {
  const notable = result.steps.flatMap((step) =>
    step.invocations
      .filter(
        (invocation) =>
          invocation.coldStart || !succeeded(invocation) || invocation.attempt > 1 || invocation.hedge === true,
      )
      .map((invocation): Notable => ({ step, invocation })),
  )
  if (notable.length === 0) return null
  // Failures first: with many cold starts they must not fall off the end.
  notable.sort((a, b) => Number(succeeded(a.invocation)) - Number(succeeded(b.invocation)))
  const table = htmlTable<Notable>({
    label: "Cold starts and attempts",
    rows: notable.slice(0, MOST),
    columns: [
      { header: "Step", cell: ({ step }) => step.name },
      { header: "Instance", cell: ({ invocation }) => instanceText(invocation), align: "right" },
      { header: "Attempt", cell: ({ invocation }) => invocation.attempt, align: "right" },
      { header: "Outcome", cell: ({ invocation }) => outcomeTag(invocation) },
      { header: "Sent at", cell: ({ invocation }) => shortMs(invocation.sentAtMs), align: "right" },
      {
        header: "Init",
        cell: ({ invocation }) => (invocation.coldStart ? shortMs(invocation.initMs) : "warm"),
        align: "right",
      },
      {
        header: "Ran",
        cell: ({ invocation }) => shortMs(invocation.endedAtMs - invocation.startedAtMs),
        align: "right",
      },
      { header: "Billed", cell: ({ invocation }) => shortMs(invocation.billedMs), align: "right" },
      { header: "Memory", cell: ({ invocation }) => memoryText(invocation), align: "right" },
    ],
  })
  const more = notable.length - MOST
  return h("div", {}, table, more > 0 ? h("p", { class: "muted" }, `and ${more} more`) : null)
}

function instanceText(invocation: InvocationResult): string {
  return invocation.kind === "tasks" ? String(invocation.part + 1) : invocation.kind
}

function outcomeTag(invocation: InvocationResult): VNode {
  const { coldStart, hedge, outcome } = invocation
  const tone = succeeded(invocation) ? (coldStart ? "warn" : "good") : isOvertaken(invocation) ? "warn" : "bad"
  const text = [
    outcome,
    ...(succeeded(invocation) && coldStart ? ["cold"] : []),
    ...(hedge === true ? ["hedge"] : []),
  ].join(", ")
  return h("span", { class: `tag ${tone}` }, text)
}

function memoryText(invocation: InvocationResult): string {
  const used = invocation.maxMemoryUsedMB.toLocaleString("en-US")
  return `${used} of ${invocation.memoryMB.toLocaleString("en-US")} MB`
}
