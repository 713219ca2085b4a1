import type { InvocationResult, RunResult, StepResult } from "../workflow/run-result.ts"

/** One step of the chart: its place from top to bottom, and a row for each instance. */
export interface Lane {
  readonly step: StepResult
  /** Top of the lane, px. */
  readonly y: number
  readonly height: number
  readonly rows: readonly LaneRow[]
  readonly rowHeight: number
  /** Instances that are not drawn because there are too many. */
  readonly hidden: number
}

/** The invocations that one part of the step needed, attempt after attempt. */
export interface LaneRow {
  readonly y: number
  readonly invocations: readonly InvocationResult[]
}

/** Heights in px. A lane holds two lines of text at least; many instances share `MAX_ROWS_HEIGHT`. */
const MIN_LANE = 40
const LANE_PAD = 8
const LANE_GAP = 6
const ONLY_ROW = 20
const MAX_ROW = 12
const MAX_ROWS_HEIGHT = 132
/** Below this a row can no longer be seen. */
const MIN_ROW = 2

/** Places the lanes of a run, first to start at the top. */
export function ganttLanes(result: RunResult): readonly Lane[] {
  const steps = result.steps
    .map((step, order) => ({ step, order }))
    .sort((a, b) => a.step.startedAtMs - b.step.startedAtMs || a.order - b.order)
  let y = 0
  return steps.map(({ step }) => {
    const lane = placeLane(step, y)
    y += lane.height + LANE_GAP
    return lane
  })
}

function placeLane(step: StepResult, y: number): Lane {
  const all = rowsOf(step)
  const rows = sample(all, Math.floor(MAX_ROWS_HEIGHT / MIN_ROW))
  const rowHeight = rows.length <= 1 ? ONLY_ROW : Math.max(MIN_ROW, Math.min(MAX_ROW, MAX_ROWS_HEIGHT / rows.length))
  const height = Math.max(MIN_LANE, rows.length * rowHeight + 2 * LANE_PAD)
  const top = y + (height - rows.length * rowHeight) / 2
  return {
    step,
    y,
    height,
    rowHeight,
    hidden: all.length - rows.length,
    rows: rows.map((invocations, i) => ({ y: top + i * rowHeight, invocations })),
  }
}

/** Invocations by kind and part: retries and copies of one part share a row. */
function rowsOf(step: StepResult): readonly (readonly InvocationResult[])[] {
  const rows = new Map<string, InvocationResult[]>()
  for (const invocation of step.invocations) {
    const key = `${invocation.kind} ${invocation.part}`
    const row = rows.get(key)
    if (row === undefined) rows.set(key, [invocation])
    else row.push(invocation)
  }
  return [...rows.values()]
}

/** At most `most` rows, evenly taken; the row that ended last is always among them, since it decided the time. */
function sample(
  rows: readonly (readonly InvocationResult[])[],
  most: number,
): readonly (readonly InvocationResult[])[] {
  if (rows.length <= most) return rows
  const end = (row: readonly InvocationResult[]): number => Math.max(...row.map(({ endedAtMs }) => endedAtMs))
  const last = rows.reduce((latest, row, i) => (end(row) > end(rows[latest] ?? row) ? i : latest), 0)
  const chosen = new Set(Array.from({ length: most - 1 }, (_, i) => Math.floor((i * rows.length) / (most - 1))))
  chosen.add(last)
  return rows.filter((_, i) => chosen.has(i))
}
