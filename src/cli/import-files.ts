import type { Sample } from "../estimation/sample.ts"
import type { ImportFormat } from "../profiling/import/formats.ts"
import { idsOf, samplesOf, type FileIndex, type LineSource } from "../profiling/import/import-samples.ts"
import type { ProfileStore } from "../profiling/profile-store.ts"
import type { FunctionChooser } from "./import-target.ts"

/** What was made of one file. */
export interface ImportedFile {
  readonly file: string
  readonly format: ImportFormat
  /** Invocations (or means) in it. */
  readonly found: number
  readonly added: number
  /** Rows of an invocation that another row of the file stands for. */
  readonly repeated: number
  /** In the profile before. */
  readonly known: number
  /** Of functions that are not asked for. */
  readonly others: number
  /** Left out because there are enough of their kind. */
  readonly thinned: number
  /** Rows that were refused; the first of them with their reasons. */
  readonly refused: number
  readonly bad: FileIndex["bad"]
  readonly notes: readonly string[]
  readonly functions: readonly ImportedFunction[]
}

export interface ImportedFunction {
  readonly function: string
  readonly added: number
  readonly cold: number
  readonly failed: number
  readonly memoryMB: readonly number[]
}

/** A file that was read through once. */
export interface CheckedFile {
  readonly path: string
  readonly format: ImportFormat
  readonly source: LineSource
  readonly index: FileIndex
}

/** Where samples go. */
export interface Target {
  readonly choose: FunctionChooser
  readonly profiles: ProfileStore
  /** Ids in the profile of each function, those added by now with them. */
  readonly known: Map<string, Set<string>>
  readonly most: number
  readonly dryRun: boolean
}

/** Samples that are appended in one write. */
const BATCH = 2000

/** Adds the new samples of one file to the profiles, in batches. */
export async function addFile(file: CheckedFile, target: Target): Promise<ImportedFile> {
  const batches = new Map<string, Sample[]>()
  const counts = new Map<string, FunctionCount>()
  let drawn = 0
  let known = 0
  let others = 0
  for await (const { functionName, sample } of samplesOf(file.source, file.index, target.most)) {
    drawn += 1
    const name = target.choose.nameFor(functionName, file.path)
    if (name === null) {
      others += 1
      continue
    }
    const ids = target.known.get(name) ?? idsOf((await target.profiles.read(name)).samples)
    target.known.set(name, ids)
    if (ids.has(sample.id)) {
      known += 1
      continue
    }
    ids.add(sample.id)
    countIn(counts, name, sample)
    const batch = batches.get(name) ?? []
    batches.set(name, batch)
    batch.push(sample)
    if (batch.length >= BATCH) await flush(batches, name, target)
  }
  for (const name of batches.keys()) await flush(batches, name, target)
  const functions = [...counts].map(([name, count]) => ({
    function: name,
    ...count,
    memoryMB: [...count.memoryMB].sort((a, b) => a - b),
  }))
  const { index } = file
  return {
    file: file.path,
    format: file.format,
    found: index.chosen.size,
    added: functions.reduce((sum, { added }) => sum + added, 0),
    repeated: index.rows - index.chosen.size,
    known,
    others,
    thinned: index.chosen.size - drawn,
    refused: index.badCount,
    bad: index.bad,
    notes: index.notes,
    functions,
  }
}

interface FunctionCount {
  added: number
  cold: number
  failed: number
  readonly memoryMB: Set<number>
}

function countIn(
  counts: Map<string, FunctionCount>,
  name: string,
  sample: Extract<Sample, { kind: "instance" }>,
): void {
  const count = counts.get(name) ?? { added: 0, cold: 0, failed: 0, memoryMB: new Set<number>() }
  counts.set(name, count)
  count.added += 1
  if (sample.cold) count.cold += 1
  if (sample.outcome !== "ok") count.failed += 1
  count.memoryMB.add(sample.memoryMB)
}

async function flush(batches: Map<string, Sample[]>, name: string, { profiles, dryRun }: Target): Promise<void> {
  const batch = batches.get(name) ?? []
  batches.set(name, [])
  if (!dryRun) await profiles.append(name, batch)
}
