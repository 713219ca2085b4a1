import fc from "fast-check"
import { expect, test } from "vitest"
import { measuredPoints, supportAt } from "./measured-points.ts"

const point = fc.record({
  memoryMB: fc.constantFrom(128, 512, 1024, 1769),
  processes: fc.integer({ min: 1, max: 4 }),
  tasks: fc.integer({ min: 1, max: 6 }),
})

test("a point is measured where a cell has its memory, tasks and busy processes, and spanned inside their box", () => {
  fc.assert(
    fc.property(fc.array(point, { minLength: 1, maxLength: 8 }), point, (cells, asked) => {
      const busy = Math.min(asked.processes, asked.tasks)
      const same = cells.some(
        (cell) =>
          cell.memoryMB === asked.memoryMB &&
          cell.tasks === asked.tasks &&
          Math.min(cell.processes, cell.tasks) === busy,
      )
      const inside = (pick: (cell: typeof asked) => number): boolean => {
        const values = cells.map(pick)
        return pick(asked) >= Math.min(...values) && pick(asked) <= Math.max(...values)
      }
      const spans =
        inside((cell) => cell.memoryMB) &&
        inside((cell) => cell.tasks) &&
        inside((cell) => Math.min(cell.processes, cell.tasks))
      const points = measuredPoints(cells)
      expect(points.has(asked)).toBe(same)
      expect(points.spans(asked)).toBe(spans)
      expect(supportAt(points, asked, false)).toBe(same ? "measured" : spans ? "interpolated" : "extrapolated")
      expect(supportAt(points, asked, true)).toBe("extrapolated")
    }),
  )
})
