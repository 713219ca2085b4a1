import { realClock } from "../../base/clock.ts"
import { formatMs } from "../../base/format.ts"
import { simulationTable } from "../../report/simulation-table.ts"
import { simulate as play } from "../../simulation/simulate.ts"
import { openWorld } from "../../simulation/world.ts"
import type { Goal } from "../../workflow/goal.ts"
import { EXIT } from "../exit-codes.ts"
import type { CommandContext } from "../main.ts"
import { chosenPolicy } from "../simulation-policy.ts"
import { reportOf, writeSimulation, type DrawnRun } from "../simulation-output.ts"
import { type SimulationFlags, simulationSetup } from "../simulation-setup.ts"

export interface SimulateFlags extends SimulationFlags {
  readonly policy?: string
  readonly planner?: string
  readonly draw?: DrawnRun
}

/**
 * `trimtab simulate`: plays many runs in virtual time with the real engine. Nothing is packaged, started or called.
 * Exit 3 when the goal surely is missed: the whole interval of the attainment lies below what it asks for.
 */
export async function simulate(context: CommandContext, flags: SimulateFlags): Promise<number> {
  const { terminal, cwd, signal } = context
  const setup = await simulationSetup(context, flags)
  const { workflow, goal, parameters, estimator, behaviour, faults, seed, runs, prewarm, hedge } = setup
  const { policy, planner } = flags
  const chosen = chosenPolicy({ workflow, goal, estimator, limits: parameters.limits, policy, planner })
  const world = await openWorld({
    workflow,
    parameters,
    seed,
    faults,
    behaviourOf: () => behaviour,
    policyFor: () => chosen.create(),
    prewarm,
    hedge,
  })
  try {
    const beganMs = realClock.monotonicMs()
    const simulated = await play({
      world,
      workflow,
      goal,
      input: setup.input,
      load: setup.load,
      runs,
      seed,
      signal,
      onProgress: ({ ended, virtualMs }) => {
        const left = ((realClock.monotonicMs() - beganMs) / ended) * (runs - ended)
        terminal.progress(
          `${ended} of ${runs} runs, ${formatMs(virtualMs)} of virtual time, about ${formatMs(left)} left`,
        )
      },
    })
    terminal.done()
    const { platform, loadText: load } = setup
    const outcome = {
      workflow: workflow.name,
      goal,
      policy: chosen.name,
      load,
      seed,
      platform,
      parameters,
      prewarm,
      world,
      simulated,
    }
    const report = reportOf(outcome)
    const { html, csv, draw = "median" } = flags
    await writeSimulation(outcome, report, { terminal, cwd, html, csv, draw })
    terminal.result(report, () => simulationTable(report, terminal))
    return exitOf(report.attainment, goal)
  } finally {
    await world.close()
  }
}

function exitOf({ high }: { readonly high: number }, { percentile }: Goal): number {
  return high < percentile ? EXIT.goal : EXIT.ok
}
