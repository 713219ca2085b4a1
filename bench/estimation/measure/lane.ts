import type { Json } from "../../../src/base/json.ts"
import { variantName, variantOf } from "../../../src/platforms/platform.ts"
import { callInstance, type InstanceEnd, type Place } from "../../../src/profiling/call-instance.ts"
import { isContended } from "../../../src/profiling/sample-of-record.ts"
import type { InvocationRecord } from "../../../src/protocol/invocation-record.ts"
import { DEFAULT_TIMEOUT_MS, type MeasuredCell, type MeasurePlan, type Run } from "./plan.ts"
import type { Visit } from "./schedule.ts"
import type { ScratchRun } from "./scratch.ts"

export interface LaneParts {
  readonly place: Place
  readonly startedAtMs: number
  /** Cells of the runs that are there already, one entry a run. */
  readonly done: readonly number[]
  readonly keep: (run: ScratchRun) => void
  readonly fail: (cell: number, message: string) => void
  readonly isFailed: (cell: number) => boolean
}

interface IndexedCell {
  readonly index: number
  readonly cell: MeasuredCell
}

/** One function at one size: one instance. */
interface Lane {
  readonly plan: MeasurePlan
  readonly parts: LaneParts
  readonly functionName: string
  readonly memoryMB: number
  /** Numbers of processes that the living instance has run. */
  readonly warm: Set<number>
  /** By cell, ms. */
  readonly lastMs: Map<number, number>
  /** Runs so far, by cell. */
  readonly runs: Map<number, number>
}

/** The visits of all lanes: in each round every cell that still lacks runs. */
export function lanesOf(plan: MeasurePlan, parts: LaneParts): readonly Visit[] {
  const lanes = new Map<string, { readonly lane: Lane; readonly cells: IndexedCell[] }>()
  for (const [index, cell] of plan.cells.entries()) {
    const key = variantName(variantOf(cell.functionName, cell.memoryMB))
    const made = lanes.get(key) ?? { lane: newLane(plan, parts, cell), cells: [] }
    lanes.set(key, made)
    made.cells.push({ index, cell })
    made.lane.runs.set(index, parts.done.filter((done) => done === index).length)
  }
  const rounds = Math.max(...plan.cells.map(({ repeats, perRound = 1 }) => Math.ceil(repeats / perRound)))
  return Array.from({ length: rounds }, (_, round) =>
    [...lanes].flatMap(([key, { lane, cells }]): Visit[] => {
      const due = cells.filter(({ index, cell }) => missing(lane, { index, cell }, round) > 0)
      if (due.length === 0) return []
      return [
        {
          lane: key,
          round,
          cores: Math.max(...due.map(({ cell }) => coresOf(plan, cell, parts.place.platform.limits.mbPerVcpu))),
          expectedMs: () => due.reduce((sum, { index, cell }) => sum + expectedMs(lane, index, cell), 0),
          run: () => visit(lane, due, round),
        },
      ]
    }),
  ).flat()
}

function newLane(plan: MeasurePlan, parts: LaneParts, { functionName, memoryMB }: MeasuredCell): Lane {
  return { plan, parts, functionName, memoryMB, warm: new Set(), lastMs: new Map(), runs: new Map() }
}

/** Runs that a cell lacks at the end of a round. */
function missing(lane: Lane, { index, cell }: IndexedCell, round: number): number {
  return Math.min(cell.repeats, (round + 1) * (cell.perRound ?? 1)) - (lane.runs.get(index) ?? 0)
}

/** Cores that a call takes at most. */
function coresOf(plan: MeasurePlan, { memoryMB, maxVcpus = Infinity }: MeasuredCell, mbPerVcpu: number): number {
  return Math.min(memoryMB / mbPerVcpu, maxVcpus) * plan.vcpuScale
}

function expectedMs(lane: Lane, index: number, cell: MeasuredCell): number {
  return lane.lastMs.get(index) ?? cell.expectedMs ?? 1000
}

async function visit(lane: Lane, cells: readonly IndexedCell[], round: number): Promise<void> {
  const idle = await lane.parts.place.platform.warmInstances(lane.parts.place.signal)
  if ((idle.get(variantName(variantOf(lane.functionName, lane.memoryMB))) ?? 0) === 0) lane.warm.clear()
  for (const { index, cell } of cells) {
    while (!lane.parts.isFailed(index) && missing(lane, { index, cell }, round) > 0) {
      const failure = (await warmUp(lane, cell)) ?? (await measureCell(lane, index, cell))
      const before = lane.runs.get(index) ?? 0
      if (failure === null) lane.runs.set(index, before + 1)
      else if (failure.outcome === "error" && before > 0)
        throw new Error(`what ran before fails now, so the machine is at fault: ${failure.message}`)
      else lane.parts.fail(index, failure.message)
    }
  }
}

/** Null, or why it failed. */
async function warmUp(lane: Lane, cell: MeasuredCell): Promise<Failure | null> {
  const { processes = 1, payload } = cell
  if (lane.warm.has(processes)) return null
  const count = lane.plan.warmUpTasks ?? Math.max(4, 2 * processes)
  return failureOf(await call(lane, cell, payload.slice(0, count)), cell)
}

async function measureCell(lane: Lane, index: number, cell: MeasuredCell): Promise<Failure | null> {
  const { parts, plan } = lane
  const most = plan.maxRetries ?? 3
  let cold = 0
  for (let retries = 0; ;) {
    const end = await call(lane, cell, cell.payload)
    if (end.outcome !== "ok") return failureOf(end, cell)
    // Its instance was gone: now there is a warm one. An instance that is gone each time will not get better.
    if (end.record.coldStart && ++cold <= 3) continue
    lane.lastMs.set(index, end.record.durationMs)
    if (isContended(end.record) && retries < most) {
      retries++
      continue
    }
    parts.keep({ cell: index, run: runOf(end.record, { retries, startedAtMs: parts.startedAtMs }) })
    return null
  }
}

let calls = 0

async function call(lane: Lane, cell: MeasuredCell, tasks: readonly Json[]): Promise<InstanceEnd> {
  const { functionName, memoryMB, processes = 1 } = cell
  const end = await callInstance(lane.parts.place, {
    variant: variantOf(functionName, memoryMB),
    tasks,
    processes,
    part: [0, 1],
    call: "handler",
    key: `measure/${Date.now().toString(36)}-${++calls}`,
    timeoutMs: lane.plan.timeoutMs ?? DEFAULT_TIMEOUT_MS,
  })
  if (end.record.coldStart || end.outcome !== "ok") lane.warm.clear()
  if (end.outcome === "ok") lane.warm.add(processes)
  return end
}

/** Why a cell cannot be measured. */
interface Failure {
  readonly outcome: Exclude<InstanceEnd["outcome"], "ok">
  readonly message: string
}

function failureOf(end: InstanceEnd, { memoryMB, payload, processes = 1 }: MeasuredCell): Failure | null {
  if (end.outcome === "ok") return null
  const cell = `${memoryMB} MB, ${processes} processes, ${payload.length} tasks`
  return { outcome: end.outcome, message: `${cell}: ${end.outcome} (${end.message})` }
}

function runOf(
  record: InvocationRecord,
  { retries, startedAtMs }: { readonly retries: number; readonly startedAtMs: number },
): Run {
  const { wrapper } = record
  return {
    computeMs: wrapper?.computeMs ?? record.durationMs,
    durationMs: record.durationMs,
    billedMs: record.billedMs,
    wallMs: record.receivedAtMs - record.sentAtMs,
    downloadMs: wrapper?.downloadMs ?? 0,
    uploadMs: wrapper?.uploadMs ?? 0,
    downloadBytes: wrapper?.downloadBytes ?? 0,
    uploadBytes: wrapper?.uploadBytes ?? 0,
    cpuMs: record.cpuMs ?? 0,
    throttledMs: record.throttledMs ?? 0,
    contentionMs: record.contentionMs ?? 0,
    admissionWaitMs: record.admissionWaitMs ?? 0,
    maxMemoryUsedMB: record.maxMemoryUsedMB,
    peakProcessMB: wrapper?.peakProcessMB ?? record.maxMemoryUsedMB,
    contended: isContended(record) ? 1 : 0,
    retries,
    atS: (record.sentAtMs - startedAtMs) / 1000,
  }
}
