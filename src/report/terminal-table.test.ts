import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { displayWidth } from "./display-width.ts"
import { terminalPaint } from "./terminal-style.ts"
import { terminalTable } from "./terminal-table.ts"
import type { Column } from "./terminal-table.ts"

interface Row {
  readonly name: string
  readonly size: number
  readonly note: string
}

const rows: readonly Row[] = [
  { name: "pull", size: 5, note: "the first of them all" },
  { name: "interpolate", size: 12_000, note: "short" },
]
const columns: readonly Column<Row>[] = [
  { header: "NAME", cell: (row) => row.name },
  { header: "SIZE", cell: (row) => String(row.size), align: "right" },
  { header: "NOTE", cell: (row) => row.note, wrapTo: 10, dropOrder: 1 },
]
const plain = terminalPaint({ color: false })

describe("terminal table", () => {
  it("aligns texts left and numbers right", () => {
    expect(terminalTable({ columns, rows, width: 80, paint: plain }).split("\n")).toEqual([
      "NAME          SIZE  NOTE",
      "pull             5  the first of them all",
      "interpolate  12000  short",
    ])
  })

  it("wraps before it leaves a column out", () => {
    expect(terminalTable({ columns, rows, width: 32, paint: plain }).split("\n")).toEqual([
      "NAME          SIZE  NOTE",
      "pull             5  the first of",
      "                    them all",
      "interpolate  12000  short",
    ])
  })

  it("leaves out the least important column when nothing else helps", () => {
    const text = terminalTable({ columns, rows, width: 20, paint: plain })
    expect(text).not.toContain("NOTE")
    expect(text).toContain("12000")
  })

  it("never gets wider than it may", () => {
    const row = fc.record({ name: fc.string(), size: fc.nat(), note: fc.string({ unit: "grapheme" }) })
    fc.assert(
      fc.property(fc.array(row), fc.integer({ min: 24, max: 100 }), (rows, width) => {
        for (const line of terminalTable({ columns, rows, width, paint: plain }).split("\n")) {
          expect(displayWidth(line)).toBeLessThanOrEqual(width)
        }
      }),
    )
  })

  it("makes control characters visible instead of obeying them", () => {
    const text = terminalTable({
      columns,
      rows: [{ name: "\u001b[2J", size: 1, note: "a\nb" }],
      width: 80,
      paint: plain,
    })
    expect(text).not.toContain("\u001b")
    expect(text.split("\n")).toHaveLength(2)
  })

  it("colours only when told to", () => {
    const paint = terminalPaint({ color: true })
    expect(terminalTable({ columns, rows, width: 80, paint })).toContain("\u001b[2mNAME\u001b[0m")
    expect(terminalTable({ columns, rows, width: 80, paint: plain })).not.toContain("\u001b")
  })
})
