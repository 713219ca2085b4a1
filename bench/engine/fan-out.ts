import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { realClock } from "../../src/base/clock.ts"
import { silentLogger } from "../../src/base/logger.ts"
import { seededRandom } from "../../src/base/random.ts"
import { createEngine, type Engine } from "../../src/engine/engine.ts"
import { openSqliteJournal } from "../../src/engine/sqlite-journal.ts"
import { CRASH_GOAL } from "../../src/engine/testing/crash-shapes.ts"
import { fakePolicy } from "../../src/engine/testing/fake-policy.ts"
import { fanned } from "../../src/engine/testing/fanned-workflow.ts"
import { noOpPlatform } from "../../src/engine/testing/no-op-platform.ts"
import type { Platform } from "../../src/platforms/platform.ts"
import { memoryStore } from "../../src/stores/memory-store.ts"
import type { BenchResult } from "../bench.ts"
import { quantile } from "../peers/drive.ts"

/** Runs whose times are thrown away, and those that count. */
const WARM_UP = 10
const RUNS = { quick: 30, full: 200 }

/** Instances of the wide step. */
const WIDE = 1_000

/**
 * A step of a thousand instances on a platform that answers at once: how long it takes from the first invocation to the
 * last. And one of ten thousand tasks: what it needs of memory while it runs, and what it leaves.
 */
export async function bench(options: { readonly full: boolean }): Promise<BenchResult> {
  const runs = options.full ? RUNS.full : RUNS.quick
  const wide = await issuing(runs)
  const many = await manyTasks(runs)
  return {
    summary: {
      fanOut1000IssueMs: round(wide.p50Ms),
      meetsFanOut1000Issue: wide.p50Ms <= 100,
      tasks10000Ms: round(many.p50Ms),
      /** Heap at its highest over that before, per task. */
      tasks10000HeapBytesPerTask: Math.round(many.heapBytesPerTask),
      tasks1000HeapBytesPerTask: Math.round(many.heapBytesPerTaskOfThousand),
      /** Heap after the last run over that after the first, both collected. */
      tasks10000RetainedBytes: many.retainedBytes,
      meetsTasks10000Memory: many.retainedBytes < 1e6 && many.heapBytesPerTask <= 2 * many.heapBytesPerTaskOfThousand,
    },
    reasons: {},
    rows: [wide, many],
  }
}

async function issuing(
  runs: number,
): Promise<{ readonly name: string; readonly p50Ms: number; readonly p99Ms: number }> {
  const platform = wideOpen()
  const issued: number[] = []
  const counted: Platform = {
    ...platform,
    invoke: (request, signal) => {
      issued.push(performance.now())
      return platform.invoke(request, signal)
    },
  }
  return withEngine({ platform: counted, instances: WIDE }, async (engine) => {
    const times: number[] = []
    for (let n = 0; n < WARM_UP + runs; n++) {
      issued.length = 0
      await play(engine, WIDE)
      // The last one is the step after it.
      if (n >= WARM_UP) times.push(issued[WIDE - 1]! - issued[0]!)
    }
    return { name: "issuing 1,000 invocations", p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) }
  })
}

interface ManyTasks {
  readonly name: string
  readonly p50Ms: number
  readonly heapBytesPerTask: number
  readonly heapBytesPerTaskOfThousand: number
  readonly retainedBytes: number
}

async function manyTasks(runs: number): Promise<ManyTasks> {
  const collect = collector()
  const heapNow = (): number => {
    collect()
    return process.memoryUsage().heapUsed
  }
  let highest = 0
  const platform = wideOpen()
  let invocations = 0
  const watched: Platform = {
    ...platform,
    invoke: (request, signal) => {
      // Looked at as the last of them are sent, when all is in flight; what is garbage by then does not count.
      if (++invocations === WIDE) highest = heapNow()
      return platform.invoke(request, signal)
    },
  }
  return withEngine({ platform: watched, instances: WIDE }, async (engine) => {
    const peakOf = async (tasks: number): Promise<{ ms: number; bytes: number }> => {
      invocations = 0
      const before = heapNow()
      const beganMs = performance.now()
      await play(engine, tasks)
      return { ms: performance.now() - beganMs, bytes: (highest - before) / tasks }
    }
    for (let n = 0; n < WARM_UP; n++) await peakOf(10_000)
    const first = heapNow()
    const large = []
    for (let n = 0; n < runs; n++) large.push(await peakOf(10_000))
    const retainedBytes = heapNow() - first
    const small = []
    for (let n = 0; n < runs; n++) small.push(await peakOf(1_000))
    const median = (values: readonly number[]): number => quantile(values, 0.5)
    return {
      name: "10,000 tasks in one step",
      p50Ms: median(large.map(({ ms }) => ms)),
      heapBytesPerTask: median(large.map(({ bytes }) => bytes)),
      heapBytesPerTaskOfThousand: median(small.map(({ bytes }) => bytes)),
      retainedBytes,
    }
  })
}

const workflow = fanned({ split: "each" })

async function play(engine: Engine, tasks: number): Promise<void> {
  const input = Array.from({ length: tasks }, (_, i) => i)
  const { result } = await engine.start({ workflow, input, goal: CRASH_GOAL })
  const { status } = await result
  if (status !== "succeeded") throw new Error(`the run ended ${status}`)
}

/** No limit but its own pace. */
function wideOpen(): Platform {
  const platform = noOpPlatform(realClock)
  return { ...platform, limits: { ...platform.limits, concurrency: { account: 100_000, keepFree: 0 } } }
}

async function withEngine<T>(
  { platform, instances }: { readonly platform: Platform; readonly instances: number },
  use: (engine: Engine) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "trimtab-bench-"))
  const policy = fakePolicy({
    forget: true,
    config: (view) => ({ instances: Math.min(instances, view.tasks.get(view.ready[0]!) ?? 1) }),
  })
  const engine = createEngine({
    journal: openSqliteJournal({ path: join(folder, "journal.sqlite"), clock: realClock }),
    platform,
    store: memoryStore(),
    policyFor: () => policy,
    clock: realClock,
    random: seededRandom(1),
    logger: silentLogger,
  })
  try {
    return await use(engine)
  } finally {
    await engine.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Collects all garbage: without it nothing could be said of what is held. */
function collector(): () => void {
  setFlagsFromString("--expose-gc")
  const collect = runInNewContext("gc") as () => void // what the flag defines
  return () => {
    collect()
    collect()
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
