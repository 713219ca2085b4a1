import { existsSync } from "node:fs"
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { TrimtabError } from "../../base/errors.ts"
import { formatMs, formatUsd } from "../../base/format.ts"
import { isObject } from "../../base/json.ts"
import type { PrewarmRuleName } from "../../engine/prewarm-rule.ts"
import { planRange } from "../../optimization/stepconf/step-conf-planner.ts"
import { isFileRef } from "../../protocol/envelope.ts"
import { comparePage } from "../../report/compare-page.ts"
import { runTable } from "../../report/run-table.ts"
import { DEFAULT_PERCENTILE, type Goal } from "../../workflow/goal.ts"
import type { RunResult } from "../../workflow/run-result.ts"
import { openWorkspace, type Workspace } from "../composition.ts"
import { loadProject } from "../config.ts"
import { executeRun, type RunOrder } from "../execute.ts"
import { EXIT } from "../exit-codes.ts"
import type { CommandContext } from "../main.ts"
import { measure } from "../measure.ts"
import { problemOf, rehearse } from "../planning.ts"
import { assertPolicyName, DEFAULT_POLICY, policyNamed } from "../policies.ts"
import { runInput } from "../run-input.ts"
import type { Terminal } from "../terminal.ts"

/** The tight deadline over the fastest plan, and the loose one over the tight one. */
const TIGHT_OVER_FASTEST = 1.15
const LOOSE_OVER_TIGHT = 2.05

/** The video example lies beside the sources: it is no part of the published package. */
const EXAMPLE = fileURLToPath(new URL("../../../examples/video", import.meta.url))

export interface DemoFlags {
  readonly fresh?: boolean
  readonly policy?: string
  readonly prewarm?: PrewarmRuleName
}

/**
 * `trimtab demo`: profiles the video workflow of this checkout as far as it is not profiled yet, runs it under a tight
 * and a loose deadline, and leaves two videos and the reports.
 */
export async function demo(context: CommandContext, flags: DemoFlags): Promise<number> {
  const { terminal, cwd, signal } = context
  const { policy: policyName = DEFAULT_POLICY, prewarm } = flags
  assertPolicyName(policyName)
  assertExample()
  const project = await loadProject({ file: join(EXAMPLE, "trimtab.config.ts"), cwd })
  if (flags.fresh === true) await rm(join(project.stateDir, "profiles"), { recursive: true, force: true })
  const workspace = await openWorkspace(project, terminal)
  try {
    const { store, platform } = workspace
    terminal.info(
      `local platform: ${platform.info.enforcement}, ${platform.limits.vcpuTotal?.toFixed(1) ?? "unlimited"} vCPU`,
    )
    const input = await runInput({ configured: project.input, root: project.root, cwd, store })
    await measure({ workspace, terminal, input, signal })
    await workspace.deploy()
    const estimator = await workspace.estimator()
    const base = { workflow: project.workflow, estimator, limits: platform.limits }
    const anyGoal: Goal = { kind: "cost", sloMs: 1, percentile: DEFAULT_PERCENTILE }
    const { fastest, cheapest } = planRange(problemOf({ ...base, goal: anyGoal }))
    const tightMs = Math.round(fastest.latencyMs * TIGHT_OVER_FASTEST)
    const looseMs = Math.round(tightMs * LOOSE_OVER_TIGHT)
    terminal.info(
      `fastest plan ${formatMs(fastest.latencyMs)} for ${formatUsd(fastest.costUsd)}, cheapest ${formatMs(cheapest.latencyMs)} for ${formatUsd(cheapest.costUsd)}`,
    )
    const runs: RunResult[] = []
    for (const sloMs of [tightMs, looseMs]) {
      const goal: Goal = { kind: "cost", sloMs, percentile: DEFAULT_PERCENTILE }
      terminal.info(`running under ${formatMs(sloMs)}`)
      const policy = policyNamed(policyName, { ...base, goal })
      rehearse(policy, project.workflow, goal)
      runs.push(await oneRun({ workspace, terminal, signal, goal, input, policy, prewarm }))
    }
    const files = await keep(workspace, runs)
    const extra = { fastestPlan: fastest, cheapestPlan: cheapest, files }
    terminal.result({ schemaVersion: 1, ...extra, runs: runs.map(summaryOf) }, () => demoText(runs, files, terminal))
    return runs.every((run) => run.status === "succeeded" && run.sloMet === true) ? EXIT.ok : EXIT.goal
  } finally {
    await workspace.close()
  }
}

function assertExample(): void {
  if (!existsSync(join(EXAMPLE, "trimtab.config.ts")))
    throw new TrimtabError(
      "missing-package",
      "the demo's video workflow is part of the repository, not of the published package; clone it and run `npm start`, or try `trimtab init`",
    )
  if (!existsSync(join(EXAMPLE, "node_modules")))
    throw new TrimtabError(
      "missing-package",
      "the packages of the video workflow are not installed; run `npm start`, or `npm ci --prefix examples/video`",
    )
}

async function oneRun(order: RunOrder): Promise<RunResult> {
  const { result } = await executeRun(order)
  if (result.status !== "succeeded")
    throw new TrimtabError(
      "run-failed",
      `run ${result.runId} ${result.status}: ${result.error?.message ?? "no reason was given"}`,
    )
  return result
}

/** Copies what a person wants to see to one place: the videos, the pages, and one page that compares the two runs. */
async function keep(workspace: Workspace, runs: readonly RunResult[]): Promise<string[]> {
  const folder = join(EXAMPLE, "output")
  await mkdir(folder, { recursive: true })
  const files: string[] = []
  for (const [index, run] of runs.entries()) {
    const name = index === 0 ? "tight" : "loose"
    const video = isObject(run.output) ? run.output["video"] : undefined
    if (isFileRef(video)) {
      await workspace.store.getFile(video.$ref, join(folder, `${name}.mp4`))
      files.push(join(folder, `${name}.mp4`))
    }
    await copyFile(join(workspace.project.stateDir, "runs", `${run.runId}.html`), join(folder, `${name}.html`))
    files.push(join(folder, `${name}.html`))
  }
  await writeFile(join(folder, "compare.html"), comparePage(runs))
  return [...files, join(folder, "compare.html")]
}

/** The parts of a result that the demo's document promises. */
function summaryOf(run: RunResult): object {
  const { runId, status, policy, sloMs, latencyMs, sloMet, costUsd, decisionMs, overheadMs, enforcement, prewarm } = run
  const steps = run.steps.map((step) => {
    const { name, config, predictedMs, measuredMs, queueMs, mappingDelayMs, downloadMs, computeMs, uploadMs } = step
    const { coldStarts, costUsd: stepCostUsd, reason } = step
    const times = { predictedMs, measuredMs, queueMs, mappingDelayMs, downloadMs, computeMs, uploadMs }
    return { name, config, ...times, coldStarts, costUsd: stepCostUsd, reason }
  })
  const errors = run.steps.map((step) => Math.abs(step.predictedMs - step.measuredMs) / step.measuredMs)
  const meanErrorPct = (errors.reduce((sum, error) => sum + error, 0) / errors.length) * 100
  return {
    runId,
    status,
    policy,
    sloMs,
    latencyMs,
    sloMet,
    costUsd,
    steps,
    decisionMs,
    overheadMs,
    enforcement,
    prewarm,
    meanErrorPct,
  }
}

function demoText(runs: readonly RunResult[], files: readonly string[], terminal: Terminal): string {
  const [tight, loose] = runs
  const tables = runs.map((run) => runTable(run, { width: terminal.width, color: terminal.color }))
  const difference =
    tight === undefined || loose === undefined
      ? ""
      : `The loose deadline took ${(loose.latencyMs / tight.latencyMs).toFixed(2)} times as long and cost ${((1 - loose.costUsd / tight.costUsd) * 100).toFixed(0)} % less.`
  return [...tables, difference, ...files].join("\n\n")
}
