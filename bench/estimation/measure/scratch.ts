import { createHash } from "node:crypto"
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import type { MeasurePlan, Run } from "./plan.ts"

/** One measured call as a line of the scratch file. */
export interface ScratchRun {
  /** Index in the plan's cells. */
  readonly cell: number
  readonly run: Run
}

/** Raw results of a measurement, appended as they come: one that was cut off goes on where it stood. */
export interface Scratch {
  readonly path: string
  /** When the measurement began, ms since 1970. */
  readonly startedAtMs: number
  /** Results of an earlier start of the same plan. */
  readonly found: readonly ScratchRun[]
  append(run: ScratchRun): void
  remove(): void
}

interface Header {
  readonly plan: string
  readonly startedAtMs: number
}

/** Where a plan's raw results lie. */
export function scratchPath(name: string): string {
  return join(tmpdir(), "trimtab-measure", `${name}.ndjson`)
}

/** Opens the file; results of another plan, code or scale are thrown away. */
export function openScratch(
  plan: MeasurePlan,
  codeHashes: readonly string[],
  path: string = scratchPath(plan.name),
): Scratch {
  const { cells, vcpuScale, order, loadShare, environment } = plan
  const identity = JSON.stringify([cells, vcpuScale, order, loadShare, environment, codeHashes])
  const hash = createHash("sha256").update(identity).digest("hex").slice(0, 16)
  mkdirSync(dirname(path), { recursive: true })
  const lines = existsSync(path) ? wholeLines(path) : []
  const first = lines[0] === undefined ? null : (JSON.parse(lines[0]) as Header)
  const known = first?.plan === hash
  const header: Header = known ? first : { plan: hash, startedAtMs: Date.now() }
  if (!known) writeFileSync(path, `${JSON.stringify(header)}\n`)
  return {
    path,
    startedAtMs: header.startedAtMs,
    found: known ? lines.slice(1).map((line) => JSON.parse(line) as ScratchRun) : [],
    append: (run) => appendFileSync(path, `${JSON.stringify(run)}\n`),
    remove: () => rmSync(path, { force: true }),
  }
}

/** The last line may have been cut off. */
function wholeLines(path: string): string[] {
  const lines = readFileSync(path, "utf8").split("\n")
  const torn = lines.pop()
  if (torn !== undefined && torn !== "") writeFileSync(path, lines.map((line) => `${line}\n`).join(""))
  return lines
}
