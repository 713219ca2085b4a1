import { graphOf, type ParallelGroup, parallelGroups } from "../../src/index.ts"
import { figureSheet, type SheetChart } from "../../src/report/figure-sheet.ts"
import { h, type VNode } from "../../src/report/h.ts"
import { figure, label } from "../../src/report/svg.ts"
import { paintOf } from "../../src/report/theme.ts"
import type { Experiment } from "../experiment.ts"
import { NAVIGATOR_PIPELINES } from "../workflows/navigator-pipelines.ts"

/** ConfigNavigator, Fig. 5: the partition into parallel groups and their replacement, worked on the three pipelines. */
export const fig5: Experiment = {
  name: "confignavigator-fig-5",
  of: "ConfigNavigator, Fig. 5 (section 3.2): partition and substitution",
  run: () => {
    const worked = NAVIGATOR_PIPELINES.map((make) => {
      const { name, workflow } = make()
      const graph = graphOf(workflow)
      return { name, root: parallelGroups(graph), names: graph.names }
    })
    return Promise.resolve({
      figures: {
        "confignavigator-fig-5": figureSheet({
          id: "confignavigator-fig-5",
          title: "ConfigNavigator, Fig. 5: parallel groups, searched from the innermost outwards",
          notes: [
            "Each box is searched by itself, then stands as one step in the box around it. Depth in the paper: 1, 2, and 3 branches.",
          ],
          charts: worked.map((one) => drawn(one)),
          columns: 3,
        }),
      },
      claims: worked.map(({ name, root, names }, i) => ({
        claim: `Fig. 5: groups of ${name}`,
        paper: i < 2 ? `nested ${i + 1} deep` : "one group of 3 branches",
        ours: `nested ${depthOf(root)} deep: ${textOf(root, names)}`,
      })),
      summary: {},
      rows: worked.map(({ name, root, names }) => ({
        table: "ConfigNavigator fig. 5",
        pipeline: name,
        groups: textOf(root, names),
      })),
    })
  },
}

function depthOf({ children }: ParallelGroup): number {
  return children.length === 0 ? 0 : 1 + Math.max(...children.map(depthOf))
}

/** `decode, [face | hd], encode`: groups in brackets, branches between bars. */
function textOf(group: ParallelGroup, names: readonly string[]): string {
  const branch = (steps: readonly number[]): string => {
    const inside = group.children.filter((child) => child.steps.every((step) => steps.includes(step)))
    const own = steps.filter((step) => !inside.some((child) => child.steps.includes(step)))
    const parts = [
      ...own.map((step) => ({ at: step, text: names[step]! })),
      ...inside.map((child) => ({ at: child.steps[0]!, text: `[${textOf(child, names)}]` })),
    ]
    return parts
      .toSorted((a, b) => a.at - b.at)
      .map(({ text }) => text)
      .join(", ")
  }
  return group.branches.map(branch).join(" | ")
}

const LINE = 24
const WIDTH = 330

interface Worked {
  readonly name: string
  readonly root: ParallelGroup
  readonly names: readonly string[]
}

function drawn({ name, root, names }: Worked): SheetChart {
  const { nodes, height } = boxOf(root, { names, x: 8, y: 8, width: WIDTH - 16, depth: 0 })
  return {
    heading: name,
    width: WIDTH,
    height: height + 16,
    chart: figure(
      {
        id: `cn-fig-5-${name}`,
        title: `Groups of ${name}`,
        description: textOf(root, names),
        width: WIDTH,
        height: height + 16,
      },
      ...nodes,
    ),
  }
}

interface Place {
  readonly names: readonly string[]
  readonly x: number
  readonly y: number
  readonly width: number
  readonly depth: number
}

/** A group as a box: its own steps as lines, the groups inside as boxes. */
function boxOf(group: ParallelGroup, place: Place): { readonly nodes: readonly VNode[]; readonly height: number } {
  const { names, x, y, width, depth } = place
  const entries = [
    ...group.own.map((step) => ({ at: step, group: null as ParallelGroup | null })),
    ...group.children.map((child) => ({ at: child.steps[0]!, group: child as ParallelGroup | null })),
  ].toSorted((a, b) => a.at - b.at)
  const nodes: VNode[] = []
  let at = y + 10
  for (const entry of entries) {
    if (entry.group === null) {
      nodes.push(label(x + 14, at + 15, names[entry.at]!))
      at += LINE
      continue
    }
    const inner = boxOf(entry.group, { names, x: x + 14, y: at, width: width - 28, depth: depth + 1 })
    nodes.push(...inner.nodes)
    at += inner.height + 8
  }
  const height = at - y + 6
  const frame = h("rect", {
    x,
    y,
    width,
    height,
    rx: 6,
    fill: paintOf(depth === 0 ? "surface" : depth === 1 ? "sunken" : "accent-soft"),
    stroke: paintOf(depth === 0 ? "line" : "accent"),
  })
  return { nodes: [frame, ...nodes], height }
}
