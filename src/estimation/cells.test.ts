import { expect, test } from "vitest"
import { computeCells, logResiduals } from "./cells.ts"
import { instanceSample } from "./testing/synthetic-profile.ts"

test("a cell is the median of its runs; cold runs make cells of their own and count for less", () => {
  const cells = computeCells([
    instanceSample({ computeMs: 500 }),
    instanceSample({ computeMs: 900 }),
    instanceSample({ computeMs: 520 }),
    instanceSample({ computeMs: 700, cold: true }),
  ])
  expect(cells.map(({ ms, cold }) => [ms, cold])).toEqual([
    [520, false],
    [700, true],
  ])
  expect(cells[1]!.weight).toBeLessThan(cells[0]!.weight)
})

test("of contended runs the shortest stands for the cell, with less weight", () => {
  const [cell] = computeCells([800, 640, 900].map((computeMs) => instanceSample({ computeMs, contended: true })))
  expect(cell).toMatchObject({ ms: 640, weight: 0.25 })
})

test("noise is learned from repeated clean runs, and not from jitter of tiny ones", () => {
  expect(logResiduals([instanceSample(), instanceSample({ memoryMB: 512 })])).toEqual([])
  expect(logResiduals([1, 2].map((computeMs) => instanceSample({ computeMs, contended: true })))).toEqual([])
  const [tiny] = logResiduals([0.2, 0.4, 0.3].map((computeMs) => instanceSample({ computeMs })))
  expect(Math.max(...tiny!.residuals)).toBeLessThan(0.03)
})
