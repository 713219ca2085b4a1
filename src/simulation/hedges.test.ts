import { expect, test } from "vitest"
import type { HedgeMode } from "../engine/hedge-mode.ts"
import { fakePolicy } from "../engine/testing/fake-policy.ts"
import { DEFAULT_LAW, lawFunction } from "../platforms/simulated/law-function.ts"
import { testParameters } from "../platforms/simulated/testing/test-parameters.ts"
import { spreadOf } from "../statistics/spread.ts"
import { defineWorkflow } from "../workflow/builder.ts"
import { shapedResults } from "./shaped-results.ts"
import { simulate, type SimulatedRun } from "./simulate.ts"
import { openWorld } from "./world.ts"

const TASKS = 24
const RUNS = 120
const GOAL = { kind: "cost", sloMs: 5_000, percentile: 0.95 } as const

const workflow = defineWorkflow({
  name: "wide",
  functions: { cut: { handler: "./cut.ts" }, work: { handler: "./work.ts" }, join: { handler: "./join.ts" } },
  steps: {
    cut: { function: "cut" },
    work: { function: "work", after: ["cut"], split: "each" },
    join: { function: "join", after: ["work"] },
  },
})

/** One invocation in a hundred takes ten times as long: a fifth of the runs meet one. */
const STRAGGLERS = {
  faults: [{ kind: "slow" as const, share: 0.01, factor: 10, function: "work" }],
  clockJumps: [],
}

async function play(hedge: HedgeMode): Promise<readonly SimulatedRun[]> {
  const shaped = shapedResults(workflow, () => TASKS)
  const { resultsOf } = shaped
  const world = await openWorld({
    workflow,
    parameters: testParameters(),
    seed: 5,
    faults: STRAGGLERS,
    prewarm: "none",
    hedge,
    behaviourOf: () => lawFunction({ ...DEFAULT_LAW, taskMs: 500 }, { mbPerVcpu: 1769, resultsOf }),
    policyFor: () => fakePolicy({ forget: true, config: () => ({ memoryMB: 1792 }), latencyMs: 700, costUsd: 4e-4 }),
  })
  try {
    const load = { kind: "closed", clients: 1, thinkMs: 0 } as const
    const { runs } = await simulate({ world, workflow, goal: GOAL, input: shaped.input, load, runs: RUNS, seed: 5 })
    return runs
  } finally {
    await world.close()
  }
}

test("duplicates of stragglers bring the tail down for little money, and change no result", async () => {
  const [without, hedged] = await Promise.all([play("none"), play("all")])
  const sum = (runs: readonly SimulatedRun[], of: (run: SimulatedRun) => number): number =>
    runs.reduce((total, run) => total + of(run), 0)
  expect(hedged.every(({ status }) => status === "succeeded")).toBe(true)
  const tail = (runs: readonly SimulatedRun[]): number => spreadOf(runs.map(({ latencyMs }) => latencyMs)).p99
  // A straggler takes 5 s; a duplicate is sent after about 1.1 s and takes half a second.
  expect(tail(without)).toBeGreaterThan(5_000)
  expect(tail(hedged)).toBeLessThan(0.75 * tail(without))
  const hedges = sum(hedged, (run) => run.hedges)
  const firsts = sum(without, (run) => run.invocations)
  expect(hedges).toBeGreaterThan(0.005 * firsts)
  expect(hedges).toBeLessThan(0.05 * firsts)
  expect(sum(hedged, (run) => run.hedgesWon)).toBeGreaterThan(0.9 * hedges)
  // What stragglers cost until they are overtaken, or to their end where that is known.
  expect(sum(hedged, (run) => run.hedgeUsd)).toBeGreaterThan(0)
  expect(sum(hedged, (run) => run.costUsd)).toBeLessThan(1.05 * sum(without, (run) => run.costUsd))
})
