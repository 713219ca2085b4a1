import { seedOf } from "../../base/random.ts"
import type { Sample, SampleOutcome } from "../../estimation/sample.ts"
import type { IdentifiedSample, ImportedRow, RowReader } from "./imported-row.ts"

/** A file that can be read more than once, a line at a time. */
export interface LineSource {
  readonly lines: () => AsyncIterable<string>
  /** A new reader in its first state. */
  readonly reader: () => RowReader
}

export interface BadRow {
  readonly at: string
  readonly reason: string
}

/** What a first pass over a file finds: which row stands for each invocation, and which rows are none. */
export interface FileIndex {
  /** Rows that hold a sample. */
  readonly rows: number
  readonly badCount: number
  /** The first of them. */
  readonly bad: readonly BadRow[]
  readonly notes: readonly string[]
  /** By id, the number of the row that stands for it. */
  readonly chosen: ReadonlyMap<string, number>
  readonly endings: ReadonlyMap<string, SampleOutcome>
  /** Rows of each kind: function, size, cold or warm, ending. */
  readonly kinds: ReadonlyMap<string, number>
}

/** Bad rows that are listed one by one. */
const LISTED = 20

/**
 * Reads a file through and remembers an id and a number of each invocation, not the samples: memory grows with the
 * invocations by some 100 bytes each. Of several rows of one id the fullest counts, and of these the last: what the
 * platform prints comes after what the function printed.
 */
export async function indexFile(source: LineSource): Promise<FileIndex> {
  const chosen = new Map<string, number>()
  const full = new Set<string>()
  const passed = new Set<string>()
  const endings = new Map<string, SampleOutcome>()
  const bad: BadRow[] = []
  const kinds = new Map<string, number>()
  let badCount = 0
  let rows = 0
  const reader = source.reader()
  for await (const row of rowsOf(source, reader)) {
    if (row.kind === "sample") {
      const { id } = row.sample
      if (row.full || !full.has(id)) chosen.set(id, rows)
      if (row.full) full.add(id)
      const kind = kindOf(row)
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      rows += 1
    } else if (row.kind === "bad") {
      badCount += 1
      if (bad.length < LISTED) bad.push({ at: row.at, reason: row.reason })
    } else if (row.kind === "passed") passed.add(row.id)
    else endings.set(row.id, row.outcome)
  }
  for (const id of passed) if (!full.has(id)) chosen.delete(id)
  return { rows, badCount, bad, notes: reader.notes(), chosen, endings, kinds }
}

function kindOf({ functionName, sample }: NamedSample): string {
  return `${sample.memoryMB}/${sample.cold}/${sample.outcome}/${sample.tasks}/${sample.processes}/${functionName}`
}

export interface NamedSample {
  readonly functionName: string | null
  readonly sample: IdentifiedSample
}

/**
 * The second pass: the chosen sample of each invocation, in the order of the file. Of a kind with more than `most`
 * rows about `most` are drawn by their ids: evenly over the file, the same ones each time, and of a file that has grown
 * none that an earlier draw would have left out.
 */
export async function* samplesOf(source: LineSource, index: FileIndex, most: number): AsyncIterable<NamedSample> {
  let rows = 0
  for await (const row of rowsOf(source, source.reader())) {
    if (row.kind !== "sample") continue
    const { functionName, sample } = row
    const ending = sample.outcome === "ok" ? index.endings.get(sample.id) : undefined
    const share = most / (index.kinds.get(kindOf(row)) ?? 1)
    if (index.chosen.get(sample.id) === rows && (share >= 1 || placeOf(sample.id) < share))
      yield { functionName, sample: ending === undefined ? sample : { ...sample, outcome: ending } }
    rows += 1
  }
}

/** A place in [0, 1) by the id alone; its hash is mixed once more, since ids may be numbered. */
function placeOf(id: string): number {
  let hash = seedOf(id)
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b)
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32
}

async function* rowsOf(source: LineSource, reader: RowReader): AsyncIterable<ImportedRow> {
  for await (const line of source.lines()) yield* reader.line(line)
  yield* reader.end()
}

/** Ids that a profile has already. */
export function idsOf(samples: readonly Sample[]): Set<string> {
  return new Set(
    samples.flatMap((sample) => (sample.kind === "instance" && sample.id !== undefined ? [sample.id] : [])),
  )
}
