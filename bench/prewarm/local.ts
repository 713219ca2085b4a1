// The video workflow on the local platform: real processes on this machine, every run on instances that are all cold.
import { existsSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { realClock } from "../../src/base/clock.ts"
import { openWorkspace, type Workspace } from "../../src/cli/composition.ts"
import { loadProject } from "../../src/cli/config.ts"
import { executeRun } from "../../src/cli/execute.ts"
import { measure } from "../../src/cli/measure.ts"
import { problemOf } from "../../src/cli/planning.ts"
import { policyNamed } from "../../src/cli/policies.ts"
import { runInput } from "../../src/cli/run-input.ts"
import { processTerminal } from "../../src/cli/terminal.ts"
import type { PrewarmRuleName } from "../../src/engine/prewarm-rule.ts"
import { planRange } from "../../src/optimization/stepconf/step-conf-planner.ts"
import type { Goal } from "../../src/workflow/goal.ts"
import type { RunResult } from "../../src/workflow/run-result.ts"
import type { Bench } from "../bench.ts"
import { against, nothing, RULES, withRun } from "./figures.ts"

const EXAMPLE = fileURLToPath(new URL("../../examples/video", import.meta.url))

/** Rounds of one run under each rule. */
const QUICK = 3
const FULL = 10

/** The deadline over the fastest plan: room for the starts of the next steps beside the present ones. */
const SLO_OVER_FASTEST = 1.6

export const bench: Bench = async ({ full }) => {
  if (!existsSync(join(EXAMPLE, "node_modules")))
    return {
      summary: { "local.measured": null },
      reasons: {
        "local.measured": "the packages of the video workflow are not installed: npm ci --prefix examples/video",
      },
      rows: [],
    }
  const terminal = processTerminal({ json: true, quiet: false, verbose: false }, () => realClock.monotonicMs())
  const project = await loadProject({ file: join(EXAMPLE, "trimtab.config.ts"), cwd: EXAMPLE })
  const workspace = await openWorkspace(project, terminal)
  const { signal } = new AbortController()
  try {
    const { store, platform } = workspace
    const input = await runInput({ configured: project.input, root: project.root, cwd: EXAMPLE, store })
    await measure({ workspace, terminal, input, signal })
    const estimator = await workspace.estimator()
    const base = { workflow: project.workflow, estimator, limits: platform.limits }
    const anyGoal: Goal = { kind: "cost", sloMs: 1, percentile: 0.95 }
    const { fastest } = planRange(problemOf({ ...base, goal: anyGoal }))
    const goal: Goal = { ...anyGoal, sloMs: Math.round(fastest.latencyMs * SLO_OVER_FASTEST) }
    const runs: { rule: PrewarmRuleName; result: RunResult }[] = []
    for (let round = 0; round < (full ? FULL : QUICK); round++)
      for (const rule of RULES) {
        await beginCold(workspace)
        const policy = policyNamed("trimtab", { ...base, goal })
        const { result } = await executeRun({
          workspace,
          terminal,
          signal,
          goal,
          input,
          policy,
          prewarm: rule,
          hedge: "none",
        })
        if (result.status !== "succeeded") throw new Error(`a run ended ${result.status}`)
        runs.push({ rule, result })
      }
    return report(runs, goal)
  } finally {
    await workspace.close()
  }
}

/** Takes everything down, and with it every instance. */
async function beginCold(workspace: Workspace): Promise<void> {
  await workspace.platform.teardown({ kind: "all" })
  await workspace.deploy()
}

function report(runs: readonly { rule: PrewarmRuleName; result: RunResult }[], goal: Goal): Awaited<ReturnType<Bench>> {
  const figures = new Map(
    RULES.map((rule) => {
      const own = runs.filter((run) => run.rule === rule).map(({ result }) => result)
      return [rule, own.reduce(withRun, nothing(rule))] as const
    }),
  )
  const rows: object[] = []
  const summary: Record<string, number | null> = {}
  for (const rule of RULES) {
    const row = against(figures.get("none")!, figures.get(rule)!)
    rows.push({ table: "local", workflow: "video", rule, sloMs: goal.kind === "cost" ? goal.sloMs : null, ...row })
    for (const [key, value] of Object.entries(row)) summary[`local.${rule}.${key}`] = value
  }
  for (const { rule, result } of runs) {
    const { latencyMs, costUsd, prewarm } = result
    rows.push({ table: "local runs", rule, latencyMs, costUsd, prewarm })
  }
  return { summary, reasons: {}, rows }
}
