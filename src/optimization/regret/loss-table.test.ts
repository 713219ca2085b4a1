import { expect, test } from "vitest"
import type { SpaceDraws } from "../../estimation/space-draws.ts"
import { problemOf, SMALL_SPACE, workflowOf } from "../testing/synthetic-problem.ts"
import { syntheticSpace } from "../testing/synthetic-space.ts"
import { drawnWorkflow } from "./drawn-workflow.ts"
import { lossTable } from "./loss-table.ts"

const LOOSE = { kind: "cost", sloMs: 60_000, percentile: 0.95 } as const

/** Draws whose estimates allow sizes that the present ones do not: there a step would take longer than it may. */
function drawn(limits?: { readonly vcpuTotal: number }): Parameters<typeof lossTable>[0] {
  const workflow = workflowOf(["a", "b"], [], SMALL_SPACE)
  const problem = problemOf(workflow, { law: () => ({ memoryFloorMB: 2048 }) })
  const draws = workflow.steps.map(({ name }): [string, SpaceDraws] => {
    const known = syntheticSpace(name, SMALL_SPACE)
    const logFactors = [0, 0.2, -0.2].map((ln) => new Float64Array(known.computeMs.length).fill(ln))
    return [name, { known, logFactors, noiseSd: 0.05 }]
  })
  return drawnWorkflow({ ...problem, limits: { ...problem.limits, ...limits } }, new Map(draws))
}

test("a plan that the present estimates rule out is not taken, however cheap some draws make it", () => {
  for (const limits of [undefined, { vcpuTotal: 2 }]) {
    const { plans, taken, present, loss } = lossTable(drawn(limits), LOOSE)
    expect(present.costUsd).toBeGreaterThan(0)
    for (const { memoryMB } of Object.values(plans[taken]!)) expect(memoryMB).toBeGreaterThanOrEqual(2048)
    const ruledOut = plans.findIndex((plan) => Object.values(plan).some(({ memoryMB }) => memoryMB < 2048))
    expect(ruledOut, "some draw asks for a small size").toBeGreaterThanOrEqual(0)
    expect(loss[ruledOut]).toBe(Infinity)
  }
})
