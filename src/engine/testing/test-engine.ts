import { silentLogger } from "../../base/logger.ts"
import { seededRandom } from "../../base/random.ts"
import { virtualClock, type VirtualClock } from "../../base/testing/virtual-clock.ts"
import type { Json } from "../../base/json.ts"
import { memoryStore } from "../../stores/memory-store.ts"
import type { Goal } from "../../workflow/goal.ts"
import type { RunResult } from "../../workflow/run-result.ts"
import type { Workflow } from "../../workflow/workflow.ts"
import { createEngine, type Engine, type EngineOptions } from "../engine.ts"
import type { EngineEvent } from "../events.ts"
import { memoryDisk, memoryJournal, type MemoryDisk } from "../memory-journal.ts"
import { fakePlatform, type FakePlatform, type FakePlatformOptions } from "./fake-platform.ts"
import { fakePolicy, type FakePolicy, type FakePolicyOptions } from "./fake-policy.ts"

export const GOAL: Goal = { kind: "cost", sloMs: 60_000, percentile: 0.95 }

export interface TestEngineOptions extends Partial<Omit<EngineOptions, "platform" | "clock">> {
  readonly platform?: Omit<FakePlatformOptions, "clock">
  readonly policy?: FakePolicyOptions
  /** Goes on with the journal, the clock and the store of an engine before. */
  readonly after?: TestEngine
}

export interface TestEngine {
  readonly engine: Engine
  readonly clock: VirtualClock
  readonly platform: FakePlatform
  readonly policy: FakePolicy
  readonly disk: MemoryDisk
  readonly store: EngineOptions["store"]
  readonly events: readonly EngineEvent[]
  /** Starts a run and moves the clock until it has ended. */
  readonly run: (workflow: Workflow, input?: Json, goal?: Goal) => Promise<RunResult>
}

/** An engine on a virtual clock, a scripted platform and a journal in memory. */
export function testEngine(options: TestEngineOptions = {}): TestEngine {
  const clock = options.after?.clock ?? virtualClock()
  const disk = options.after?.disk ?? memoryDisk()
  const store = options.store ?? options.after?.store ?? memoryStore()
  const platform = fakePlatform({ clock, ...options.platform })
  const policy = fakePolicy(options.policy)
  const events: EngineEvent[] = []
  const engine = createEngine({
    journal: options.journal ?? memoryJournal({ disk }),
    platform,
    store,
    policyFor: options.policyFor ?? (() => policy),
    clock,
    random: seededRandom(disk.epoch),
    logger: silentLogger,
    onEvent: (event) => events.push(event),
    prewarm: options.prewarm ?? "none",
    ...(options.hedge === undefined ? {} : { hedge: options.hedge }),
  })
  const run = async (workflow: Workflow, input: Json = null, goal: Goal = GOAL): Promise<RunResult> => {
    const handle = await clock.runUntil(engine.start({ workflow, input, goal }))
    return clock.runUntil(handle.result)
  }
  return { engine, clock, platform, policy, disk, store, events, run }
}
