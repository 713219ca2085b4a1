import { expect, test } from "vitest"
import { seededRandom } from "../../../base/random.ts"
import type { Problem } from "../../planner.ts"
import { describePlanner } from "../../testing/planner-conformance.ts"
import { simulateRun } from "../../testing/simulate-run.ts"
import { problemOf, startView, syntheticEstimator, videoWorkflow } from "../../testing/synthetic-problem.ts"
import { cosePlanner } from "./cose-planner.ts"
import { cosePolicy } from "./cose-policy.ts"
import { sizeModel, type SizeModel } from "./size-model.ts"

describePlanner(cosePlanner, {
  complete: false,
  problems: 1,
  knobs: ({ instances, processes }) => instances * processes === 1,
})

const SIZES = Array.from({ length: 46 }, (_, i) => 128 + 64 * i)
/** Fixed time, and work that stops gaining at one vCPU. */
const law = (memoryMB: number): number => 300 + 2000 / Math.min(1, memoryMB / 1769)

function measured(evaluations: number, time = law): { readonly model: SizeModel; readonly asked: number[] } {
  const model = sizeModel({
    sizes: SIZES,
    costUsd: (mb, ms) => mb * ms,
    random: seededRandom(1),
    evaluations,
  })
  const asked: number[] = []
  for (let size = model.ask(); size !== null; size = model.ask()) {
    asked.push(size)
    model.tell({ memoryMB: size, latencyMs: time(size) })
  }
  return { model, asked }
}

test("five different sizes are asked for at least, and their times are kept", () => {
  const { model, asked } = measured(1)
  expect(new Set(asked).size).toBe(5)
  for (const { memoryMB, latencyMs } of model.predicted())
    if (asked.includes(memoryMB)) expect(Math.abs(latencyMs / law(memoryMB) - 1)).toBeLessThan(0.1)
})

test("more samples predict the sizes between them better", () => {
  const error = (evaluations: number): number => {
    const sizes = measured(evaluations).model.predicted()
    return (
      sizes.reduce((sum, { memoryMB, latencyMs }) => sum + Math.abs(latencyMs / law(memoryMB) - 1), 0) / sizes.length
    )
  }
  expect(error(20)).toBeLessThan(error(5))
  expect(error(20)).toBeLessThan(0.05)
})

test("sizes that cannot run are neither asked for again nor predicted", () => {
  const { model, asked } = measured(6, (memoryMB) => (memoryMB < 600 ? Number.NaN : law(memoryMB)))
  expect(asked.filter((memoryMB) => memoryMB < 600).length).toBeLessThanOrEqual(4)
  expect(model.predicted().every(({ memoryMB }) => memoryMB > 128)).toBe(true)
})

test("three runs in a row far off drop what was known before, two do not", () => {
  const at = (model: SizeModel): number => model.predicted().find(({ memoryMB }) => memoryMB === 1024)!.latencyMs
  const { model } = measured(8)
  const tell = (): void => model.tell({ memoryMB: 1024, latencyMs: 3 * law(1024) })
  tell()
  tell()
  expect(Math.abs(at(model) / law(1024) - 1)).toBeLessThan(0.1)
  tell()
  expect(at(model) / (3 * law(1024))).toBeCloseTo(1, 2)
})

test("before each step the rest is planned again: what an early step saves is spent later", () => {
  const base = problemOf(videoWorkflow())
  const slowest = cosePlanner().attempt({ ...base, goal: { kind: "cost", sloMs: 1e9, percentile: 0.95 } }).latencyMs
  const problem: Problem = { ...base, goal: { kind: "cost", sloMs: 0.6 * slowest, percentile: 0.95 } }
  const costAfter = (factor: number): number => {
    const policy = cosePolicy({ estimator: syntheticEstimator(problem), limits: problem.limits })
    const run = simulateRun(problem, policy, (step, { predicted }) => predicted.latencyMs * (step === "0" ? factor : 1))
    return [...run.decisions].reduce((sum, [step, { predicted }]) => (step === "0" ? sum : sum + predicted.costUsd), 0)
  }
  expect(costAfter(0.3)).toBeLessThan(costAfter(1.6))
})

test("decisions repeat, stay at one instance and process, and follow what was told of earlier runs", () => {
  const problem: Problem = { ...problemOf(videoWorkflow()), goal: { kind: "cost", sloMs: 40_000, percentile: 0.95 } }
  const policy = cosePolicy({ estimator: syntheticEstimator(problem), limits: problem.limits })
  const view = startView(problem)
  const first = policy.decide(view)
  expect(policy.decide(view)).toEqual(first)
  expect(first.config).toMatchObject({ instances: 1, processes: 1 })
  const { memoryMB } = first.config
  for (let run = 0; run < 3; run++) policy.tell(view, "0", { memoryMB, latencyMs: 60_000 })
  expect(policy.decide(view).infeasible).toBe(true)
})
