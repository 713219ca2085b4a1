import { formatMs } from "../base/format.ts"
import { prettyConfig, shortMs } from "./numbers.ts"
import type { RunResult, StepResult } from "../workflow/run-result.ts"
import { edgeD } from "./dag-edge.ts"
import { layoutDag } from "./dag-layout.ts"
import type { Placed } from "./dag-layout.ts"
import { h } from "./h.ts"
import type { VNode } from "./h.ts"
import { runGraph } from "./run-graph.ts"
import { figure, label, round } from "./svg.ts"
import { fitText } from "./text-width.ts"
import { paintOf } from "./theme.ts"

export interface DagOptions {
  /** Unique in the page. */
  readonly id: string
}

const NODE = { nodeWidth: 136, nodeHeight: 66, gapX: 20, gapY: 18 }
const MARGIN = 4

/** The steps of a run as a graph: configuration, measured time and slack, with the critical path drawn heavily. */
export function dag(result: RunResult, options: DagOptions): VNode {
  const graph = runGraph(result)
  const layout = layoutDag(
    result.steps.map((step) => ({ id: step.name, parents: step.after })),
    NODE,
  )
  const critical = new Set(graph.edges.filter((edge) => edge.critical).map(({ from, to }) => edgeKey(from, to)))
  // Critical edges last, so that they lie above the others.
  const edges = layout.edges
    .map((edge) => ({ ...edge, critical: critical.has(edgeKey(edge.from, edge.to)) }))
    .sort((a, b) => Number(a.critical) - Number(b.critical))
  return figure(
    {
      id: options.id,
      title: `Steps of ${result.workflow}`,
      description: `Critical path: ${result.criticalPath.join(", ")}. ${describeSlack(result, graph.slackMs)}`,
      width: layout.width + 2 * MARGIN,
      height: layout.height + 2 * MARGIN,
    },
    h(
      "g",
      { transform: `translate(${MARGIN} ${MARGIN})` },
      ...edges.map((edge) => edgePath(edge.points, edge.critical)),
      ...result.steps.map((step) => {
        const at = layout.nodes.get(step.name) ?? { x: 0, y: 0 }
        const isCritical = graph.critical.has(step.name)
        return nodeBox(step, at, { isCritical, slackMs: graph.slackMs.get(step.name) ?? 0 })
      }),
    ),
  )
}

function edgeKey(from: string, to: string): string {
  return JSON.stringify([from, to])
}

function describeSlack(result: RunResult, slackMs: ReadonlyMap<string, number>): string {
  const off = result.steps.filter((step) => !result.criticalPath.includes(step.name))
  return off.map((step) => `${step.name} had ${formatMs(slackMs.get(step.name) ?? 0)} of slack`).join("; ")
}

function edgePath(points: readonly Placed[], critical: boolean): VNode {
  return h("path", {
    d: edgeD(points, NODE.nodeWidth / 2),
    fill: "none",
    class: critical ? "edge critical" : "edge",
    stroke: paintOf(critical ? "accent" : "predicted-line"),
    "stroke-width": critical ? 2.5 : 1.25,
  })
}

function nodeBox(
  step: StepResult,
  at: Placed,
  look: { readonly isCritical: boolean; readonly slackMs: number },
): VNode {
  const { nodeWidth, nodeHeight } = NODE
  const x = at.x - nodeWidth / 2
  const y = at.y - nodeHeight / 2
  const room = nodeWidth - 20
  return h(
    "g",
    { class: look.isCritical ? "node critical" : "node", "data-step": step.name },
    h("title", {}, `${step.name} (function ${step.function}): ${step.reason}`),
    h("rect", {
      x: round(x),
      y: round(y),
      width: nodeWidth,
      height: nodeHeight,
      rx: 7,
      fill: paintOf(look.isCritical ? "accent-soft" : "surface"),
      stroke: paintOf(look.isCritical ? "accent" : "line"),
      "stroke-width": look.isCritical ? 1.75 : 1.25,
    }),
    label(x + 10, y + 19, fitText(step.name, room, 14), { class: "strong", "font-size": 13 }),
    label(x + 10, y + 36, fitText(prettyConfig(step.config), room, 11), {
      class: "muted small",
    }),
    label(x + 10, y + 54, step.status === "succeeded" ? shortMs(step.measuredMs) : step.status, {
      class: "num strong",
    }),
    label(x + nodeWidth - 10, y + 54, look.isCritical ? "critical" : `slack ${shortMs(look.slackMs)}`, {
      class: "small muted",
      "text-anchor": "end",
    }),
  )
}
