import type { Clock } from "../base/clock.ts"
import { TrimtabError } from "../base/errors.ts"
import type { Json } from "../base/json.ts"
import type { Logger } from "../base/logger.ts"
import type { Random } from "../base/random.ts"
import type { Policy } from "../optimization/policy.ts"
import type { Platform } from "../platforms/platform.ts"
import type { Store } from "../stores/store.ts"
import type { StepConfig } from "../workflow/config.ts"
import type { Goal } from "../workflow/goal.ts"
import type { RunResult } from "../workflow/run-result.ts"
import type { Workflow } from "../workflow/workflow.ts"
import { admission } from "./admission.ts"
import { answerDeadlines } from "./answer-deadlines.ts"
import type { EngineParts } from "./engine-parts.ts"
import type { EngineEvent } from "./events.ts"
import { hedgeAllowance } from "./hedge-allowance.ts"
import type { HedgeMode } from "./hedge-mode.ts"
import type { Journal, RunRow } from "./journal.ts"
import { liveRun, type LiveRun, type LiveRunOptions } from "./live-run.ts"
import { loadOf } from "./load.ts"
import { isSameWork, newRedriveOf, newRunOf, storedWorkflow } from "./new-run.ts"
import { breakStored, decidedBy, keptOfPast, pastOf, resultOfPast, type Past } from "./recovery.ts"
import { assertRedrivable } from "./redrive.ts"
import type { PrewarmRuleName } from "./prewarm-rule.ts"
import { prewarmRule } from "./prewarm-rules.ts"
import { retryBudget } from "./retry-budget.ts"
import { deadlineOf, summaryOf, type RunSummary } from "./run-summary.ts"
import { definitionOf } from "./state.ts"
import { warmInstances } from "./warm-instances.ts"

export interface EngineOptions {
  /** Closed with the engine. */
  readonly journal: Journal
  readonly platform: Platform
  readonly store: Store
  /**
   * Called once for every run, and once more where it prewarms. `decidedBy` is the name of the policy that decided last
   * in a run that is resumed; null before the first decision.
   */
  readonly policyFor: (workflow: Workflow, goal: Goal, decidedBy: string | null) => Policy
  readonly clock: Clock
  /** Run ids come from it: give it real chance outside tests. */
  readonly random: Random
  readonly logger: Logger
  readonly onEvent?: (event: EngineEvent) => void
  /** `newsvendor` by default. */
  readonly prewarm?: PrewarmRuleName
  /** Whose late invocations get a duplicate; by default those of steps that ask for it. */
  readonly hedge?: HedgeMode
}

export interface StartRequest {
  readonly workflow: Workflow
  readonly input: Json
  readonly goal: Goal
  /** The same key is the same run: its handle is returned again. */
  readonly requestKey?: string
  /** Hash of each function's code, by name: kept with the run. */
  readonly codeHashes?: Readonly<Record<string, string>>
}

export interface RedriveRequest {
  /** That of the run before where absent. */
  readonly goal?: Goal
  readonly codeHashes?: Readonly<Record<string, string>>
}

export interface RunHandle {
  readonly runId: string
  /** Rejects only when the run stopped without an end (closed, disk full, lease lost): it can be resumed. */
  readonly result: Promise<RunResult>
}

/** Executes workflows durably. One engine owns a journal at a time. */
export interface Engine {
  /**
   * Accepts a run: it is durable before this resolves.
   * @throws TrimtabError `unsupported`, `usage` (request key used for something else), `disk-full`, `io`, `lease-lost`
   */
  start(request: StartRequest): Promise<RunHandle>
  /** Goes on with every run that has no end, the nearest deadline first. */
  resumeAll(): Promise<readonly RunHandle[]>
  /**
   * Does again what is missing of a run that ended without success: exactly its failed and abandoned tasks and what
   * comes after them, as a run of its own, under its own goal. Steps that succeeded are taken over.
   * @throws TrimtabError `usage` for a run that goes on, succeeded or broke; else as `start`
   */
  redrive(runId: string, request?: RedriveRequest): Promise<RunHandle>
  /** All runs of the journal, oldest first. */
  runs(): readonly RunSummary[]
  /** The result of a run that has ended, from its records; null while it runs, or when there is no such run. */
  result(runId: string): Promise<RunResult | null>
  /** Ends a run. Resolves when the end is durable; does nothing to a run that has ended. */
  cancel(runId: string, reason?: string): Promise<void>
  /** Stops all runs where they are, to be resumed later, and closes the journal. */
  close(): Promise<void>
}

export function createEngine(options: EngineOptions): Engine {
  const parts = partsOf(options)
  const { journal, policyFor } = options
  const live = new Map<string, LiveRun>()
  const byRequest = new Map<string, Promise<RunHandle>>()
  const lastGood = new Map<string, StepConfig>()
  const rule = prewarmRule(options.prewarm ?? "newsvendor")
  let closed = false

  const launch = (base: Pick<LiveRunOptions, "definition" | "acceptedAtMs" | "accepted" | "recorded">): LiveRun => {
    const { workflow, goal } = base.definition
    const create = (): Policy => policyFor(workflow, goal, decidedBy(base.recorded ?? []))
    const policy = create()
    const prewarming = rule === null ? {} : { prewarm: { policy: create(), rule } }
    const { hedge = "steps" } = options
    const run = liveRun({ parts, journal, lastGood, hedge, ...base, policy, ...prewarming })
    live.set(run.runId, run)
    const forget = (): void => void live.delete(run.runId)
    run.result.then(forget, forget)
    return run
  }

  const accept = async (request: StartRequest): Promise<RunHandle> => {
    const { workflow, goal, input } = request
    const run = await newRunOf(request, options)
    await parts.warm.known
    assertOpen()
    const accepted = journal.accept(run)
    const { runId, acceptedAtMs } = run
    const definition = definitionOf({ runId, workflow, goal, input, entriesPerStep: journal.entriesPerStep })
    const { result } = launch({ definition, acceptedAtMs, accepted })
    await accepted.durable
    return { runId, result }
  }

  const acceptRedrive = async (runId: string, request: RedriveRequest): Promise<RunHandle> => {
    const row = rowOf(runId)
    assertRedrivable(row)
    const past = await pastOf(row, options)
    if (past.kind === "broken")
      throw new TrimtabError("usage", `run ${runId} cannot be read: ${past.error.message}`, { fix: "start a new run" })
    await parts.warm.known
    assertOpen()
    const { text } = storedWorkflow(past.definition.workflow)
    const run = newRedriveOf(row, text, request, options)
    const accepted = journal.accept(run)
    const definition = {
      ...past.definition,
      runId: run.runId,
      goal: request.goal ?? past.definition.goal,
      kept: keptOfPast(past),
    }
    const { result } = launch({ definition, acceptedAtMs: run.acceptedAtMs, accepted })
    await accepted.durable
    return { runId: run.runId, result }
  }

  const rowOf = (runId: string): RunRow => {
    const row = journal.run(runId)
    if (row === null) throw new TrimtabError("usage", `there is no run ${runId}`, { fix: "see trimtab runs" })
    return row
  }

  /** A request whose key was seen before gets the run that it began. */
  const acceptOnce = async (request: StartRequest, requestKey: string): Promise<RunHandle> => {
    const row = journal.runOfRequest(requestKey)
    if (row === null) return accept(request)
    if (!(await isSameWork(row, request, options)))
      throw new TrimtabError("usage", `request key ${requestKey} was used for another run (${row.runId})`, {
        fix: "use a new key for new work",
      })
    return handleOf(row)
  }

  const handleOf = async (row: RunRow): Promise<RunHandle> => {
    const running = live.get(row.runId)
    if (running !== undefined) return running
    if (row.status === "running") return resume(row)
    const past = await pastOf(row, options)
    return { runId: row.runId, result: Promise.resolve(resultOfPast(past, options)) }
  }

  const resume = async (row: RunRow): Promise<RunHandle> => {
    const running = live.get(row.runId)
    if (running !== undefined) return running
    const past: Past = await pastOf(row, options)
    await parts.warm.known
    if (past.kind === "broken") return { runId: row.runId, result: Promise.resolve(await breakStored(past, options)) }
    const { definition, recorded } = past
    return launch({ definition, acceptedAtMs: row.acceptedAtMs, recorded })
  }

  const assertOpen = (): void => {
    if (closed) throw new TrimtabError("interrupted", "the engine is closed")
  }

  return {
    start: async (request) => {
      assertOpen()
      const { requestKey } = request
      if (requestKey === undefined) return accept(request)
      // Two equal requests at once: the second waits for the first, then finds its row.
      const before = byRequest.get(requestKey)
      const mine = (before ?? Promise.resolve()).then(
        () => acceptOnce(request, requestKey),
        () => acceptOnce(request, requestKey),
      )
      byRequest.set(requestKey, mine)
      const forget = (): void => {
        if (byRequest.get(requestKey) === mine) byRequest.delete(requestKey)
      }
      mine.then(forget, forget)
      return mine
    },
    resumeAll: async () => {
      assertOpen()
      const open = journal.runs().filter((row) => row.status === "running" && !live.has(row.runId))
      const handles: RunHandle[] = []
      for (const row of open.toSorted((a, b) => deadlineOf(a) - deadlineOf(b))) {
        try {
          handles.push(await resume(row))
        } catch (error) {
          // One run that cannot be read now (its store is away, a newer format) does not hold up the others.
          const failed = Promise.reject<RunResult>(error)
          failed.catch(() => {})
          handles.push({ runId: row.runId, result: failed })
        }
      }
      return handles
    },
    redrive: async (runId, request = {}) => {
      assertOpen()
      return acceptRedrive(runId, request)
    },
    runs: () => journal.runs().map((row) => summaryOf(row, live.has(row.runId))),
    result: async (runId) => {
      const row = journal.run(runId)
      if (row === null || row.status === "running") return null
      return resultOfPast(await pastOf(row, options), options)
    },
    cancel: async (runId, reason = "asked for") => {
      assertOpen()
      const row = rowOf(runId)
      if (row.status !== "running") return
      if (!live.has(runId)) await resume(row)
      const run = live.get(runId)
      run?.cancel(reason)
      await run?.result
    },
    close: async () => {
      if (closed) return
      closed = true
      const reason = new TrimtabError("interrupted", "the engine was closed; the run can be resumed", {
        fix: "trimtab resume",
        retryable: true,
      })
      const results = [...live.values()].map((run) => run.result)
      for (const run of live.values()) run.interrupt(reason)
      await Promise.allSettled(results)
      await journal.close()
    },
  }
}

/** What the runs of one process share, on whichever port they are executed. */
export function partsOf({
  platform,
  store,
  clock,
  logger,
  onEvent,
}: Pick<EngineOptions, "platform" | "store" | "clock" | "logger" | "onEvent">): EngineParts {
  const tell = (listener: (event: EngineEvent) => void, event: EngineEvent): void => {
    try {
      listener(event)
    } catch (error) {
      logger.warn(`a listener failed: ${error instanceof Error ? error.message : "unknown"}`)
    }
  }
  return {
    platform,
    store,
    clock,
    logger,
    admission: admission(platform.limits),
    deadlines: answerDeadlines(clock),
    load: loadOf(platform.limits),
    warm: warmInstances(platform, clock),
    platformBudget: retryBudget(clock),
    hedgeAllowance: hedgeAllowance(),
    floors: new Map(),
    emit: onEvent === undefined ? undefined : (event) => tell(onEvent, event),
  }
}
