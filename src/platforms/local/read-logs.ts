import { createReadStream } from "node:fs"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { createInterface } from "node:readline"
import type { InvocationRecord } from "../../protocol/invocation-record.ts"
import { parseLogLine } from "../../protocol/platform-report.ts"
import { recordOfLog } from "../../protocol/record-of-report.ts"
import type { LogQuery } from "../platform.ts"

/** The records in the log files of a folder, oldest file first; a record may come late or twice (P7). */
export async function* readLogs(directory: string, query: LogQuery): AsyncIterable<InvocationRecord> {
  const found: string[] = await readdir(directory).catch(() => [])
  // `x.log.1` is older than `x.log`.
  const names = found.sort((a, b) => (a < b ? 1 : -1))
  for (const name of names) {
    const functionName = /^([a-zA-Z0-9-_]+)\.log(?:\.1)?$/.exec(name)?.[1]
    if (functionName === undefined) continue
    if (query.functionName !== undefined && query.functionName !== functionName) continue
    const lines = createInterface({ input: createReadStream(join(directory, name)), crlfDelay: Infinity })
    for await (const line of lines) {
      // The JSON line alone: it has the instants that REPORT lacks.
      const report = line.startsWith("{") ? parseLogLine(line) : null
      if (report === null) continue
      const record = recordOfLog(report, functionName)
      if (query.sinceMs === undefined || record.endedAtMs >= query.sinceMs) yield record
    }
  }
}
