import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { TrimtabError } from "../base/errors.ts"
import { formatMs } from "../base/format.ts"
import type { Json } from "../base/json.ts"
import type { Engine, RunHandle } from "../engine/engine.ts"
import type { EngineEvent } from "../engine/events.ts"
import { DEADLINE_EXCEEDED } from "../engine/state.ts"
import type { Policy } from "../optimization/policy.ts"
import { runRecorder, type RunRecorder } from "../profiling/run-samples.ts"
import { runPage } from "../report/run-page.ts"
import { runTable } from "../report/run-table.ts"
import { formatConfig } from "../workflow/config.ts"
import type { Goal } from "../workflow/goal.ts"
import type { RunResult } from "../workflow/run-result.ts"
import type { EngineSetup, Workspace } from "./composition.ts"
import { EXIT } from "./exit-codes.ts"
import type { Terminal } from "./terminal.ts"

export interface RunOrder {
  readonly workspace: Workspace
  readonly terminal: Terminal
  readonly signal: AbortSignal
  readonly goal: Goal
  readonly input: Json
  readonly policy: Policy
  readonly requestKey?: string | undefined
  readonly prewarm?: EngineSetup["prewarm"]
  readonly hedge?: EngineSetup["hedge"]
}

/** A run with the path of its page. */
export interface Executed {
  readonly result: RunResult
  readonly page: string
}

/** One run from start to report. */
export async function executeRun(order: RunOrder): Promise<Executed> {
  const { workspace, goal, input, policy, requestKey } = order
  return followRun({ ...order, policyFor: () => policy }, (engine) =>
    engine.start({
      workflow: workspace.project.workflow,
      input,
      goal,
      codeHashes: codeHashesOf(workspace),
      ...(requestKey === undefined ? {} : { requestKey }),
    }),
  )
}

/** One run, however it begins, to its report. */
export async function followRun(
  {
    workspace,
    terminal,
    signal,
    policyFor,
    prewarm,
    hedge,
  }: Pick<RunOrder, "workspace" | "terminal" | "signal"> & EngineSetup,
  begin: (engine: Engine) => Promise<RunHandle>,
): Promise<Executed> {
  const follower = followRuns(workspace, terminal)
  const engine = workspace.engine({ policyFor, onEvent: follower.onEvent, prewarm, hedge })
  try {
    const handle = await begin(engine)
    const result = await Promise.race([handle.result, interrupted(signal, handle.runId)])
    return { result, page: await follower.finish(result) }
  } finally {
    await engine.close()
  }
}

/** Hash of each function's code, by name. */
export function codeHashesOf({ packages }: Workspace): Record<string, string> {
  return Object.fromEntries([...packages].map(([name, pkg]) => [name, pkg.codeSha256]))
}

/** Rejects on Ctrl-C: the run stays in the journal and can be resumed. */
export function interrupted(signal: AbortSignal, runId: string): Promise<never> {
  const error = new TrimtabError("interrupted", `interrupted; run ${runId} is kept: \`trimtab resume\` finishes it`)
  return new Promise((_, reject) => {
    if (signal.aborted) reject(error)
    signal.addEventListener("abort", () => reject(error), { once: true })
  })
}

/** Samples for the profiles from what runs measure. */
export interface RunRecorders {
  readonly onEvent: (event: EngineEvent) => void
  /** Appends what a run that ended has measured. */
  save(result: RunResult): Promise<void>
}

/** Recorders for any number of runs at once. */
export function runRecorders(workspace: Workspace): RunRecorders {
  const recorders = new Map<string, RunRecorder>()
  const codeSha256 = (name: string): string => workspace.packages.get(name)?.codeSha256 ?? ""
  const recorderOf = (runId: string): RunRecorder => {
    const known = recorders.get(runId)
    if (known !== undefined) return known
    const made = runRecorder({ profiles: workspace.profiles, source: "run", codeSha256 })
    recorders.set(runId, made)
    return made
  }
  return {
    onEvent: (event) => {
      if (event.kind === "invocation-ended") recorderOf(event.runId).observe(event)
    },
    save: async (result) => {
      await recorderOf(result.runId).save(result)
      recorders.delete(result.runId)
    },
  }
}

/** Follows runs as they go: progress for people, samples for the profiles. */
export interface RunFollower {
  readonly onEvent: (event: EngineEvent) => void
  /** Ends the progress, learns from the run and writes its report; gives the path of the page. */
  finish(result: RunResult): Promise<string>
}

/** A follower for the runs of one command. `steps` is how many steps a run has. */
export function followRuns(workspace: Workspace, terminal: Terminal): RunFollower {
  const recorders = runRecorders(workspace)
  const running = new Map<string, string>()
  const total = workspace.project.workflow.steps.length
  let finished = 0
  const say = (atMs: number): void => {
    const now = [...running].map(([step, config]) => `${step} (${config})`).join(", ")
    terminal.progress(`${formatMs(atMs)}  ${finished} of ${total} steps done; running ${now || "nothing"}`)
  }
  return {
    onEvent: (event) => {
      recorders.onEvent(event)
      if (event.kind === "prewarmed")
        terminal.debug(`prewarmed ${event.warmed} of ${event.asked} ${event.variant} for ${event.step}`)
      if (event.kind !== "step-decided" && event.kind !== "step-finished") return
      if (event.kind === "step-decided") running.set(event.step, formatConfig(event.decision.config))
      else if (running.delete(event.step)) finished++
      say(event.atMs)
    },
    finish: async (result) => {
      terminal.done()
      await recorders.save(result)
      running.clear()
      finished = 0
      return writeReport(workspace.project.stateDir, result)
    },
  }
}

/** `runs/<id>.json` and `runs/<id>.html`. */
export async function writeReport(stateDir: string, result: RunResult): Promise<string> {
  const folder = join(stateDir, "runs")
  await mkdir(folder, { recursive: true })
  const page = join(folder, `${result.runId}.html`)
  await writeFile(join(folder, `${result.runId}.json`), `${JSON.stringify(result, null, 2)}\n`)
  await writeFile(page, runPage(result))
  return page
}

/** A run and where its page is, for people. */
export function runText({ result, page }: Executed, { width, color }: Pick<Terminal, "width" | "color">): string {
  return `${runTable(result, { width, color })}\n\nreport: ${page}`
}

/** What the end of a run means for the exit code of its command. */
export function exitCodeOfRun(result: RunResult): number {
  if (result.status === "partial") return EXIT.partial
  if (result.error?.errorType === DEADLINE_EXCEEDED) return EXIT.goal
  if (result.status !== "succeeded") return EXIT.error
  return result.sloMet === false ? EXIT.goal : EXIT.ok
}
