import { createHash } from "node:crypto"
import type { Json } from "../../base/json.ts"
import { seededRandom, seedOf, type Random } from "../../base/random.ts"
import type { Journal } from "../../engine/journal.ts"
import { memoryDisk, type MemoryDisk } from "../../engine/memory-journal.ts"
import { fakePolicy } from "../../engine/testing/fake-policy.ts"
import { NO_FAULTS, type FaultPlan } from "../../platforms/simulated/faults.ts"
import { DEFAULT_LAW, lawFunction } from "../../platforms/simulated/law-function.ts"
import { preset } from "../../platforms/simulated/presets.ts"
import { simulatedPlatform, type SimulatedPlatform } from "../../platforms/simulated/simulated-platform.ts"
import { memoryStore } from "../../stores/memory-store.ts"
import type { Store } from "../../stores/store.ts"
import type { Goal } from "../../workflow/goal.ts"
import type { RunResult } from "../../workflow/run-result.ts"
import type { Workflow } from "../../workflow/workflow.ts"
import { wrongInAllowance, wrongInHedges, wrongInResult, wrongInSending, wrongOnDisk } from "./invariants.ts"
import { mortalEngine, type Death, type MortalEngine } from "./mortal-engine.ts"
import { answersOf, randomWorkflow } from "./random-workflow.ts"
import { referenceOutput } from "./reference-run.ts"

const GOAL = { kind: "cost", sloMs: 600_000, percentile: 0.95 } as const

/** Sizes that steps are run at. */
const SIZES = [512, 1024, 2048, 4096]

export interface TrialOptions {
  /** A journal that breaks a promise: to see that trials notice. */
  readonly sabotage?: (journal: Journal) => Journal
}

/** What a trial found. Empty `wrong`: every promise was kept. */
export interface Trial {
  readonly wrong: readonly string[]
  /** Of everything that happened, in order: the same for the same seed. */
  readonly hash: string
  readonly lives: number
  readonly invocations: number
}

/**
 * Some runs of a random workflow on a platform that throttles, crashes, duplicates, delays and lies about the time, by an
 * engine that is killed now and then and started anew; and the same runs undisturbed, whose outputs count.
 */
export async function runTrial(seed: number, options: TrialOptions = {}): Promise<Trial> {
  const { spec, workflow } = randomWorkflow(seed)
  const random = seededRandom(seedOf(`trial ${seed}`))
  const inputs: Json[] = Array.from({ length: 1 + Math.floor(random.next() * 3) }, (_, i) => ({
    n: i,
    list: [seed, i],
  }))
  const calm = await play({ workflow, goal: GOAL, inputs, seed, faults: NO_FAULTS, deaths: [] }, {})
  const longestMs = Math.max(...calm.results.map((result) => result.latencyMs))
  const faults = faultsOf(random, longestMs)
  const deaths = Array.from({ length: Math.floor(random.next() * 5) }, () => deathOf(random, longestMs))
  const late = withDeadlines(workflow, seed, longestMs)
  const stormy = await play({ ...late, inputs, seed, faults: withStragglers(faults, seed), deaths }, options)
  const wrong = [...calm.wrong.map((text) => `undisturbed: ${text}`), ...stormy.wrong]
  for (const [i, input] of inputs.entries()) {
    const output = JSON.stringify(referenceOutput(spec, input))
    for (const { results } of [calm, stormy]) {
      const text = JSON.stringify(results[i]!.output)
      if (results[i]!.status !== "cancelled" && text !== output)
        wrong.push(`I5: run ${i} gave ${text} instead of ${output}`)
    }
  }
  return { wrong, hash: stormy.hash, lives: stormy.lives, invocations: stormy.invocations }
}

/** A goal that is hardly to be met, and steps that end their run when they are late; in most seeds neither. */
function withDeadlines(workflow: Workflow, seed: number, longestMs: number): Pick<Play, "workflow" | "goal"> {
  const random = seededRandom(seedOf(`deadlines ${seed}`))
  const goal: Goal =
    random.next() < 0.2 ? { ...GOAL, sloMs: longestMs * (0.2 + 2 * random.next()), onDeadline: "cancel" } : GOAL
  if (random.next() > 0.2) return { workflow, goal }
  const steps = workflow.steps.map((step) => (random.next() < 0.3 ? { ...step, onDeadline: "cancel" as const } : step))
  return { workflow: { ...workflow, steps }, goal }
}

/** In some seeds steps are as wide as can be, and answers are late so often that invocations get duplicates. */
function hasStragglers(seed: number): boolean {
  return seededRandom(seedOf(`stragglers ${seed}`)).next() < 0.4
}

function withStragglers(plan: FaultPlan, seed: number): FaultPlan {
  if (!hasStragglers(seed)) return plan
  const delayMs = 300 + seededRandom(seedOf(`delays ${seed}`)).next() ** 2 * 8_000
  return { ...plan, faults: [...plan.faults, { kind: "late", share: 0.2, delayMs }] }
}

interface Play {
  readonly workflow: Workflow
  readonly goal: Goal
  readonly inputs: readonly Json[]
  readonly seed: number
  readonly faults: FaultPlan
  /** Of the first lives; the one after them ends by itself. */
  readonly deaths: readonly Death[]
}

interface Played {
  readonly results: readonly RunResult[]
  readonly wrong: readonly string[]
  readonly hash: string
  readonly lives: number
  readonly invocations: number
}

async function play(plan: Play, { sabotage }: TrialOptions): Promise<Played> {
  const { workflow, seed, faults, deaths } = plan
  const store = memoryStore()
  const platform = await platformOf(workflow, store, seed, faults)
  const disk = memoryDisk()
  const trace = createHash("sha256")
  const wrong: string[] = []
  const accepted = new Map<number, string>()
  let invocations = 0
  let results: readonly RunResult[] | null = null
  let lives = 0
  for (; results === null; lives++) {
    const life = mortalEngine({
      disk,
      platform,
      store,
      clock: platform.clock,
      seed: seedOf(`life ${seed} ${lives}`),
      death: deaths[lives] ?? null,
      sabotage,
      policyFor: () => policyOf(seed, lives),
      onEvent: (event) => trace.update(JSON.stringify(event)),
      onInvoke: (request) => {
        invocations++
        trace.update(`${platform.clock.monotonicMs()} ${request.idempotencyKey} ${request.repeat}`)
        wrong.push(...wrongInSending(request, disk, workflow))
      },
    })
    results = await livedThrough(life, platform, (engine) => serve(engine, plan, { accepted, disk, wrong }))
  }
  for (const result of results) wrong.push(...wrongInResult(result), ...wrongInHedges(result))
  wrong.push(...wrongOnDisk(disk))
  const hedges = results.reduce((sum, result) => sum + (result.hedges?.sent ?? 0), 0)
  wrong.push(...wrongInAllowance(hedges, invocations, lives))
  trace.update(JSON.stringify(results))
  return { results, wrong, hash: trace.digest("hex"), lives, invocations }
}

/** What the client got in this life; null when the engine died before. */
async function livedThrough(
  life: MortalEngine,
  platform: SimulatedPlatform,
  client: (engine: MortalEngine["engine"]) => Promise<readonly RunResult[]>,
): Promise<readonly RunResult[] | null> {
  const served = client(life.engine)
  // Of a dead engine's promises nobody hears.
  served.catch(() => {})
  const first = await platform.clock.run(Promise.race([life.died, served.then(() => "served" as const)]))
  return first === "died" ? null : served
}

/** What a client has been told so far, and what is on disk then. */
interface Told {
  /** Requests to runs. */
  readonly accepted: Map<number, string>
  readonly disk: MemoryDisk
  readonly wrong: string[]
}

/** A client that asks for all runs, again after every crash, each under its key; and waits for them. */
async function serve(
  engine: MortalEngine["engine"],
  { workflow, goal, inputs }: Play,
  { accepted, disk, wrong }: Told,
): Promise<readonly RunResult[]> {
  const resumed = await engine.resumeAll()
  for (const handle of resumed) handle.result.catch(() => {})
  const ended = inputs.map(async (input, i): Promise<RunResult> => {
    const handle = await engine.start({ workflow, input, goal, requestKey: `request-${i}` })
    const { runId } = handle
    const before = accepted.get(i)
    if (before !== undefined && before !== runId) wrong.push(`I1: request ${i} was run ${before} and is now ${runId}`)
    if (!disk.runs.has(runId)) wrong.push(`I1: run ${runId} was accepted and is not on disk`)
    accepted.set(i, runId)
    const result = await handle.result
    if (disk.runs.get(runId)?.status !== result.status) wrong.push(`I1: the end of run ${runId} is not on disk`)
    return result
  })
  return Promise.all(ended)
}

async function platformOf(
  workflow: Workflow,
  store: Store,
  seed: number,
  faults: FaultPlan,
): Promise<SimulatedPlatform> {
  const parameters = preset("lambda")
  const { mbPerVcpu } = parameters.limits
  const platform = simulatedPlatform({
    parameters,
    seed,
    store,
    faults,
    keepOutputs: true,
    logRecords: 0,
    behaviourOf: () => lawFunction(DEFAULT_LAW, { mbPerVcpu, resultsOf: answersOf }),
  })
  for (const functionName of Object.keys(workflow.functions))
    await platform.deploy({ functionName, directory: "", codeSha256: "trial", threads: "single" }, SIZES, {
      timeoutMs: 60_000,
      environment: {},
    })
  return platform
}

/** Decides at random, and otherwise in every life. */
function policyOf(seed: number, life: number): ReturnType<typeof fakePolicy> {
  const isWide = hasStragglers(seed)
  return fakePolicy({
    forget: true,
    latestFinishMs: ({ nowMs, ready }) =>
      nowMs + seededRandom(seedOf(`latest ${seed} ${ready[0]}`)).next() ** 2 * 60_000,
    config: (view, step) => {
      const random = seededRandom(seedOf(`policy ${seed} ${life} ${step}`))
      const tasks = Math.max(1, view.tasks.get(step) ?? 1)
      const floor = view.memoryFloorMB.get(step) ?? 0
      const sizes = SIZES.filter((size) => size >= floor)
      return {
        memoryMB: sizes[Math.floor(random.next() * sizes.length)] ?? SIZES.at(-1)!,
        instances: isWide ? tasks : 1 + Math.floor(random.next() * tasks),
        processes: 1 + Math.floor(random.next() * 3),
      }
    },
  })
}

/** At most 10 % of the invocations are struck, and there may be an outage and a wall clock that jumps. */
function faultsOf(random: Random, longestMs: number): FaultPlan {
  const share = (): number => random.next() * 0.0125
  const outageAtMs = random.next() * longestMs
  const jumps = Math.floor(random.next() * 3)
  return {
    faults: [
      { kind: "throttled", share: share(), delayMs: 200 },
      { kind: "unavailable", share: share() },
      { kind: "crash-before", share: share() },
      { kind: "crash-after", share: share() },
      { kind: "duplicate", share: share(), delayMs: random.next() * 300 },
      { kind: "late", share: share(), delayMs: random.next() * 5_000 },
      { kind: "error", share: share(), errorType: "Flaky" },
      { kind: "bad-answer", share: share() },
      ...(random.next() < 0.2
        ? [{ kind: "unavailable" as const, fromMs: outageAtMs, untilMs: outageAtMs + random.next() * 30_000 }]
        : []),
    ],
    clockJumps: Array.from({ length: jumps }, () => ({
      atMs: random.next() * longestMs * 2,
      byMs: (random.next() - 0.5) * 7_200_000,
    })),
  }
}

function deathOf(random: Random, longestMs: number): Death {
  if (random.next() < 0.5) return { kind: "instant", afterMs: random.next() * longestMs * 1.2 }
  const phases = ["before-write", "after-write", "after-commit", "after-ack"] as const
  return {
    kind: "commit",
    commit: 1 + Math.floor(random.next() ** 2 * 30),
    phase: phases[Math.floor(random.next() * phases.length)]!,
  }
}
