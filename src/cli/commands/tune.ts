import { join, resolve } from "node:path"
import { realClock } from "../../base/clock.ts"
import { TrimtabError } from "../../base/errors.ts"
import { fsStore } from "../../stores/fs/fs-store.ts"
import { openStore } from "../../stores/open-store.ts"
import type { Store } from "../../stores/store.ts"
import { auditLog } from "../../tuner/audit-log.ts"
import { logInspector } from "../../tuner/inspection/inspect.ts"
import { invocationCost } from "../../tuner/inspection/invocation-cost.ts"
import { logClock } from "../../tuner/log-clock.ts"
import { configPublisher, type ConfigPublisher } from "../../tuner/publishing/config-publisher.ts"
import { type RunWindows, runWindows } from "../../tuner/run-window.ts"
import { createTuner, type TunedWindow, type Tuner } from "../../tuner/tuner.ts"
import { fileMemory } from "../../tuner/tuner-memory.ts"
import { loadProject, type Project } from "../config.ts"
import { EXIT } from "../exit-codes.ts"
import { goalOf, type GoalFlags } from "../goal.ts"
import { logSources } from "../log-sources.ts"
import type { CommandContext } from "../main.ts"
import { historyOf, windowDocument, windowText } from "../tuning-text.ts"
import { openTuning, type TuningSource } from "../tuning-source.ts"

export interface TuneFlags extends GoalFlags {
  readonly once?: boolean
  readonly dryRun?: boolean
  readonly history?: boolean
  readonly rollback?: number
  readonly store?: string
  readonly pipeline?: string
  readonly windowRuns?: number
  readonly interval?: number
  readonly radius?: number
  readonly canary?: number
  readonly offline?: boolean
}

/** The secret that publishers and functions share. In the environment, since arguments are seen by everybody. */
const SECRET_VARIABLE = "TRIMTAB_CONFIG_SECRET"

const WINDOW_RUNS = 50
const INTERVAL_MS = 30_000

/**
 * `trimtab tune`: watches the logs of functions that somebody else runs, and publishes small changes of their sizes that
 * keep the goal. Goes on until Ctrl-C; with --once judges what is new in the logs and ends. Exit 3 when no sizes keep the goal.
 */
export async function tune(context: CommandContext, flags: TuneFlags, paths: readonly string[]): Promise<number> {
  const { terminal, cwd, configFile, signal } = context
  const project = await loadProject({ file: configFile, cwd })
  const publisher = await publisherOf(project, flags, cwd)
  const folder = join(project.stateDir, "tuner")
  const audit = auditLog(folder, publisher.pipeline)
  if (flags.history === true) {
    const history = await historyOf(publisher, audit)
    terminal.result(history.document, () => history.text(terminal))
    return EXIT.ok
  }
  if (flags.rollback !== undefined) return await rollback(context, publisher, flags.rollback)
  const goal = goalOf(flags, project.workflow)
  const sources = await logSources(context, paths)
  const source = await openTuning({ project, terminal, signal, offline: flags.offline === true })
  try {
    const memory = fileMemory(folder, publisher.pipeline)
    const tuner = createTuner({
      publisher,
      goal,
      rates: source.rates,
      curvesOf: source.curvesOf,
      learn: source.learn,
      memory,
      audit,
      clock: realClock,
      settings: settingsOf(flags),
      dryRun: flags.dryRun === true,
    })
    const judgedUntilMs = (await memory.load())?.judgedUntilMs ?? Number.NEGATIVE_INFINITY
    const windows = runWindows({ runs: flags.windowRuns ?? WINDOW_RUNS, judgedUntilMs })
    return await watch(context, flags, { sources, source, tuner, windows })
  } finally {
    await source.close()
  }
}

function settingsOf({ radius, canary }: TuneFlags): { readonly radius?: number; readonly canaryPercent?: number } {
  return { ...(radius === undefined ? {} : { radius }), ...(canary === undefined ? {} : { canaryPercent: canary }) }
}

async function publisherOf(project: Project, flags: TuneFlags, cwd: string): Promise<ConfigPublisher> {
  const secret = process.env[SECRET_VARIABLE]
  return configPublisher({
    store: await storeOf(project, flags.store, cwd),
    pipeline: flags.pipeline ?? project.workflow.name,
    clock: realClock,
    ...(secret === undefined || secret === "" ? {} : { secret }),
  })
}

/** A folder, the URL of a store, or the project's own store. */
async function storeOf({ stateDir }: Project, named: string | undefined, cwd: string): Promise<Store> {
  if (named === undefined) return fsStore(join(stateDir, "store"))
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(named) ? await openStore(named) : fsStore(resolve(cwd, named))
}

async function rollback({ terminal }: CommandContext, publisher: ConfigPublisher, to: number): Promise<number> {
  const outcome = await publisher.rollback(to, "by hand")
  // Without a version to follow nobody can be overtaken.
  if (outcome.kind === "overtaken") throw new TrimtabError("internal", "a rollback by hand was overtaken")
  const { version } = outcome.document
  terminal.result(outcome.document, () => `version ${version} is version ${to} again`)
  return EXIT.ok
}

interface Watching {
  readonly sources: Awaited<ReturnType<typeof logSources>>
  readonly source: TuningSource
  readonly tuner: Tuner
  readonly windows: RunWindows
}

async function watch(
  { terminal, signal }: CommandContext,
  flags: TuneFlags,
  { sources, source, tuner, windows }: Watching,
): Promise<number> {
  const once = flags.once === true || flags.dryRun === true
  const inspector = logInspector({ sources, onRun: (run) => windows.add(run), costOf: invocationCost(source.rates) })
  const judged: TunedWindow[] = []
  const clock = logClock()
  while (!signal.aborted) {
    await inspector.poll({ signal, lastLine: once ? "take" : "hold" })
    if (once) inspector.flush()
    const nowMs = clock.at({ nowMs: realClock.nowMs(), heardMs: inspector.heardMs })
    if (!once) inspector.settle(nowMs - windows.settlingMs)
    const runs = windows.take({ nowMs, rest: once })
    if (runs !== null) {
      const window = await tuner.window(runs)
      judged.push(window)
      for (const { key, reason } of window.refused) terminal.warn(`${key} is refused: ${reason}`)
      if (!once) terminal.line(windowDocument(window), () => windowText(window))
    }
    if (once) break
    terminal.progress(
      `${inspector.counts.invocations} invocations read, ${judged.length} windows judged, ${windows.waiting} runs wait`,
    )
    await realClock.sleep(flags.interval ?? INTERVAL_MS, signal).catch(() => {})
  }
  terminal.done()
  if (!once) return EXIT.interrupted
  const { counts } = inspector
  if (counts.invocations === 0) throw nothingRead(counts.lines)
  const last = judged.at(-1) ?? null
  const document = { schemaVersion: 1, counts, waiting: windows.waiting, windows: judged.map(windowDocument) }
  terminal.result(document, () =>
    last === null ? `no run to judge: ${windows.waiting} may still go on` : windowText(last),
  )
  return judged.at(-1)?.action.unkept === true ? EXIT.goal : EXIT.ok
}

function nothingRead(lines: number): TrimtabError {
  return new TrimtabError(
    "invalid-data",
    `no invocation in ${lines} lines; logs have REPORT or platform.report lines`,
    {
      fix: "name logs of AWS Lambda or of the local platform",
    },
  )
}
