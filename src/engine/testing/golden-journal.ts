import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Json } from "../../base/json.ts"
import type { RunResult } from "../../workflow/run-result.ts"
import type { Workflow } from "../../workflow/workflow.ts"
import { chain, diamond } from "../../workflow/testing/workflows.ts"
import { readRun } from "../read-runs.ts"
import { ENGINE_FORMAT } from "../records.ts"
import { openSqliteJournal } from "../sqlite-journal.ts"
import { CRASH_SHAPES } from "./crash-shapes.ts"
import { fakePricing, type FakePlatformOptions } from "./fake-platform.ts"
import type { FakePolicyOptions } from "./fake-policy.ts"
import { fanned } from "./fanned-workflow.ts"
import { GOAL, testEngine, type TestEngine } from "./test-engine.ts"

/** A journal of one format as it was written, and what its runs are. */
export interface GoldenRuns {
  readonly engineFormat: number
  /** Runs that have ended, by id, as they read back. */
  readonly results: Readonly<Record<string, RunResult>>
  /** A run that was cut off, and the output that it must come to. */
  readonly cutOff: { readonly runId: string; readonly output: Json }
}

export function goldenPaths(format: number): { readonly journal: string; readonly runs: string } {
  const path = (name: string): string => fileURLToPath(new URL(`./golden/${name}`, import.meta.url))
  return { journal: path(`format-${format}.sqlite`), runs: path(`format-${format}.json`) }
}

export function readGolden(format: number): GoldenRuns {
  return JSON.parse(readFileSync(goldenPaths(format).runs, "utf8")) as GoldenRuns // written below
}

const script: NonNullable<FakePlatformOptions["script"]> = ({ functionName, tasks, count, memoryMB, repeat }) => {
  if (functionName === "d" && count === 0)
    return { durationMs: 5, fails: { kind: "function-error", errorType: "Broken", message: "once" } }
  if (functionName === "many" && memoryMB < 2_000 && count === 0)
    return { durationMs: 5, fails: { kind: "out-of-memory" } }
  if (tasks[0] === "late" && repeat === 0) return { durationMs: 4_000 }
  const errors = tasks.flatMap((task, i) => (task === "bad" ? [{ task: i, errorType: "Bad", message: "no" }] : []))
  return { durationMs: 10, results: tasks.map((task) => ({ [functionName]: task })), errors }
}

/**
 * Writes the golden journal of the present format: run once when a format is new (`node src/engine/testing/golden-journal.ts`),
 * never again for a format that was published.
 */
export async function writeGolden(): Promise<void> {
  const { journal: path, runs: runsPath } = goldenPaths(ENGINE_FORMAT)
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true })
  const ids: string[] = []
  const on = open(path)
  const shapes = CRASH_SHAPES.map(({ workflow, input }) => [workflow, input] as const)
  const runs: readonly (readonly [Workflow, Json])[] = [
    ...shapes.filter(([{ name }]) => name !== "large"),
    [fanned({ split: "each", tolerance: { count: 1 } }), ["good", "bad"]],
  ]
  // Its last step fails the first time.
  const failed = await on.run(diamond, "x")
  ids.push(failed.runId)
  for (const [workflow, input] of runs) ids.push((await on.run(workflow, input)).runId)
  const wide = fanned({ split: "each", hedge: true })
  ids.push((await on.run(wide, ["late", ...Array.from({ length: WIDE - 1 }, (_, i) => i)])).runId)
  ids.push((await on.run(chain, 8, { kind: "cost", sloMs: 15, percentile: 0.95, onDeadline: "cancel" })).runId)
  const redriven = await on.clock.runUntil(on.engine.redrive(failed.runId))
  ids.push((await on.clock.runUntil(redriven.result)).runId)
  const { runId } = await on.clock.runUntil(on.engine.start({ workflow: chain, input: 7, goal: GOAL }))
  await on.clock.advance(15)
  await on.clock.runUntil(on.engine.close())
  const sources = { store: on.store, clock: on.clock, platform: { pricing: fakePricing } }
  const results: Record<string, RunResult> = {}
  for (const id of ids) results[id] = (await readRun(path, id, sources))!.result!
  const output = { c: { b: { a: 7 } } }
  const golden: GoldenRuns = { engineFormat: ENGINE_FORMAT, results, cutOff: { runId, output } }
  writeFileSync(runsPath, `${JSON.stringify(golden, null, 1)}\n`)
  // Left by the reader; the file itself is whole.
  for (const suffix of ["-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true })
}

/** Tasks of a step that gets an instance for each. */
const WIDE = 20

const config: NonNullable<FakePolicyOptions["config"]> = (view, step) => ({
  instances: view.tasks.get(step) === WIDE ? WIDE : 2,
})

/** An engine on a copy of a golden journal. */
export function open(path: string): TestEngine {
  const on = testEngine()
  const journal = openSqliteJournal({ path, clock: on.clock })
  return testEngine({ after: on, journal, platform: { script }, policy: { config } })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeGolden()
