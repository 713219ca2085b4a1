import type { LogCounts, ObservedInvocation } from "../observation.ts"
import type { GatheredRun } from "./gathered-run.ts"
import { logParser, type LogParser } from "./log-parser.ts"
import type { LogPiece, LogSource, ReadOptions } from "./log-source.ts"
import { runCollector, type RunCollector } from "./run-collector.ts"

export interface LogInspectorOptions {
  readonly sources: readonly LogSource[]
  /** Every run once, when it is closed. */
  readonly onRun: (run: GatheredRun) => void
  readonly costOf?: (invocation: ObservedInvocation) => number
  readonly most?: number
  readonly quietMs?: number
  readonly onProgress?: (progress: InspectionProgress) => void
}

export interface InspectionProgress {
  readonly bytes: number
  readonly lines: number
  readonly invocations: number
}

/**
 * Log inspection of ConfigNavigator 3.3: reads what is new in all logs and gives the runs that it finds. Logs are read
 * side by side by the times in them, so that the records of a run come near each other and few runs are open at once.
 */
export interface LogInspector {
  /** Reads what is new. A run is given when its memory is needed, or by `flush`. */
  poll(options: ReadOptions): Promise<void>
  /** Closes the runs in which nothing ended since then, ms since 1970: the others may go on. */
  settle(sinceMs: number): void
  /** Closes every open run. */
  flush(): void
  /** The latest end of an invocation that was read, ms since 1970; -Infinity before the first. */
  readonly heardMs: number
  readonly counts: Omit<LogCounts, "missing">
}

export function logInspector(options: LogInspectorOptions): LogInspector {
  const { costOf, most, quietMs, onRun } = options
  let lines = 0
  let bytes = 0
  let tooLong = 0
  const collector = runCollector({
    onRun,
    ...(costOf !== undefined && { costOf }),
    ...(most !== undefined && { most }),
    ...(quietMs !== undefined && { quietMs }),
  })
  const readers = options.sources.map((source) => readerOf(source, collector))
  const took = (piece: LogPiece): void => {
    lines += piece.lines.length + piece.tooLong
    tooLong += piece.tooLong
    bytes += piece.bytes
    options.onProgress?.({ bytes, lines, invocations: collector.counts.invocations })
  }
  return {
    poll: async (read) => {
      const open = readers.map((reader) => ({ reader, pieces: reader.source.read(read)[Symbol.asyncIterator]() }))
      try {
        while (open.length > 0) {
          // The log that is furthest behind goes on.
          const next = open.reduce((least, one) => (one.reader.lastMs < least.reader.lastMs ? one : least))
          const { done, value } = await next.pieces.next()
          if (done === true) {
            open.splice(open.indexOf(next), 1)
            if (read.lastLine === "take") next.reader.parser.end()
          } else {
            for (const line of value.lines) next.reader.parser.line(line)
            took(value)
          }
        }
      } finally {
        // After a failure, the files of the others.
        for (const { pieces } of open) await pieces.return?.()
      }
    },
    settle: (sinceMs) => collector.settle(sinceMs),
    flush: () => collector.flush(),
    get heardMs() {
      return Math.max(Number.NEGATIVE_INFINITY, ...readers.map(({ lastMs }) => lastMs))
    },
    get counts() {
      const { malformed, ...rest } = collector.counts
      return { lines, ...rest, malformed: malformed + tooLong }
    },
  }
}

interface Reader {
  readonly source: LogSource
  readonly parser: LogParser
  /** Latest instant that it told, ms since 1970. */
  readonly lastMs: number
}

function readerOf(source: LogSource, collector: RunCollector): Reader {
  let lastMs = Number.NEGATIVE_INFINITY
  const parser = logParser({
    source: source.name,
    functionName: source.functionName,
    onItem: (item) => {
      if (item.kind === "invocation" && item.invocation.endMs > lastMs) lastMs = item.invocation.endMs
      collector.add(item)
    },
  })
  return {
    source,
    parser,
    get lastMs() {
      return lastMs
    },
  }
}
