import { formatMs, formatUsd } from "../../base/format.ts"
import type { PlanResult } from "../../optimization/planner.ts"
import { frontierMergePlanner } from "../../optimization/frontier-merge/frontier-merge-planner.ts"
import { prettyConfig } from "../../report/numbers.ts"
import { terminalPaint } from "../../report/terminal-style.ts"
import { terminalTable } from "../../report/terminal-table.ts"
import type { Goal } from "../../workflow/goal.ts"
import { openWorkspace } from "../composition.ts"
import { loadProject } from "../config.ts"
import { EXIT } from "../exit-codes.ts"
import { goalOf, type GoalFlags } from "../goal.ts"
import type { CommandContext } from "../main.ts"
import { problemOf, unreachable } from "../planning.ts"

/** `trimtab plan`: a configuration for every step, before the run. Exit 3 when the goal cannot be met. */
export async function plan({ terminal, cwd, configFile }: CommandContext, flags: GoalFlags): Promise<number> {
  const project = await loadProject({ file: configFile, cwd })
  const goal = goalOf(flags, project.workflow)
  const workspace = await openWorkspace(project, terminal)
  try {
    const estimator = await workspace.estimator()
    const problem = problemOf({ workflow: project.workflow, goal, estimator, limits: workspace.platform.limits })
    const planner = frontierMergePlanner()
    const result = planner.plan(problem)
    if (!result.feasible) throw unreachable(goal, result)
    const rows = project.workflow.steps.map((step) => {
      const config = result.plan[step.name]!
      const tasks = estimator.expectedTasks(step.name)
      const estimate = estimator.estimate({ step: step.name, config, tasks, warmInstances: 0 })
      return { step: step.name, config, tasks, ...estimate }
    })
    terminal.result(planDocument({ planner: planner.name, goal, result, steps: rows }), () =>
      [
        terminalTable({
          rows,
          width: terminal.width,
          paint: terminalPaint({ color: terminal.color }),
          columns: [
            { header: "step", cell: (row) => row.step },
            { header: "config", cell: (row) => prettyConfig(row.config) },
            { header: "tasks", cell: (row) => String(row.tasks), align: "right" },
            { header: "p50", cell: (row) => formatMs(Math.exp(row.latencyMs.logMs[2]!)), align: "right" },
            { header: "p95", cell: (row) => formatMs(Math.exp(row.latencyMs.logMs[5]!)), align: "right" },
            { header: "cost", cell: (row) => formatUsd(row.costUsd.mean), align: "right" },
            { header: "rests on", cell: (row) => row.support },
          ],
        }),
        "",
        headline(goal, result),
      ].join("\n"),
    )
    return EXIT.ok
  } finally {
    await workspace.close()
  }
}

type Feasible = Extract<PlanResult, { feasible: true }>

function headline(goal: Goal, result: Feasible): string {
  const share = `p${Math.round(goal.percentile * 100)}`
  const bound = result.gap === null ? "" : `, at most ${(result.gap * 100).toFixed(1)} % above the optimum`
  const wanted = goal.kind === "cost" ? `SLO ${formatMs(goal.sloMs)}` : `budget ${formatUsd(goal.budgetUsd)}`
  return `${wanted}: ${share} latency ${formatMs(result.latencyMs)}, cost ${formatUsd(result.costUsd)} a run (${formatUsd(result.costUsd * 1000)} per 1,000)${bound}`
}

function planDocument(of: {
  readonly planner: string
  readonly goal: Goal
  readonly result: Feasible
  readonly steps: readonly object[]
}): object {
  const { planner, goal, result, steps } = of
  const { latencyMs, costUsd, lowerBound, gap } = result
  return { schemaVersion: 1, planner, goal, latencyMs, costUsd, lowerBound, gap, steps }
}
