import { describe, expect, it } from "vitest"
import { placeAxis } from "./curve-scale.ts"
import { curveChart } from "./curve.ts"
import type { ChartOptions } from "./curve.ts"
import { renderElement } from "./h.ts"
import { fitText, textWidth } from "./text-width.ts"

const points = [128, 512, 1769, 10_240].map((x) => ({ x, y: 2000 / x, low: 1800 / x, high: 2300 / x }))
const options: ChartOptions = {
  id: "c",
  title: "Time over memory",
  description: "It falls.",
  x: { label: "memory, MB", scale: "log" },
  y: { label: "time, s" },
  series: [
    { name: "detect", points },
    { name: "measured", points, look: "points" },
  ],
  marks: [
    { axis: "y", at: 4, label: "SLO 4 s" },
    { axis: "x", at: 1769, label: "one vCPU" },
  ],
}

describe("curve", () => {
  it("has a line and a band, points, marks and a legend", () => {
    const svg = renderElement(curveChart(options))
    expect(svg.match(/fill-opacity="0.16"/g)).toHaveLength(2)
    expect(svg.match(/<circle/g)).toHaveLength(4)
    for (const text of ["detect", "measured", "SLO 4 s", "one vCPU", "memory, MB", "time, s"])
      expect(svg).toContain(text)
    expect(svg).not.toContain("NaN")
  })

  it("begins a linear axis at 0 and writes 1, 2 and 5 of each decade on a logarithmic one", () => {
    const linear = placeAxis({ axis: { label: "" }, values: [3, 9.3], range: [0, 100], wantedTicks: 5 })
    expect(linear.at(0)).toBe(0)
    expect(linear.ticks.map(({ value }) => value)).toEqual([0, 2, 4, 6, 8, 10])
    const log = placeAxis({
      axis: { label: "", scale: "log" },
      values: [128, 10_240, 0],
      range: [0, 100],
      wantedTicks: 5,
    })
    expect(log.ticks.map(({ text }) => text)).toEqual(["200", "500", "1,000", "2,000", "5,000", "10,000"])
  })

  it("survives no data and one point", () => {
    for (const points of [[], [{ x: 5, y: 5 }]]) {
      for (const scale of ["linear", "log"] as const) {
        const chart = curveChart({ ...options, x: { label: "x", scale }, series: [{ name: "a", points }], marks: [] })
        expect(renderElement(chart)).not.toMatch(/NaN|Infinity/)
      }
    }
  })

  it("gives a long legend more lines", () => {
    const series = Array.from({ length: 12 }, (_, i) => ({ name: `a rather long name, number ${i}`, points }))
    const svg = renderElement(curveChart({ ...options, series }))
    const rows = new Set([...svg.matchAll(/<rect x="[\d.]+" y="(\d+)" width="12"/g)].map((match) => match[1]))
    expect(rows.size).toBeGreaterThan(2)
  })
})

describe("texts in figures", () => {
  it("are cut to their room", () => {
    expect(fitText("detect", 200)).toBe("detect")
    const cut = fitText("a step whose name is far too long for its lane", 100)
    expect(cut).toMatch(/^a step.*…$/)
    expect(textWidth(cut)).toBeLessThanOrEqual(100)
    expect(fitText("動画動画動画動画", 60)).toMatch(/^[動画]+…$/)
  })
})
