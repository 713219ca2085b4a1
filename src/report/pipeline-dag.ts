import { layoutDag, type Placed } from "./dag-layout.ts"
import { edgeD } from "./dag-edge.ts"
import { h, type VNode } from "./h.ts"
import { formatShare, shortMs } from "./numbers.ts"
import { criticalShares, type PipelineEdge, type PipelineReport, type PipelineStep } from "./pipeline-report.ts"
import { sizeText } from "./pipeline-table.ts"
import { figure, label, round } from "./svg.ts"
import { fitText, textWidth } from "./text-width.ts"
import { paintOf } from "./theme.ts"

const NODE = { nodeWidth: 146, nodeHeight: 72, gapX: 40, gapY: 22 }
const MARGIN = 6

/** A step is in all runs when it is in more than this share. */
const ALWAYS = 0.985

/**
 * The DAG that logs show: size, time and count of every step, how often a run takes an edge, and the most frequent
 * critical path drawn heavily. Dashed: seen to come later always, never seen to wait. Dotted: a call.
 */
export function pipelineDag(report: PipelineReport, { id }: { readonly id: string }): VNode {
  const parents = (step: string): readonly string[] =>
    report.edges.flatMap(({ from, to }) => (to === step ? [from] : []))
  const layout = layoutDag(
    report.steps.map(({ name }) => ({ id: name, parents: parents(name) })),
    NODE,
  )
  const path = report.criticalPaths[0]?.path ?? []
  const isCritical = ({ from, to }: PipelineEdge): boolean => {
    const at = path.indexOf(from)
    return at >= 0 && path[at + 1] === to
  }
  const placed = layout.edges.flatMap((line) => {
    const edge = report.edges.find(({ from, to }) => from === line.from && to === line.to)
    return edge === undefined ? [] : [{ edge, points: line.points, critical: isCritical(edge) }]
  })
  // Critical edges last, so that they lie above the others; labels above all edges.
  const edges = placed.sort((a, b) => Number(a.critical) - Number(b.critical))
  const shares = criticalShares(report)
  return figure(
    {
      id,
      title: "The pipeline as the logs show it",
      description: `Most frequent critical path: ${path.join(", ")}.`,
      width: layout.width + 2 * MARGIN,
      height: layout.height + 2 * MARGIN,
    },
    h(
      "g",
      { transform: `translate(${MARGIN} ${MARGIN})` },
      ...edges.map(({ edge, points, critical }) => edgePath(edge, points, critical)),
      ...report.steps.map((step) =>
        nodeBox(step, layout.nodes.get(step.name) ?? { x: 0, y: 0 }, {
          onPath: path.includes(step.name),
          share: shares.get(step.name) ?? 0,
        }),
      ),
      ...edges.map(({ edge, points }) => edgeLabel(edge, points)),
    ),
  )
}

function edgePath(edge: PipelineEdge, points: readonly Placed[], critical: boolean): VNode {
  const dash = edge.kind === "call" ? "2 4" : edge.evidence === 0 ? "6 4" : undefined
  return h(
    "path",
    {
      d: edgeD(points, NODE.nodeWidth / 2),
      fill: "none",
      class: critical ? "edge critical" : "edge",
      stroke: paintOf(critical ? "accent" : "predicted-line"),
      "stroke-width": critical ? 2.75 : 1.25,
      ...(dash !== undefined && { "stroke-dasharray": dash }),
    },
    h("title", {}, edgeTitle(edge)),
  )
}

function edgeTitle({ from, to, kind, probability, gapMs, evidence }: PipelineEdge): string {
  const what = kind === "call" ? `${from} calls ${to}` : `${to} after ${from}`
  const sure = evidence === 0 ? "assumed, as it never began before" : `seen in ${evidence.toLocaleString("en-US")} runs`
  return `${what}: ${formatShare(probability)} of the runs with ${from}, ${shortMs(gapMs)} later; ${sure}`
}

/** The probability in the gap before the step, where it is not certain. */
function edgeLabel({ probability }: PipelineEdge, points: readonly Placed[]): VNode | null {
  if (probability > ALWAYS) return null
  const end = points.at(-1)!
  const before = points.at(-2) ?? end
  const text = formatShare(probability)
  const width = textWidth(text, 10) + 6
  const x = end.x - NODE.nodeWidth / 2 - NODE.gapX / 2
  // Half way along the curve's last piece it is half way between its ends.
  const isShort = before.x + NODE.nodeWidth / 2 + NODE.gapX >= end.x - NODE.nodeWidth / 2 - 1
  const y = isShort ? (before.y + end.y) / 2 : end.y + (before.y - end.y) * 0.25
  return h(
    "g",
    {},
    h("rect", {
      x: round(x - width / 2),
      y: round(y - 9),
      width: round(width),
      height: 17,
      rx: 8.5,
      fill: paintOf("surface"),
      stroke: paintOf("line"),
    }),
    label(x, y + 3.5, text, { class: "num", "font-size": 10, "text-anchor": "middle" }),
  )
}

function nodeBox(step: PipelineStep, at: Placed, look: { readonly onPath: boolean; readonly share: number }): VNode {
  const { nodeWidth, nodeHeight } = NODE
  const x = at.x - nodeWidth / 2
  const y = at.y - nodeHeight / 2
  const room = nodeWidth - 20
  const sometimes = step.probability <= ALWAYS
  const repeats = step.count.max > 1 ? ` × ${Number(step.count.mean.toFixed(1))}` : ""
  return h(
    "g",
    { class: look.onPath ? "node critical" : "node", "data-step": step.name },
    h("title", {}, `${step.name} (function ${step.functionName})`),
    h("rect", {
      x: round(x),
      y: round(y),
      width: nodeWidth,
      height: nodeHeight,
      rx: 7,
      fill: paintOf(look.onPath ? "accent-soft" : "surface"),
      stroke: paintOf(look.onPath ? "accent" : "line"),
      "stroke-width": look.onPath ? 1.75 : 1.25,
      ...(sometimes && { "stroke-dasharray": "5 3" }),
    }),
    label(x + 10, y + 20, fitText(step.name, room, 14), { class: "strong", "font-size": 13 }),
    label(x + 10, y + 38, fitText(`${sizeText(step)}${repeats}`, room, 11), { class: "muted small" }),
    label(x + 10, y + 59, shortMs(step.stepMs.p50), { class: "num strong" }),
    label(x + nodeWidth - 10, y + 59, `critical ${formatShare(look.share)}`, {
      class: "muted num",
      "font-size": 10,
      "text-anchor": "end",
    }),
  )
}
