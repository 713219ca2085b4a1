import { beforeAll, describe, expect, test } from "vitest"
import { createEstimator } from "../estimation/profile-estimator.ts"
import type { Estimator } from "../estimation/estimator.ts"
import { stepConfPlanner } from "../optimization/stepconf/step-conf-planner.ts"
import { valuesOf } from "../workflow/config.ts"
import { profileWorkflow } from "./campaign.ts"
import { fakeComputeMs, type FakeFunction, FAKE_LIMITS } from "./testing/fake-platform.ts"
import { CUT, JOIN, MARK, NUMBERS, setting } from "./testing/numbers-workflow.ts"

const FUNCTIONS: Readonly<Record<string, FakeFunction>> = { cut: CUT, mark: MARK, join: JOIN }
const rates = { usdPerGbSecond: 1.6e-5, usdPerRequest: 2e-7 }

describe("after a campaign", () => {
  let estimator: Estimator
  beforeAll(async () => {
    const { options } = setting()
    await profileWorkflow(options)
    const profiles = new Map(
      await Promise.all(NUMBERS.steps.map(async ({ name }) => [name, await options.profiles.read(name)] as const)),
    )
    estimator = createEstimator({ workflow: NUMBERS, profiles, limits: FAKE_LIMITS, rates })
  })

  test("the estimator expects the tasks of the whole step", () => {
    expect(NUMBERS.steps.map((step) => estimator.expectedTasks(step.name))).toEqual([1, 12, 1])
  })

  test("compute is predicted within 6 % on average over the whole space, within 20 % everywhere", () => {
    const errors: number[] = []
    for (const { name, configSpace } of NUMBERS.steps) {
      const total = estimator.expectedTasks(name)
      const space = estimator.compile({ step: name, space: configSpace, tasks: total, percentile: 0.95 })
      for (const [m, memoryMB] of space.memoryMB.entries())
        for (const [n, tasks] of space.tasksPerInstance.entries())
          for (const [q, processes] of valuesOf(configSpace.processes).entries()) {
            const predicted =
              space.median.computeMs[(m * space.processes.length + q) * space.tasksPerInstance.length + n]!
            const truth = fakeComputeMs(FUNCTIONS[name]!, { memoryMB, processes, tasks })
            errors.push(Math.abs(predicted / truth - 1))
          }
    }
    expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.06)
    expect(Math.max(...errors)).toBeLessThan(0.2)
  })

  test("a plan can be made whose prediction the platform's law confirms", () => {
    const spaces = new Map(
      NUMBERS.steps.map((step) => [
        step.name,
        estimator.compile({
          step: step.name,
          space: step.configSpace,
          tasks: estimator.expectedTasks(step.name),
          percentile: 0.95,
        }),
      ]),
    )
    const goal = { kind: "cost", sloMs: 4_000, percentile: 0.95 } as const
    const result = stepConfPlanner().plan({ workflow: NUMBERS, goal, spaces, limits: FAKE_LIMITS })
    if (!result.feasible) throw new Error(`infeasible: fastest ${result.fastest.latencyMs} ms`)
    const lawOf = (name: string): number => {
      const { memoryMB, instances, processes } = result.plan[name]!
      const fn = FUNCTIONS[name]!
      const tasks = Math.ceil(estimator.expectedTasks(name) / instances)
      return fn.initMs + 5 + 12 + fakeComputeMs(fn, { memoryMB, processes, tasks })
    }
    const truth = NUMBERS.steps.reduce((sum, step) => sum + lawOf(step.name), 0)
    expect(truth).toBeLessThan(4_000)
    expect(truth).toBeGreaterThan(0.6 * result.latencyMs)
  })
})
