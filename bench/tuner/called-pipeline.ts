/**
 * A pipeline whose functions call each other, without any engine: every function, when it has ended, looks up the
 * published configurations of those that come after it through its own client, and calls them at those sizes. The last
 * of several parents to end calls a joint child. Runs on any Platform: the functions may be real ones.
 */
import type { Clock } from "../../src/base/clock.ts"
import type { Child, ConfigClient } from "../../src/client/client.ts"
import { type InvokeOutcome, type Platform, variantOf } from "../../src/platforms/platform.ts"
import type { GatheredRun } from "../../src/tuner/inspection/gathered-run.ts"
import type { ObservedInvocation } from "../../src/tuner/observation.ts"

/** One function of a pipeline. Names are topologically ordered. */
export interface CalledFunction<Content> {
  readonly name: string
  readonly after: readonly string[]
  /** False where the content does without it: its children then do not wait for it. */
  readonly when?: (content: Content) => boolean
}

export interface CalledPipelineOptions<Content> {
  readonly platform: Platform
  readonly clock: Clock
  readonly functions: readonly CalledFunction<Content>[]
  /** The client inside each function; that of the caller of the whole pipeline is `""`. */
  readonly clientOf: (functionName: string) => ConfigClient
  /** Safe sizes, MB, where nothing is published. */
  readonly fallbackMB: number
  readonly payloadOf: (functionName: string, content: Content, outputs: ReadonlyMap<string, unknown>) => unknown
  readonly costOf: (invocation: Pick<ObservedInvocation, "memoryMB" | "billedMs">) => number
}

/** A whole run as its logs tell it, and as the caller saw it. */
export interface CalledRun {
  readonly gathered: GatheredRun
  readonly startedMs: number
  readonly latencyMs: number
  readonly costUsd: number
  readonly version: number
}

export interface CalledPipeline<Content> {
  run(runId: string, content: Content): Promise<CalledRun>
}

export function calledPipeline<Content>(options: CalledPipelineOptions<Content>): CalledPipeline<Content> {
  return {
    run: async (runId, content) => {
      const present = presentOf(options.functions, content)
      const run = new RunOfCalls(options, { runId, content, present })
      return await run.whole()
    },
  }
}

/** The functions that the content has, each after those before it that are there. */
function presentOf<Content>(
  functions: readonly CalledFunction<Content>[],
  content: Content,
): ReadonlyMap<string, readonly string[]> {
  const present = new Map<string, readonly string[]>()
  const byName = new Map(functions.map((one) => [one.name, one]))
  const parents = (name: string): readonly string[] =>
    byName.get(name)!.after.flatMap((parent) => (present.has(parent) ? [parent] : parents(parent)))
  for (const { name, when } of functions) if (when?.(content) ?? true) present.set(name, [...new Set(parents(name))])
  return present
}

interface RunOfWhat<Content> {
  readonly runId: string
  readonly content: Content
  readonly present: ReadonlyMap<string, readonly string[]>
}

class RunOfCalls<Content> {
  readonly #options: CalledPipelineOptions<Content>
  readonly #what: RunOfWhat<Content>
  readonly #outputs = new Map<string, unknown>()
  readonly #called = new Set<string>()
  readonly #invocations: ObservedInvocation[] = []
  #version = 0

  constructor(options: CalledPipelineOptions<Content>, what: RunOfWhat<Content>) {
    this.#options = options
    this.#what = what
  }

  async whole(): Promise<CalledRun> {
    const { clock } = this.#options
    const startedMs = clock.monotonicMs()
    const { present, runId } = this.#what
    const roots = [...present].filter(([, parents]) => parents.length === 0).map(([name]) => name)
    await this.#callAll("", roots, undefined)
    return {
      gathered: { runId, joinedBy: "id", invocations: this.#invocations },
      startedMs,
      latencyMs: clock.monotonicMs() - startedMs,
      costUsd: this.#invocations.reduce((sum, { costUsd = 0 }) => sum + costUsd, 0),
      version: this.#version,
    }
  }

  /** What one function does at its end: one decision for all that it calls. */
  async #callAll(caller: string, names: readonly string[], version: number | undefined): Promise<void> {
    if (names.length === 0) return
    const { clientOf, fallbackMB } = this.#options
    const decision = await clientOf(caller).decide({
      run: this.#what.runId,
      ...(version === undefined ? {} : { version }),
    })
    this.#version = decision.version
    await Promise.all(
      names.map(async (name) => {
        await this.#call(name, decision.of(name, { memoryMB: fallbackMB }), decision.version)
        const ready = [...this.#what.present].filter(
          ([child, parents]) =>
            parents.includes(name) && !this.#called.has(child) && parents.every((parent) => this.#outputs.has(parent)),
        )
        // The last parent to end calls it: before it nobody found all of them.
        for (const [child] of ready) this.#called.add(child)
        await this.#callAll(
          name,
          ready.map(([child]) => child),
          decision.version,
        )
      }),
    )
  }

  async #call(name: string, child: Child, version: number): Promise<void> {
    const { platform, payloadOf, costOf } = this.#options
    const { runId, content } = this.#what
    const outcome = await platform.invoke(
      {
        variant: variantOf(name, child.memoryMB),
        payload: payloadOf(name, content, this.#outputs),
        idempotencyKey: `${runId}/${name}`,
        repeat: 0,
        timeoutMs: platform.limits.timeoutMs,
      },
      NEVER,
    )
    if (!("record" in outcome)) throw new Error(`${name} at ${child.qualifier}: ${outcome.kind}`)
    this.#outputs.set(name, outcome.kind === "ok" ? outcome.payload : null)
    const seen = observedOf(outcome, { runId, version })
    this.#invocations.push({ ...seen, costUsd: costOf(seen) })
  }
}

const NEVER = new AbortController().signal

function observedOf(
  { kind, record }: Extract<InvokeOutcome, { record: unknown }>,
  { runId, version }: { readonly runId: string; readonly version: number },
): ObservedInvocation {
  return {
    requestId: record.requestId,
    runId,
    functionName: record.functionName,
    memoryMB: record.memoryMB,
    startMs: record.startedAtMs,
    endMs: record.endedAtMs,
    durationMs: record.durationMs,
    billedMs: record.billedMs,
    initMs: record.initMs,
    maxMemoryMB: record.maxMemoryUsedMB,
    outcome: kind === "function-error" ? "error" : kind,
    configVersion: version,
    source: record.functionName,
  }
}
