import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { dag } from "./dag.ts"
import { layoutDag } from "./dag-layout.ts"
import type { DagNode } from "./dag-layout.ts"
import { renderElement } from "./h.ts"
import { runGraph } from "./run-graph.ts"
import { videoRun } from "./testing/video-run.ts"

const SIZE = { nodeWidth: 100, nodeHeight: 50, gapX: 20, gapY: 10 }

/** A node with any earlier nodes as parents. */
const graphs: fc.Arbitrary<DagNode[]> = fc
  .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 14 })
  .map((lists) =>
    lists.map((list, i) => ({
      id: `n${i}`,
      parents: i === 0 ? [] : [...new Set(list.map((number) => `n${number % i}`))],
    })),
  )

describe("layout of a DAG", () => {
  it("puts children right of their parents and lets no two nodes overlap", () => {
    fc.assert(
      fc.property(graphs, (nodes) => {
        const layout = layoutDag(nodes, SIZE)
        const places = nodes.map(({ id }) => layout.nodes.get(id) ?? { x: Number.NaN, y: Number.NaN })
        nodes.forEach(({ parents }, i) => {
          for (const parent of parents) expect(places[i]?.x).toBeGreaterThan(layout.nodes.get(parent)?.x ?? Infinity)
        })
        places.forEach((a, i) => {
          for (const b of places.slice(i + 1)) {
            expect(Math.abs(a.x - b.x) > 99.9 || Math.abs(a.y - b.y) > 49.9).toBe(true)
          }
        })
      }),
      { numRuns: 20 },
    )
  })

  it("draws parts that are not connected, and no nodes at all", () => {
    expect(
      layoutDag(
        [
          { id: "a", parents: [] },
          { id: "b", parents: ["gone"] },
        ],
        SIZE,
      ).nodes.size,
    ).toBe(2)
    expect(layoutDag([], SIZE)).toMatchObject({ width: 0, height: 0 })
  })
})

describe("graph of a run", () => {
  it("has no slack on the critical path, and the difference of the branches beside it", () => {
    const result = videoRun()
    const { slackMs } = runGraph(result)
    const measured = (name: string): number => result.steps.find((step) => step.name === name)?.measuredMs ?? 0
    for (const name of result.criticalPath) expect(slackMs.get(name)).toBeCloseTo(0, 6)
    expect(slackMs.get("watermark")).toBeCloseTo(measured("superres") - measured("watermark"), 6)
  })

  it("shows name, configuration, time and slack, and the critical path heavily", () => {
    const svg = renderElement(dag(videoRun(), { id: "d" }))
    expect(svg.match(/class="node critical"/g)).toHaveLength(7)
    expect(svg.match(/class="node"/g)).toHaveLength(1)
    expect(svg.match(/class="edge critical"/g)).toHaveLength(6)
    expect(svg.match(/class="edge"/g)).toHaveLength(2)
    expect(svg).toContain(">3,008 MB × 12 × 2<")
    expect(svg).toContain(">slack 4.30 s<")
  })
})
