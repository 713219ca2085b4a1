import { count } from "../report/numbers.ts"
import type { ImportedFile, ImportedFunction } from "./import-files.ts"

/** What an import did, for people: a line a file and function, and the rows that were left out. */
export function importText(files: readonly ImportedFile[], { dryRun }: { readonly dryRun: boolean }): string {
  return files.flatMap((file) => fileLines(file, dryRun ? "would add" : "added")).join("\n")
}

function fileLines(file: ImportedFile, verb: string): readonly string[] {
  const rest = [
    ...(file.known > 0 ? [`${count(file.known, "sample")} known already`] : []),
    ...(file.format === "csv" && file.repeated > 0 ? [`${count(file.repeated, "row")} of the same request id`] : []),
    ...(file.others > 0 ? [`${file.others} of other functions`] : []),
    ...(file.thinned > 0 ? [`${file.thinned.toLocaleString("en-US")} left out: enough of their size (--most)`] : []),
    ...(file.refused > 0 ? [`${count(file.refused, "bad row")} skipped`] : []),
  ]
  const bad = file.bad.map(({ at, reason }) => `  skipped ${/^\d/.test(at) ? `line ${at}` : at}: ${reason}`)
  const unlisted = file.refused - file.bad.length
  return [
    `${file.file} (${file.format}): ${[`${verb} ${count(file.added, "sample")}`, ...rest].join("; ")}`,
    ...file.functions.map((one) => `  ${functionText(one)}`),
    ...bad,
    ...(unlisted > 0 ? [`  and ${count(unlisted, "row")} more`] : []),
  ]
}

function functionText({ function: name, added, cold, failed, memoryMB }: ImportedFunction): string {
  const notes = [
    count(added, "sample"),
    `${count(memoryMB.length, "size")}, ${rangeText(memoryMB)}`,
    ...(cold > 0 ? [count(cold, "cold start")] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ]
  return `${name}: ${notes.join("; ")}`
}

/** `128, 256, 512 MB`; of many only the ends. */
export function rangeText(memoryMB: readonly number[]): string {
  if (memoryMB.length <= 8) return `${memoryMB.join(", ")} MB`
  return `${memoryMB[0]} to ${memoryMB.at(-1)} MB`
}
