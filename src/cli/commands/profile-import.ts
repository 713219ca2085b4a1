import { resolve } from "node:path"
import { realClock } from "../../base/clock.ts"
import { TrimtabError } from "../../base/errors.ts"
import { IMPORT_FORMATS, type ImportFormat } from "../../profiling/import/formats.ts"
import { readerOf, sniffFormat } from "../../profiling/import/import-format.ts"
import { indexFile } from "../../profiling/import/import-samples.ts"
import type { ImportContext } from "../../profiling/import/imported-row.ts"
import { projectProfiles } from "../composition.ts"
import { loadProject } from "../config.ts"
import { EXIT } from "../exit-codes.ts"
import { addFile, type CheckedFile, type ImportedFile, type Target } from "../import-files.ts"
import { importText } from "../import-text.ts"
import type { CommandContext } from "../main.ts"
import { functionChooser, type FunctionChooser } from "../import-target.ts"
import { openTextFile, type TextFile } from "../text-file.ts"
import { OFFLINE_LIMITS } from "../offline-limits.ts"

export interface ImportFlags {
  readonly format?: ImportFormat
  readonly function?: string
  readonly memory?: number
  readonly tasks?: number
  readonly processes?: number
  readonly runs?: number
  readonly most?: number
  readonly skipBad?: boolean
  readonly dryRun?: boolean
}

/**
 * `trimtab profile import`: measurements that somebody else made become samples of the profiles. All files are checked
 * before the first sample is added; what a profile has already is not added again.
 */
export async function profileImport(
  { terminal, cwd, configFile, signal }: CommandContext,
  flags: ImportFlags,
  paths: readonly string[],
): Promise<number> {
  const project = await loadProject({ file: configFile, cwd })
  const choose = functionChooser(Object.keys(project.workflow.functions), flags.function)
  const profiles = projectProfiles(project)
  const progress: Progress = (text) => {
    if (signal.aborted) throw new TrimtabError("interrupted", "interrupted; import the same files again to finish")
    if (text !== null) terminal.progress(text)
  }
  const files: CheckedFile[] = []
  for (const path of paths) files.push(await check({ path, cwd, flags, progress }))
  refuseBadRows(files, flags)
  const target: Target = {
    choose,
    profiles,
    known: new Map(),
    most: flags.most ?? MOST,
    dryRun: flags.dryRun === true,
  }
  const imported: ImportedFile[] = []
  for (const file of files) imported.push(await addFile(file, target))
  terminal.done()
  for (const file of imported) for (const note of file.notes) terminal.info(`${file.file}: ${note}`)
  refuseNothing(imported, files, choose)
  const document = { schemaVersion: 1, dryRun: flags.dryRun === true, files: imported }
  terminal.result(document, () => importText(imported, { dryRun: flags.dryRun === true }))
  return EXIT.ok
}

/** Samples of one size and kind that are taken of a file; more of them make no estimate better. */
const MOST = 1000

/** Files up to this size are read in no time: no progress is told. */
const SMALL_BYTES = 2_000_000

/** Ends the command when it was interrupted. */
type Progress = (text: string | null) => void

async function check(of: {
  readonly path: string
  readonly cwd: string
  readonly flags: ImportFlags
  readonly progress: Progress
}): Promise<CheckedFile> {
  const { path, flags, progress } = of
  const file = await openTextFile(resolve(of.cwd, path))
  const format = flags.format ?? sniffFormat(file.head)
  if (file.head.trim() === "") throw new TrimtabError("usage", `${path} is empty`, { where: path })
  if (format === null)
    throw new TrimtabError(
      "usage",
      `${path}: it does not tell what it is; give --format ${IMPORT_FORMATS.join("|")}, and a CSV file a header with memory_mb and duration_ms`,
      { where: path, fix: "give --format" },
    )
  const context = contextOf(file, flags)
  const source = { lines: () => file.lines(readingOf(file, path, progress)), reader: () => readerOf(format, context) }
  const index = await indexFile(source)
  if (index.rows === 0 && index.badCount === 0)
    throw new TrimtabError(
      "invalid-data",
      `${path}: no measurement in it, read as ${format}; give --format if it is something else`,
      {
        where: path,
      },
    )
  return { path, format, source, index }
}

function contextOf(file: TextFile, flags: ImportFlags): ImportContext {
  return {
    memoryMB: flags.memory ?? null,
    tasks: flags.tasks ?? 1,
    processes: flags.processes ?? 1,
    runs: flags.runs ?? null,
    memoryRange: OFFLINE_LIMITS.memoryMB,
    nowMs: realClock.nowMs(),
    fileMs: Math.floor(file.changedMs),
  }
}

function readingOf(file: TextFile, path: string, progress: Progress): (bytes: number) => void {
  const whole = (file.sizeBytes / 1e6).toFixed(1)
  return (bytes) =>
    progress(file.sizeBytes < SMALL_BYTES ? null : `reading ${path}: ${(bytes / 1e6).toFixed(1)} of ${whole} MB`)
}

/** One message for all that is wrong in all files: the first rows by file and line, and what to do. */
function refuseBadRows(files: readonly CheckedFile[], flags: ImportFlags): void {
  const wrong = files.filter(({ index }) => index.badCount > 0)
  if (wrong.length === 0) return
  const useless = wrong.find(({ index }) => index.rows === 0)
  if (flags.skipBad === true && useless === undefined) return
  const { path, index } = useless ?? wrong[0]!
  const first = index.bad[0]!
  const more = wrong.reduce((sum, file) => sum + file.index.badCount, 0) - 1
  const rest = more === 0 ? "" : `; ${more} more ${more === 1 ? "row is" : "rows are"} refused`
  const fix = useless === undefined ? "mend the file or give --skip-bad" : "no row of the file is good: check --format"
  const where = /^\d/.test(first.at) ? `${path}:${first.at}` : `${path}: ${first.at}`
  throw new TrimtabError("invalid-data", `${where}: ${first.reason}${rest}; nothing was imported; ${fix}`, {
    where,
    fix,
  })
}

/** A log of other functions only is a mistake in the name. */
function refuseNothing(
  imported: readonly ImportedFile[],
  files: readonly CheckedFile[],
  choose: FunctionChooser,
): void {
  if (imported.some((file) => file.added + file.known > 0)) return
  throw choose.nothing(files.map(({ path }) => path).join(", "))
}
