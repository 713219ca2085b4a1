import { expect, test } from "vitest"
import { frontierFigure } from "./frontier-figure.ts"
import { frontierTable } from "./frontier-table.ts"
import { renderElement } from "./h.ts"
import type { PlanFrontier } from "./plan-frontier.ts"

const points = Array.from({ length: 40 }, (_, k) => {
  const latencyMs = 2000 * 1.08 ** k
  const costUsd = 1e-4 * (1 + 4000 / latencyMs)
  return { latencyMs, costUsd, lowerBoundUsd: costUsd }
})
const frontier: PlanFrontier = {
  workflow: "video",
  goal: { kind: "cost", sloMs: 5000, percentile: 0.95 },
  points,
  chosen: { planner: "trimtab", ...points[11]! },
}

test("the figure has the frontier, the goal and the chosen plan", () => {
  const svg = renderElement(frontierFigure(frontier))
  for (const text of ["SLO 5,000 ms", "chosen by trimtab", "p95 latency", "cost of 1,000 runs"])
    expect(svg).toContain(text)
  expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  expect(svg).not.toContain("no plan costs less")
})

test("a bound is drawn where it can be seen, and budgets lie across", () => {
  const loose = points.map((point) => ({ ...point, lowerBoundUsd: 0.9 * point.costUsd }))
  const goal = { kind: "latency", budgetUsd: 2e-4, percentile: 0.9 } as const
  const svg = renderElement(frontierFigure({ ...frontier, goal, points: loose }))
  expect(svg).toContain("no plan costs less")
  expect(svg).toContain("budget $0.200")
})

test("a single plan is a figure too", () => {
  const one = [{ latencyMs: 0.5, costUsd: 1e-7, lowerBoundUsd: null }]
  const svg = renderElement(frontierFigure({ ...frontier, points: one, chosen: { planner: "x", ...one[0]! } }))
  expect(svg).not.toMatch(/NaN|Infinity/)
})

test("the table has the chosen plan in its place", () => {
  const dear = { planner: "other", latencyMs: points[20]!.latencyMs + 1, costUsd: 3e-4 }
  const table = frontierTable({ ...frontier, chosen: dear }, { width: 100, color: false, maxRows: 8 })
  const lines = table.split("\n")
  expect(lines).toHaveLength(1 + 8 + 1)
  expect(lines.filter((line) => line.includes("chosen by other"))).toHaveLength(1)
})
