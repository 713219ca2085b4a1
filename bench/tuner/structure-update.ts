import { mkdtemp, rm } from "node:fs/promises"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { realClock } from "../../src/base/clock.ts"
import { messageOf } from "../../src/base/errors.ts"
import type { OperationPlatform } from "../../src/estimation/operation/training-set.ts"
import { shippedOperationModel } from "../../src/estimation/operation/shipped-models.ts"
import type { OperationRun } from "../../src/estimation/transferred-function.ts"
import type { Profile } from "../../src/estimation/sample.ts"
import { packageFunction } from "../../src/packaging/package-function.ts"
import { connectLocalPlatform } from "../../src/platforms/local/local-platform.ts"
import { awsLambdaPricing } from "../../src/pricing/aws-lambda.ts"
import { invocationMeters } from "../../src/pricing/lambda-meters.ts"
import { profileOperations } from "../../src/profiling/operation-profile.ts"
import { median } from "../../src/statistics/order-statistics.ts"
import { fsStore } from "../../src/stores/fs/fs-store.ts"
import type { GatheredRun } from "../../src/tuner/inspection/gathered-run.ts"
import { logInspector } from "../../src/tuner/inspection/inspect.ts"
import { invocationCost } from "../../src/tuner/inspection/invocation-cost.ts"
import type { LogSource } from "../../src/tuner/inspection/log-source.ts"
import { profileCurves } from "../../src/tuner/profile-curves.ts"
import { configPublisher } from "../../src/tuner/publishing/config-publisher.ts"
import { logLinesOf } from "../../src/tuner/testing/log-lines.ts"
import { createTuner, type TunedWindow, type Tuner } from "../../src/tuner/tuner.ts"
import { volatileMemory } from "../../src/tuner/tuner-memory.ts"
import { DEFAULT_SETTINGS } from "../../src/tuner/adjustment/settings.ts"
import type { Bench } from "../bench.ts"
import { HIGH } from "./clips.ts"
import { offlinePlan, profilesOf } from "./offline.ts"
import { openPlatform, playWorld, SIZES } from "./tuned-world.ts"
import { VIDEO_PIPELINES, type VideoPipeline } from "./video-pipelines.ts"

const BASE = VIDEO_PIPELINES[0]!

/** The same, with a function that nobody has seen before. */
const GROWN: VideoPipeline = {
  name: BASE.name,
  functions: [
    ...BASE.functions,
    {
      name: "caption",
      after: ["encode"],
      workMs: 900,
      parallelShare: 0,
      fixedMs: 25,
      peakMB: 180,
      work: ({ pixels }) => pixels,
    },
  ],
}

const RUNS_PER_WINDOW = 25
const WINDOWS_BEFORE = 6
const TRIALS = 12

/**
 * From the first log line of a new function to the published plan that it is part of: reading the window's lines, putting
 * the runs together, planning anew, and publishing on files; once with its profile at hand, once with one real local run
 * of it. Waiting for the window's runs to end is not in it: that is up to the traffic.
 */
export const bench: Bench = async () => {
  const plan = await offlinePlan(BASE, { regime: HIGH, seed: 1, over: 0.5, headroom: DEFAULT_SETTINGS.headroom })
  const profiles = await profilesOf(GROWN, { regime: HIGH, seed: 1 })
  const before = await runsOf(BASE, WINDOWS_BEFORE)
  const [after] = await runsOf(GROWN, 1)
  const trial: Trial = { plan, profiles, before, after: after! }
  const times: number[] = []
  for (let i = 0; i < TRIALS; i++) times.push(await updateMs(trial, null))
  const learned = await withProfiling(trial)
  return {
    summary: {
      structureUpdateMs: Math.max(...times.slice(2)),
      structureUpdateMedianMs: median(times.slice(2)),
      structureUpdateWithProfilingMs: learned.ms === null ? null : learned.ms,
    },
    reasons: learned.ms === null ? { structureUpdateWithProfilingMs: learned.reason } : {},
    rows: [{ section: "structure", times, learned }],
  }

  async function runsOf(pipeline: VideoPipeline, windows: number): Promise<readonly (readonly GatheredRun[])[]> {
    const regimes = Array.from({ length: windows }, () => HIGH)
    const world = { pipeline, seed: 7, runsPerWindow: RUNS_PER_WINDOW, regimes, published: plan.configs }
    return (await playWorld(world)).windows.map(({ runs }) => runs.map(({ gathered }) => gathered))
  }
}

interface Trial {
  readonly plan: Awaited<ReturnType<typeof offlinePlan>>
  readonly profiles: ReadonlyMap<string, Profile>
  readonly before: readonly (readonly GatheredRun[])[]
  readonly after: readonly GatheredRun[]
}

/** Profiles a function that is not known yet. */
type Learn = (functionName: string) => Promise<OperationRun>

const curves = profileCurves()

async function updateMs({ plan, profiles, before, after }: Trial, learn: Learn | null): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "trimtab-structure-"))
  const platform = await openPlatform(GROWN, 1)
  try {
    const publisher = configPublisher({ store: fsStore(folder), pipeline: BASE.name, clock: realClock })
    await publisher.publish({ configs: plan.configs, reason: "offline plan" })
    const known = new Map([...profiles].filter(([name]) => learn === null || name !== "caption"))
    const operations = new Map<string, OperationRun>()
    const inputs = () => ({
      profiles: known,
      operations: { model: MODEL, profiles: operations },
      limits: platform.limits,
      rates: awsLambdaPricing(),
      sizesOf: () => SIZES,
    })
    // As `trimtab tune` does at its start.
    curves.prepare(known.keys(), inputs())
    const tuner: Tuner = createTuner({
      publisher,
      goal: { kind: "latency", budgetUsd: plan.budgetUsd * 1.2, percentile: 0.95 },
      rates: awsLambdaPricing(),
      curvesOf: async (pipeline) => curves.of(pipeline, inputs()),
      ...(learn === null
        ? {}
        : {
            learn: async (names) =>
              void (await Promise.all(names.map(async (name) => operations.set(name, await learn(name))))),
          }),
      memory: volatileMemory(),
      audit: { append: async () => {} },
      clock: realClock,
    })
    for (const runs of before) await tuner.window(runs)
    const logs = sourcesOf(after)
    const startedMs = performance.now()
    const window = await judged(tuner, logs)
    const ms = performance.now() - startedMs
    checkPublished(window)
    return ms
  } finally {
    await platform.close()
    await rm(folder, { recursive: true, force: true })
  }
}

function checkPublished({ action, published, decided }: TunedWindow): void {
  const isNew = decided.changes.some((change) => change.kind === "new-step" && change.step === "caption")
  const isPart = action.kind === "publish" && Object.hasOwn(action.configs, "caption")
  if (!isNew || !isPart || !published)
    throw new Error(`the new function was not planned: ${action.kind}, ${action.why}`)
}

async function judged(tuner: Tuner, sources: readonly LogSource[]): Promise<TunedWindow> {
  const runs: GatheredRun[] = []
  const inspector = logInspector({
    sources,
    onRun: (run) => runs.push(run),
    costOf: invocationCost(awsLambdaPricing()),
  })
  await inspector.poll({ signal: new AbortController().signal, lastLine: "take" })
  inspector.flush()
  return await tuner.window(runs)
}

/** The logs of the runs, one of each function. */
function sourcesOf(runs: readonly GatheredRun[]): readonly LogSource[] {
  return [...logLinesOf(runs)].map(([name, lines]) => ({
    name,
    functionName: name,
    read: async function* () {
      yield { lines, bytes: 0, tooLong: 0 }
    },
  }))
}

const PERIOD_MS = 20
const PLATFORM: OperationPlatform = {
  periodMs: PERIOD_MS,
  mbPerVcpu: 1769,
  vcpuScale: 1,
  cores: availableParallelism(),
}
const MODEL = shippedOperationModel("local", PLATFORM)

/** A size with two whole cores. */
const FULL_CPU_MB = 3538

const HANDLER = fileURLToPath(new URL("../platform/burn.ts", import.meta.url))

/** CPU time of the new function on the local platform, ms. */
const TASK = { cpuMs: 120 }

/** The new function is a real one: packaged, deployed and run on the local platform, whose server runs already. */
async function withProfiling(
  trial: Trial,
): Promise<
  { readonly ms: number; readonly times: readonly number[] } | { readonly ms: null; readonly reason: string }
> {
  const stateDir = await mkdtemp(join(tmpdir(), "trimtab-structure-"))
  try {
    const platform = await connectLocalPlatform({
      stateDir,
      idleExitMs: 500,
      pricing: awsLambdaPricing(),
      meters: invocationMeters,
    })
    try {
      const times: number[] = []
      for (let i = 0; i < 3; i++)
        times.push(
          await updateMs(trial, async (functionName) => {
            const outDir = join(stateDir, `packages-${i}`)
            const pkg = await packageFunction({ functionName, handlerPath: HANDLER, threads: "single", outDir })
            const place = { platform, store: fsStore(join(stateDir, "store")), clock: realClock, signal: NEVER }
            const request = { memoryMB: FULL_CPU_MB, environment: {}, timeoutMs: 60_000, periodMs: PERIOD_MS }
            const named = { ...pkg, functionName: `${functionName}-${i}` }
            const profile = await profileOperations(place, {
              ...request,
              pkg: named,
              tasks: [TASK],
              key: `structure/${i}`,
            })
            return { profile, tasks: 1 }
          }),
        )
      return { ms: median(times), times }
    } finally {
      await platform.teardown({ kind: "all" })
      await platform.close()
    }
  } catch (error) {
    return { ms: null, reason: `the local platform did not profile it: ${messageOf(error)}` }
  } finally {
    await rm(stateDir, { recursive: true, force: true })
  }
}

const NEVER = new AbortController().signal
