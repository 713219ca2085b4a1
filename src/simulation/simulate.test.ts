import { describe, expect, test } from "vitest"
import type { Policy } from "../optimization/policy.ts"
import { fakePolicy } from "../engine/testing/fake-policy.ts"
import { DEFAULT_LAW, lawFunction } from "../platforms/simulated/law-function.ts"
import { testParameters } from "../platforms/simulated/testing/test-parameters.ts"
import type { PlatformParameters } from "../platforms/simulated/parameters.ts"
import { defineWorkflow } from "../workflow/builder.ts"
import { chain } from "../workflow/testing/workflows.ts"
import type { Workflow } from "../workflow/workflow.ts"
import { poisson } from "./arrivals/poisson.ts"
import { shapedResults, stepOfKey } from "./shaped-results.ts"
import { simulate, type Load, type Simulated } from "./simulate.ts"
import { attainmentOf, isWithin, medianRun, stepSummaries } from "./simulation-summary.ts"
import { openWorld } from "./world.ts"

const GOAL = { kind: "cost", sloMs: 2_000, percentile: 0.95 } as const

async function simulated(options: {
  readonly workflow?: Workflow
  readonly runs: number
  readonly load: Load
  readonly parameters?: Partial<PlatformParameters>
  readonly tasks?: number
}): Promise<Simulated> {
  const { workflow = chain, runs, load, tasks = 1 } = options
  const parameters = testParameters(options.parameters)
  const shaped = shapedResults(workflow, (step) => (step === "wide" ? tasks : 1))
  const world = await openWorld({
    workflow,
    parameters,
    seed: 1,
    behaviourOf: () =>
      lawFunction({ ...DEFAULT_LAW, taskMs: 200, fixedMs: 0 }, { mbPerVcpu: 1769, resultsOf: shaped.resultsOf }),
    policyFor: (): Policy => fakePolicy({ forget: true, config: () => ({ memoryMB: 1792 }) }),
    prewarm: "none",
  })
  const result = await simulate({ world, workflow, goal: GOAL, input: shaped.input, load, runs, seed: 1 })
  await world.close()
  return result
}

describe("the load", () => {
  test("in an open loop comes at its own instants, whatever the runs take", async () => {
    const { runs } = await simulated({ runs: 50, load: { kind: "open", arrivals: poisson(20) } })
    const instants = runs.map((run) => run.arrivedAtMs)
    expect(instants).toEqual(instants.toSorted((a, b) => a - b))
    expect(instants.at(-1)).toBeLessThan(5_000)
    expect(runs.filter((run) => run.coldStarts > 0).length).toBeGreaterThan(5)
  })

  test("in a closed loop comes when the run before has ended", async () => {
    const { runs } = await simulated({ runs: 6, load: { kind: "closed", clients: 2, thinkMs: 0 } })
    expect(runs.map((run) => run.arrivedAtMs).slice(0, 2)).toEqual([0, 0])
    expect(runs[2]!.arrivedAtMs).toBeCloseTo(runs[0]!.latencyMs, 0)
    expect(runs.map((run) => run.coldStarts)).toEqual([3, 3, 0, 0, 0, 0])
  })
})

test("a platform that is full makes runs wait, and says so", async () => {
  const { limits } = testParameters()
  const parameters = { limits: { ...limits, concurrency: { account: 2, keepFree: 0 } } }
  const { runs } = await simulated({ runs: 10, load: { kind: "closed", clients: 10, thinkMs: 0 }, parameters })
  expect(runs.every((run) => run.status === "succeeded")).toBe(true)
  expect(Math.max(...runs.map((run) => run.queueMs))).toBeGreaterThan(1_000)
})

describe("answers of functions that nobody runs", () => {
  const space = { memoryMB: { min: 128, max: 3008 }, instances: { min: 1, max: 8 }, processes: { min: 1, max: 1 } }
  const workflow = defineWorkflow({
    name: "shapes",
    functions: { f: { handler: "./f.ts" } },
    steps: {
      cut: { function: "f", configSpace: space },
      wide: { function: "f", after: ["cut"], split: "each", configSpace: space },
      grouped: { function: "f", after: ["wide"], split: { size: 3 }, configSpace: space },
      own: {
        function: "f",
        after: ["grouped"],
        split: { export: "split" },
        merge: { export: "merge" },
        configSpace: space,
      },
      end: { function: "f", after: ["own"], configSpace: space },
    },
  })

  test("have the shapes that the next steps need", async () => {
    const { runs, whole } = await simulated({
      workflow,
      runs: 1,
      load: { kind: "closed", clients: 1, thinkMs: 0 },
      tasks: 7,
    })
    expect(runs[0]!.status).toBe("succeeded")
    expect(whole[0]!.steps.map((step) => step.tasks)).toEqual([1, 7, 3, 1, 1])
  })

  test("are told from the step in the idempotency key", () => {
    expect(stepOfKey("0f0f/mark-2#0.1/3")).toBe("mark-2")
    expect(stepOfKey("prewarm/7")).toBeNull()
  })
})

describe("the summary", () => {
  test("counts what ended well within the goal, with its exact interval", async () => {
    const { runs, whole } = await simulated({ runs: 40, load: { kind: "closed", clients: 1, thinkMs: 0 } })
    const attainment = attainmentOf(runs, { ...GOAL, sloMs: 700 })
    // The first run is cold throughout: 3 x (202 + 200) ms and more.
    expect(attainment.share).toBe(39 / 40)
    expect(attainment.low).toBeCloseTo(0.868, 2)
    expect(isWithin({ status: "failed", latencyMs: 1, costUsd: 0 }, GOAL)).toBe(false)
    expect(
      isWithin({ status: "partial", latencyMs: 9, costUsd: 2 }, { kind: "latency", budgetUsd: 1, percentile: 0.9 }),
    ).toBe(false)
    const steps = stepSummaries(whole)
    expect(steps.map((step) => [step.name, step.config])).toEqual(
      ["a", "b", "c"].map((name) => [name, "1792 MB x 1 x 1"]),
    )
    expect(steps[0]!.coldShare).toBeCloseTo(1 / 40, 9)
    expect(medianRun(whole, 600)!.latencyMs).toBeLessThan(700)
  })
})
