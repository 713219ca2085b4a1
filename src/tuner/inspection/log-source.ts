/**
 * A log that grows: a file, a folder of the local platform, later a log group of a cloud. A reading goes on where the one
 * before stopped; nothing is read twice as long as the source lives.
 */
export interface LogSource {
  /** Names the clock that wrote it: two sources with one name share a clock. */
  readonly name: string
  /** The function that the log is of, where its place says so. */
  readonly functionName: string | null
  /**
   * What is new, in the order of the log, in pieces of many lines. Ends when there is no more at present.
   * @throws TrimtabError when the log cannot be read; what `signal` was aborted with
   */
  read(options: ReadOptions): AsyncIterable<LogPiece>
}

export interface ReadOptions {
  readonly signal: AbortSignal
  /** A last line without its end is being written: `hold` it for the next reading, or `take` it, as nothing follows. */
  readonly lastLine: "hold" | "take"
}

export interface LogPiece {
  readonly lines: readonly string[]
  /** Bytes of the log that it took, for progress. */
  readonly bytes: number
  /** Lines that were too long to be any report, and were left out. */
  readonly tooLong: number
}
