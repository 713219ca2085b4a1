import type { Json } from "../base/json.ts"
import { isFileRef, type FileRef } from "../protocol/envelope.ts"
import type { PartRequest } from "../protocol/parse-envelope.ts"
import { inParallel } from "./in-parallel.ts"
import type { InstanceState, Invocation } from "./instance.ts"
import { answerText, finishedOutput, isLarge, keepOutput, listEnds, type Output } from "./output.ts"
import { peakMemoryMB } from "./peak-memory.ts"
import { countObject, newReport, timed, type Report } from "./report.ts"
import { closingAt } from "./task-context.ts"
import { runTasks, type Batch, type IndexedTask, type TaskEnd } from "./run-tasks.ts"
import { downloadFiles, uploadFiles, type Downloaded, type TransferPlace } from "./transfer.ts"
import { exportOf } from "./user-module.ts"

/** What surrounds the work on one part. */
export interface PartScene {
  readonly state: InstanceState
  readonly invocation: Invocation
  /** Folder of the invocation, removed by the caller. */
  readonly folder: string
}

interface Work extends PartScene {
  readonly part: PartRequest
  readonly deadlineMs: number
  readonly closingMs: number
  readonly signal: AbortSignal
  readonly report: Report
}

/**
 * One part: download, compute, upload, answer (as JSON).
 *
 * W1. With `repeat` above 0 a finished output is looked for first; if there is one the handler does not run.
 * W2. Of the invocations of one part that finish without errors, all answer with the one output that is kept.
 * W3. Only an output without errors is kept, since a retry under the same key must run the failed tasks again.
 * W4. Every invocation uploads under names of its own: the files of the output that is kept are never overwritten.
 */
export async function runPart(part: PartRequest, scene: PartScene): Promise<string> {
  const { state, invocation } = scene
  const deadlineMs = Math.min(part.deadlineMs, invocation.deadlineMs)
  const signal = AbortSignal.timeout(Math.min(Math.max(1, Math.ceil(deadlineMs - Date.now())), 2 ** 31 - 1))
  const report = newReport(state.cold)
  const work: Work = { ...scene, part, deadlineMs, closingMs: closingAt(deadlineMs), signal, report }
  if (part.repeat > 0 && state.hasStore) {
    const finished = await finishedOutput(await state.store(), part.outputKey, signal)
    if (finished !== null) return answerText(finished, { ...report, tasks: finished.tasks, replayed: true })
  }
  const count = part.operations ? (await import("./operations.ts")).startCounting() : null
  const { tasks, failed } = await timed(report, "downloadMs", async () => await fetchTasks(work))
  report.tasks = tasks.length + failed.length
  const computed = await timed(report, "computeMs", async () => await compute(work, tasks))
  const output = await timed(report, "uploadMs", async () => await deliver(work, [...failed, ...computed]))
  if (count !== null) report.operations = await count(report)
  return answerText(output, report)
}

/** The tasks, with their files on this machine. */
async function fetchTasks(work: Work): Promise<Downloaded> {
  const list = work.part.tasks ?? (await fetchList(work, work.part.tasksRef))
  const tasks = list.map((task, index) => ({ index, task }))
  if (work.part.files === "leave" || !list.some(hasFiles)) return { tasks, failed: [] }
  return await downloadFiles(tasks, await placeOf(work, "download"))
}

async function fetchList({ state, signal, report }: Work, ref: FileRef | undefined): Promise<readonly Json[]> {
  if (ref === undefined) return []
  const bytes = await (await state.store()).get(ref.$ref, undefined, signal)
  countObject(report, "download", bytes.byteLength)
  // Written by the engine as a JSON list.
  return JSON.parse(new TextDecoder().decode(bytes)) as Json[]
}

/** Whether there is a file anywhere in the value, without loading what handles files. */
function hasFiles(value: Json): boolean {
  return typeof value === "object" && value !== null && (isFileRef(value) || Object.values(value).some(hasFiles))
}

/** Runs the tasks: in place, or over as many processes as were asked for and have a task each. */
async function compute(work: Work, tasks: readonly IndexedTask[]): Promise<readonly TaskEnd[]> {
  const { state, part, report, deadlineMs, folder } = work
  const batch: Batch = { call: part.call, key: part.key, deadlineMs, closingMs: work.closingMs, tmpDir: folder, tasks }
  const ends: TaskEnd[] = []
  const tell = (end: TaskEnd): void => void ends.push(end)
  // A missing export fails the invocation, not each task in turn.
  exportOf(state.module, part.call)
  report.processes = Math.max(1, Math.min(part.processes, tasks.length))
  if (report.processes === 1) {
    await runTasks(state.module, batch, tell)
    report.peakProcessMB = peakMemoryMB()
  } else {
    report.peakProcessMB = await state.processes().run(batch, report.processes, tell)
  }
  return ends
}

/** Uploads what the tasks made, and keeps the output (W2, W3). */
async function deliver(work: Work, ends: readonly TaskEnd[]): Promise<Output> {
  const { state, part, report, signal } = work
  const output = await withLargeInStore(work, listEnds(await uploadAll(work, ends)))
  if (!state.hasStore || output.errors.length > 0) return output
  const bytes = new TextEncoder().encode(answerText(output, report))
  countObject(report, "upload", bytes.byteLength)
  return await keepOutput(await state.store(), { key: part.outputKey, bytes, output }, signal)
}

async function uploadAll(work: Work, ends: readonly TaskEnd[]): Promise<readonly TaskEnd[]> {
  if (!ends.some((end) => "json" in end && end.json.includes('"$ref"'))) return ends
  const place = await placeOf(work, "upload")
  const uploaded = [...ends]
  await inParallel(ends, async (end, i) => {
    uploaded[i] = await uploadFiles(end, place)
  })
  return uploaded
}

/** Above the inline limit the results travel through the store, where there is one. */
async function withLargeInStore(work: Work, output: Output & { readonly results: string }): Promise<Output> {
  if (!work.state.hasStore || !isLarge(output.results)) return output
  const bytes = new TextEncoder().encode(output.results)
  const info = await (await work.state.store()).put(`${uploadPrefix(work)}/results.json`, bytes, work.signal)
  countObject(work.report, "upload", bytes.byteLength)
  return { ...output, results: { $ref: info.key, bytes: info.sizeBytes, sha256: info.sha256 } }
}

async function placeOf(work: Work, way: "download" | "upload"): Promise<TransferPlace> {
  return {
    store: await work.state.store(),
    folder: `${work.folder}/in`,
    prefix: uploadPrefix(work),
    count: (bytes) => countObject(work.report, way, bytes),
    signal: work.signal,
  }
}

/** W4: the request id makes the names this invocation's own. */
function uploadPrefix({ part, invocation }: Work): string {
  return `${part.outputKey}.files/${invocation.requestId.replaceAll(/[^\w-]/g, "_")}`
}
