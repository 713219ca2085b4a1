import { resolve } from "node:path"
import { frontierFigure } from "../../report/frontier-figure.ts"
import { standaloneSvg } from "../../report/svg.ts"
import { goalOf, type GoalFlags } from "../goal.ts"
import { loadProject } from "../config.ts"
import { EXIT } from "../exit-codes.ts"
import type { CommandContext } from "../main.ts"
import { certificateDocument, readCertificate } from "../plan-certificate.ts"
import { checkDocument, checkExit, checkPlan, checkText } from "../plan-check.ts"
import { certificateOf, chooserOf, explanationOf, frontierOfPlans, makePlan, plannerSource } from "../plan-making.ts"
import { planDocument, planText } from "../plan-output.ts"
import { problemOf } from "../planning.ts"
import { openPlanning, type PlanningSource } from "../planning-source.ts"
import { writeNamedFile } from "../text-output.ts"

export interface PlanFlags extends GoalFlags {
  readonly planner?: string
  readonly explain?: boolean
  readonly frontier?: boolean
  readonly svg?: string
  readonly certificate?: string
  readonly check?: string
  readonly offline?: boolean
}

/**
 * `trimtab plan`: a configuration for every step, before the run, with a proven bound of what any plan could save.
 * Exit 3 when the goal cannot be met; with --check 1 when a certificate proves less than it claims.
 */
export async function plan(context: CommandContext, flags: PlanFlags): Promise<number> {
  const { terminal, cwd, configFile } = context
  chooserOf(flags.planner)
  const project = await loadProject({ file: configFile, cwd })
  const source = await openPlanning(project, terminal, { offline: flags.offline === true })
  try {
    return flags.check === undefined
      ? await choose(context, flags, { source, project })
      : await check(context, { ...flags, check: flags.check }, { source, project })
  } finally {
    await source.close()
  }
}

interface Opened {
  readonly source: PlanningSource
  readonly project: Awaited<ReturnType<typeof loadProject>>
}

async function choose({ terminal, cwd }: CommandContext, flags: PlanFlags, opened: Opened): Promise<number> {
  const { workflow } = opened.project
  const { estimator, limits, platform } = opened.source
  const goal = goalOf(flags, workflow)
  const problem = problemOf({ workflow, goal, estimator, limits })
  const made = makePlan(problem, plannerSource(estimator), flags.planner)
  const certificate = flags.certificate === undefined ? null : certificateOf(problem, made)
  if (certificate !== null && flags.certificate !== undefined) {
    const path = resolve(cwd, flags.certificate)
    await writeNamedFile(path, `${JSON.stringify(certificateDocument(certificate, problem), null, 2)}\n`)
    terminal.info(`wrote ${path}`)
  }
  const explanation = flags.explain === true ? explanationOf(problem, made) : null
  const wantsFrontier = flags.frontier === true || flags.svg !== undefined
  const frontier = wantsFrontier ? frontierOfPlans(problem, made) : null
  if (flags.svg !== undefined && frontier !== null) {
    const path = resolve(cwd, flags.svg)
    await writeNamedFile(path, `${standaloneSvg(frontierFigure(frontier.report))}\n`)
    terminal.info(`wrote ${path}`)
  }
  const output = { problem, made, estimator, platform, explanation, frontier }
  terminal.result(planDocument(output), () => planText(output, terminal))
  return EXIT.ok
}

async function check(
  { terminal, cwd }: CommandContext,
  flags: PlanFlags & { readonly check: string },
  { source, project }: Opened,
): Promise<number> {
  const file = await readCertificate(resolve(cwd, flags.check))
  const hasGoal = flags.slo !== undefined || flags.budget !== undefined
  const goal = hasGoal ? goalOf({ percentile: file.goal.percentile, ...flags }, project.workflow) : file.goal
  const problem = problemOf({ workflow: project.workflow, goal, estimator: source.estimator, limits: source.limits })
  const checked = checkPlan(problem, file)
  terminal.result(checkDocument(checked), () => checkText(checked))
  return checkExit(checked)
}
