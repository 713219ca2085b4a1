// Runs the handlers one after the other without a platform, each step in a process of its own, and prints what it took.
// usage: node src/run-inline.ts
import { fork } from "node:child_process"
import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { CLIP_PATH, makeClip } from "./make-clip.ts"
import type { FileRef, Json } from "../../../src/index.ts"
import { tasksOf } from "../../../src/workflow/tasks.ts"

const OUTPUT = fileURLToPath(new URL("../output", import.meta.url))

/** Step, its parents, how its input becomes tasks. */
const STEPS = [
  ["pull", [], "none"],
  ["detect", ["pull"], "each"],
  ["watermark", ["detect"], "each"],
  ["superres", ["detect"], "each"],
  ["colour", ["watermark", "superres"], "each"],
  ["text", ["colour"], "each"],
  ["interpolate", ["text"], "split"],
  ["merge", ["interpolate"], "none"],
] as const

/** Of the table's columns. */
const WIDTHS = [5, 23, 6, 12, 8, 10]

type Split = (typeof STEPS)[number][2]
interface Work {
  readonly step: string
  readonly after: readonly string[]
  readonly split: Split
  readonly input: unknown
}
interface Module {
  handler(task: unknown, context: object): Promise<unknown>
  split?(input: unknown): unknown[]
}

function fileRef(path: string): FileRef {
  const content = readFileSync(path)
  return { $ref: path, path, bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") }
}

/** The store of this runner is the output folder, so a file handed on is found under its key. */
function withPaths(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, part: unknown) =>
    typeof part === "object" && part !== null && "$ref" in part ? { ...part, path: part.$ref } : part,
  )
}

/** User and system time of this process and its ended children, ms: Linux counts it in ticks of 10 ms. */
function cpuMs(): number {
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /, "")
    .split(" ")
  return 10 * fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0)
}

async function runStep({ step, after, split, input }: Work): Promise<unknown> {
  const module = (await import(`./${step}.ts`)) as Module // as: a handler's module, by contract
  const initMs = cpuMs()
  const kind = split === "split" ? "none" : split
  // as: outputs of handlers are JSON
  const own = tasksOf({ name: step, after, split: { kind } }, input as Json)
  const tasks = split === "split" ? module.split!(input) : own
  const taskMs: number[] = []
  const results: unknown[] = []
  let started = process.hrtime.bigint()
  for (const [index, task] of tasks.entries()) {
    const tmpDir = join(OUTPUT, step, String(index).padStart(2, "0"))
    mkdirSync(tmpDir, { recursive: true })
    const context = {
      key: `${step}-${index}`,
      tmpDir,
      signal: AbortSignal.timeout(60_000),
      log: () => {},
      file: fileRef,
    }
    results.push(await module.handler(withPaths(task), context))
    taskMs.push(Number(process.hrtime.bigint() - started) / 1e6)
    started = process.hrtime.bigint()
  }
  const peakMB = Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024)
  const output = split === "none" ? results[0] : results
  return { output, initMs, cpuMs: cpuMs() - initMs, taskMs, peakMB }
}

interface Measured {
  readonly output: unknown
  readonly initMs: number
  readonly cpuMs: number
  readonly taskMs: readonly number[]
  readonly peakMB: number
}

/** The step in a fresh process, so that its memory and loading are its own. */
async function inProcess(work: Work): Promise<Measured> {
  const child = fork(fileURLToPath(import.meta.url), ["--step"], { serialization: "advanced" })
  const measured = new Promise<Measured>((resolve, reject) => {
    child.once("message", (message) => resolve(message as Measured)) // as: our own process sent it
    child.once("exit", (code) => reject(new Error(`${work.step} ended with ${code}`)))
  })
  child.send(work)
  return await measured
}

async function main(): Promise<void> {
  rmSync(OUTPUT, { recursive: true, force: true })
  await makeClip()
  const outputs = new Map<string, unknown>()
  console.log("step         tasks  wall/task ms (min-max)  CPU s  init CPU ms  peak MB  output kB")
  for (const [step, after, split] of STEPS) {
    const measured = await inProcess({ step, after, split, input: inputOf(after, outputs) })
    outputs.set(step, measured.output)
    console.log(row(step, measured))
  }
  const film = outputs.get("merge") as { video: FileRef } // as: the output of merge.ts
  console.log(film.video.path, statSync(film.video.path).size, "bytes, sha256", film.video.sha256.slice(0, 16))
}

function inputOf(after: readonly string[], outputs: ReadonlyMap<string, unknown>): unknown {
  if (after.length === 0) return { clip: fileRef(CLIP_PATH) }
  if (after.length === 1) return outputs.get(after[0]!)
  return Object.fromEntries(after.map((parent) => [parent, outputs.get(parent)]))
}

function row(step: string, { output, initMs, cpuMs, taskMs, peakMB }: Measured): string {
  const mean = taskMs.reduce((sum, ms) => sum + ms, 0) / taskMs.length
  const wall = `${mean.toFixed(0)} (${Math.min(...taskMs).toFixed(0)}-${Math.max(...taskMs).toFixed(0)})`
  const columns = [taskMs.length, wall, (cpuMs / 1000).toFixed(2), initMs, peakMB, kB(output)]
  return step.padEnd(12) + columns.map((column, at) => String(column).padStart(WIDTHS[at]!)).join(" ")
}

function kB(output: unknown): string {
  let bytes = 0
  JSON.stringify(output, (key, value: unknown) => ((bytes += key === "bytes" ? Number(value) : 0), value))
  return (bytes / 1024).toFixed(0)
}

if (process.argv[2] === "--step") {
  process.once("message", (work) => {
    // as: sent by inProcess
    void runStep(work as Work).then((measured) => process.send!(measured, () => process.disconnect()))
  })
} else {
  await main()
}
