import { crc32 } from "node:zlib"
import type { Entry, FinishedRun, NewRun } from "./journal.ts"

/** One thing to write. */
export type JournalRow =
  | { readonly kind: "accept"; readonly run: NewRun }
  | { readonly kind: "entry"; readonly entry: Entry }
  | { readonly kind: "finish"; readonly end: FinishedRun }

/** CRC-32 over every column, since SQLite has no checksums of its pages. NUL keeps columns apart. */
export function entryCrc(entry: Entry): number {
  return crc32(`${entry.runId}\0${entry.seq}\0${entry.key}\0${entry.kind}\0${entry.atMs}\0${entry.value}`)
}

/** CRC-32 over what was fixed when the run was accepted. */
export function runCrc(run: Omit<NewRun, "workflow">, engineFormat: number): number {
  const fixed = [run.runId, run.requestKey ?? "", run.workflowHash, run.workflowName, engineFormat, run.inputKind]
  return crc32([...fixed, run.input, run.goal, run.codeHashes, run.acceptedAtMs].join("\0"))
}

/** CRC-32 over how the run ended. */
export function endCrc(end: FinishedRun): number {
  return crc32(`${end.runId}\0${end.status}\0${end.finishedAtMs}\0${end.result}`)
}
