import { realClock } from "../../base/clock.ts"
import { formatMs } from "../../base/format.ts"
import { arenaPage } from "../../report/arena-page.ts"
import type { ArenaReport } from "../../report/arena-report.ts"
import { arenaTable } from "../../report/arena-table.ts"
import { leaderboard, playArena } from "../../simulation/arena.ts"
import { contendersOf } from "../contenders.ts"
import { EXIT } from "../exit-codes.ts"
import type { CommandContext } from "../main.ts"
import { type SimulationFlags, simulationSetup } from "../simulation-setup.ts"
import { writeAskedFiles } from "../text-output.ts"

export interface CompareFlags extends SimulationFlags {
  readonly only?: readonly string[]
}

/**
 * `trimtab compare`: strategies side by side on the same runs in virtual time: how often each attains the goal, at what
 * cost. Nothing is packaged, started or called.
 */
export async function compare(context: CommandContext, flags: CompareFlags): Promise<number> {
  const { terminal, cwd, signal } = context
  const setup = await simulationSetup(context, flags)
  const { workflow, goal, parameters, estimator, behaviour, faults, seed, runs, prewarm, hedge } = setup
  const contenders = contendersOf({ workflow, goal, estimator, limits: parameters.limits }, flags.only)
  const beganMs = realClock.monotonicMs()
  const rows = await playArena({
    contenders,
    worldOf: { workflow, parameters, seed, faults, behaviourOf: () => behaviour, prewarm, hedge },
    workflow,
    goal,
    input: setup.input,
    load: setup.load,
    runs,
    seed,
    signal,
    onProgress: ({ contender, played, ended }) => {
      const share = (played + ended / runs) / contenders.length
      const leftMs = ((realClock.monotonicMs() - beganMs) / share) * (1 - share)
      terminal.progress(
        `${contender} (${played + 1} of ${contenders.length}): ${ended} of ${runs} runs, about ${formatMs(leftMs)} left`,
      )
    },
  })
  terminal.done()
  const report: ArenaReport = {
    schemaVersion: 1,
    workflow: workflow.name,
    goal,
    platform: setup.platform,
    parametersDate: parameters.date,
    load: setup.loadText,
    seed,
    runs,
    first: rows.find(({ out }) => out === null)?.name ?? null,
    strategies: leaderboard(rows, goal),
  }
  const { html, csv } = flags
  await writeAskedFiles(
    [
      [html, () => arenaPage(report)],
      [csv, () => arenaCsv(report)],
    ],
    { terminal, cwd },
  )
  terminal.result(report, () => arenaTable(report, terminal))
  return EXIT.ok
}

/** A line a strategy, the best first. */
function arenaCsv({ strategies }: ArenaReport): string {
  const header =
    "strategy,kind,attained,attainedLow,attainedHigh,p50Ms,p95Ms,meanUsd,costOverFirst,coldShare,queueMs,out"
  const lines = strategies.map(
    ({ name, kind, attainment, latencyMs, costUsd, costOverFirst, coldShare, queueMs, out }) =>
      [
        name,
        kind,
        attainment.share,
        attainment.low,
        attainment.high,
        latencyMs.p50,
        latencyMs.p95,
        costUsd.mean,
        costOverFirst?.mean ?? "",
        coldShare,
        queueMs,
        out === null ? "" : JSON.stringify(out),
      ].join(","),
  )
  return `${[header, ...lines].join("\n")}\n`
}
