import { expect, test } from "vitest"
import { seededRandom } from "../../base/random.ts"
import { costOf, latencyOf, pointOf } from "../../estimation/compiled-space.ts"
import type { Problem } from "../planner.ts"
import { stepChoices } from "../step-choices.ts"
import { describePlanner } from "../testing/planner-conformance.ts"
import { problemOf, randomLaw, SMALL_SPACE, videoWorkflow } from "../testing/synthetic-problem.ts"
import { syntheticSpace } from "../testing/synthetic-space.ts"
import { memoryOnly, only, restrictSpace, withTimes } from "./knobs.ts"
import { defaultPlanner, randomPlanner } from "./null-baselines.ts"
import { oraclePlanner } from "./oracle.ts"
import { algorithmOnePlanner, stepConfInterPlanner, stepConfIntraPlanner } from "./stepconf/stepconf-planners.ts"
import { vanillaPlanner } from "./vanilla.ts"

const heuristic = { complete: false, problems: 2 } as const

describePlanner(() => algorithmOnePlanner({ preset: "published" }), heuristic)
describePlanner(() => algorithmOnePlanner({ preset: "repaired" }), heuristic)
describePlanner(() => stepConfInterPlanner({ preset: "repaired" }), {
  ...heuristic,
  knobs: ({ processes }) => processes === 1,
})
describePlanner(() => stepConfIntraPlanner({ preset: "repaired" }), {
  ...heuristic,
  knobs: ({ instances }) => instances === 1,
})
describePlanner(vanillaPlanner, { ...heuristic, knobs: ({ instances, processes }) => instances * processes === 1 })
describePlanner(defaultPlanner, { ...heuristic, knobs: ({ memoryMB }) => memoryMB === 1024 })
describePlanner(randomPlanner, heuristic)
describePlanner(oraclePlanner, { excess: 0, provenGap: 0 })

test("a restricted space holds the same numbers as the whole", () => {
  const space = syntheticSpace("a", SMALL_SPACE, { tasks: 7 })
  const some = restrictSpace(
    { ...space, coldExtraMs: Float64Array.of(5, 4, 3, 2, 1) },
    {
      memoryMB: (values) => values.slice(1, 3),
      instances: only(3),
      processes: only(9),
    },
  )
  expect([some.memoryMB, some.instances, some.processes]).toEqual([[1024, 1536], [3], [2]])
  for (const memoryMB of some.memoryMB) {
    const config = { memoryMB, instances: 3, processes: 2 }
    const [a, b] = [pointOf({ ...space }, config, 2)!, pointOf(some, config, 2)!]
    const extra = memoryMB === 1024 ? 4 : 3
    expect(latencyOf(some, b, "percentile")).toBeCloseTo(latencyOf(space, a, "percentile") + extra, 9)
    expect(costOf(some, b)).toBe(costOf(space, a))
  }
})

test("times of a baseline's own are certain: means, or sums of the parts' percentiles; the bill stays", () => {
  const space = syntheticSpace("a", SMALL_SPACE, { spread: 1.2 })
  const point = pointOf(space, { memoryMB: 1024, instances: 2, processes: 1 }, 2)!
  const parts = withTimes(space, "parts")
  expect(latencyOf(parts, point, "percentile")).toBeCloseTo(1.2 * latencyOf(space, point, "median"), 9)
  expect(latencyOf(parts, point, "percentile")).toBeGreaterThan(latencyOf(space, point, "percentile"))
  expect(latencyOf(withTimes(space, "mean"), point, "percentile")).toBe(latencyOf(space, point, "mean"))
  expect(costOf(parts, point)).toBe(costOf(space, point))
})

test("an attempt says what would be run where the goal is missed, and the plan is then no answer", () => {
  const random = seededRandom(3)
  const problem: Problem = problemOf(videoWorkflow(), { law: () => randomLaw(random), sloMs: 1 })
  for (const planner of [vanillaPlanner(), algorithmOnePlanner({ preset: "published" }), randomPlanner()]) {
    expect(planner.attempt(problem).latencyMs).toBeGreaterThan(1)
    expect(planner.plan(problem).feasible).toBe(false)
  }
})

test("fixed counts are taken where a space has them, and the nearest elsewhere", () => {
  const problem = problemOf(videoWorkflow(), { sloMs: 1e9 })
  const plan = vanillaPlanner({ fixedInstances: 3, fixedProcesses: 5 }).attempt(problem).plan
  expect(new Set(Object.values(plan).map(({ instances, processes }) => `${instances}x${processes}`))).toEqual(
    new Set(["3x2"]),
  )
  const { frontiers } = stepChoices({
    ...problem,
    spaces: new Map([...problem.spaces].map(([name, space]) => [name, restrictSpace(space, memoryOnly())])),
  })
  expect(frontiers[0]!.space.instances).toEqual([1])
})
