import { join } from "node:path"
import { lineAppender, lineFileText } from "./line-file.ts"
import type { OperationSource } from "../estimation/operation-profile.ts"
import { operationLine, type OperationRecord, parseOperations } from "./operation-lines.ts"

/** The operation profiles of all functions: appended to, never rewritten. */
export interface OperationStore {
  /** Every local run of a function, oldest first; empty when there was none. Throws `profile-corrupt`. */
  read(functionName: string): Promise<readonly OperationRecord[]>
  append(functionName: string, record: OperationRecord): Promise<void>
}

/** How the names of their files end, beside those of the samples. */
export const OPERATIONS_SUFFIX = ".operations.ndjson"

/** Operation profiles as files `<directory>/<function>.operations.ndjson`, one local run a line. */
export function operationStore(directory: string): OperationStore {
  // As of samples: names have no separators, and are escaped all the same.
  const pathOf = (name: string): string => join(directory, `${encodeURIComponent(name)}${OPERATIONS_SUFFIX}`)
  const append = lineAppender("operation profile")
  return {
    read: async (functionName) => {
      const path = pathOf(functionName)
      return parseOperations(await lineFileText(path, "operation profile"), path)
    },
    append: async (functionName, record) => await append(pathOf(functionName), operationLine(record)),
  }
}

/** The newest local run by that source, of that code where it is given; null when there is none. */
export function newestOf(
  records: readonly OperationRecord[],
  { source, codeSha256 }: { readonly source: OperationSource; readonly codeSha256?: string },
): OperationRecord | null {
  const own = records.filter(
    (record) => record.profile.source === source && (codeSha256 === undefined || record.codeSha256 === codeSha256),
  )
  return own.reduce<OperationRecord | null>(
    (newest, record) => (newest === null || record.atMs >= newest.atMs ? record : newest),
    null,
  )
}

/** Operation profiles in memory, for tests. */
export function memoryOperationStore(): OperationStore {
  const records = new Map<string, OperationRecord[]>()
  return {
    read: (functionName) => Promise.resolve([...(records.get(functionName) ?? [])]),
    append: (functionName, record) => {
      records.set(functionName, [...(records.get(functionName) ?? []), record])
      return Promise.resolve()
    },
  }
}
