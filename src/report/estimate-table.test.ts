import { describe, expect, it } from "vitest"
import type { EstimateCurve, EstimatePoint } from "./estimate-curve.ts"
import { estimateFigure } from "./estimate-figure.ts"
import { estimateHeadline, estimateTable } from "./estimate-table.ts"
import { standaloneSvg } from "./svg.ts"

function point(memoryMB: number): EstimatePoint {
  const medianMs = 1e6 / Math.min(memoryMB, 1769)
  const usd = (memoryMB / 1024) * medianMs * 1.7e-8
  return {
    memoryMB,
    medianMs,
    upperMs: 1.1 * medianMs,
    lowMs: 0.9 * medianMs,
    highMs: 1.2 * medianMs,
    meanCostUsd: usd,
    lowCostUsd: 0.9 * usd,
    highCostUsd: 1.1 * usd,
    support: "interpolated",
    blocked: memoryMB < 200 ? "memory-floor" : null,
  }
}

function curve(points: readonly EstimatePoint[]): EstimateCurve {
  return {
    step: "small",
    functionName: "resize",
    tasks: 8,
    instances: 1,
    processes: 2,
    warm: 0,
    percentile: 0.9,
    points,
    measured: [{ memoryMB: 576, medianMs: 1800, medianCostUsd: 1e-5, samples: 3, means: false }],
  }
}

const many = curve(Array.from({ length: 150 }, (_, i) => point(128 + 64 * i)))
const options = { width: 160, color: false, maxRows: 12 }

describe("table of estimates", () => {
  it("of a long curve keeps the ends, the best and the measured sizes, and no more rows than asked", () => {
    const lines = estimateTable(many, options).split("\n")
    expect(lines.length).toBeLessThanOrEqual(13)
    expect(lines[1]).toMatch(/^ *128 MB .*cannot run: memory-floor/)
    expect(lines.find((line) => line.trim().startsWith("576 MB"))).toContain("3 samples: 1,800 ms")
    expect(lines.find((line) => line.includes("fastest"))).toMatch(/1,792 MB/)
    expect(lines.find((line) => line.includes("cheapest"))).not.toMatch(/cannot run/)
    expect(lines.at(-1)).toMatch(/9,664 MB/)
    expect(estimateTable(many, { ...options, maxRows: Infinity }).split("\n")).toHaveLength(151)
  })

  it("names the configuration above it", () => {
    expect(estimateHeadline(many)).toBe("small (function resize): 8 tasks on 1 instance of 2 processes, started cold")
    expect(estimateHeadline({ ...many, instances: 4, warm: 4 })).toContain("4 instances of 2 processes, warm")
    expect(estimateHeadline({ ...many, instances: 4, warm: 1 })).toContain("1 of them warm")
  })

  it("fits a narrow terminal", () => {
    for (const line of estimateTable(many, { ...options, width: 60 }).split("\n")) expect(line.length).toBeLessThan(61)
  })
})

describe("figure of estimates", () => {
  it("draws time and cost of every step, with what was measured", () => {
    const svg = standaloneSvg(estimateFigure([many, { ...many, step: "other" }]))
    expect(svg.match(/<svg /g)).toHaveLength(5)
    expect(svg.match(/<circle/g)).toHaveLength(4)
    expect(svg).toContain("fastest: 1,792 MB")
    expect(svg).not.toMatch(/NaN|Infinity/)
  })

  it("survives one size, no size that can run and no measurement", () => {
    const alone = [curve([point(1024)]), curve([point(128)]), curve([]), { ...many, measured: [] }]
    const svg = standaloneSvg(estimateFigure(alone))
    expect(svg).not.toMatch(/NaN|Infinity| d fill/)
    expect(svg).toContain("no size can run")
  })

  it("shows no figure of one instance beside a step of several", () => {
    expect(standaloneSvg(estimateFigure([{ ...many, instances: 4 }]))).not.toContain("<circle")
  })
})
